/**
 * What becomes of the programs beside the server: what happened and what time it is -> what to do. Pure.
 *
 * As in uWSGI (core/daemons.c) there are two kinds. A program without a pidfile is a child that is started
 * again when it ends, and restarted by a reload. One with a pidfile goes its own ways: it is started
 * only when its pidfile names no process, and stays when the server goes.
 */
import type { DaemonSetting } from "../../settings/beside-settings.ts";
import type { DaemonAction, DaemonEvent, DaemonState, DaemonsState } from "./daemon-state.ts";

/** A life shorter than this makes the next start wait, as in uWSGI. */
const shortLifeMs = 3_000;
/** The longest wait before a start, unless `max_throttle` says otherwise, seconds; uWSGI's too. */
const longestPauseSeconds = 300;
/** Time that what was killed has to be gone before it is waited for no longer. */
const killGraceMs = 1_000;
/** Time between two looks at a pidfile. */
const pidfileLookMs = 1_000;
/** Time between two looks at what is left of a group. */
const groupLookMs = 50;

const sighup = 1;
const sigkill = 9;

interface Turn {
  readonly state: DaemonsState;
  readonly actions: DaemonAction[];
  readonly nowMs: number;
}

/**
 * One step.
 * @param nowMs monotonic milliseconds
 * @returns the next state (the one given is left as it is) and what to do, in order
 */
export function stepDaemons(
  state: DaemonsState,
  event: DaemonEvent,
  nowMs: number,
): { state: DaemonsState; actions: readonly DaemonAction[] } {
  const turn: Turn = { state: structuredClone(state), actions: [], nowMs };
  note(turn, event);
  for (const daemon of turn.state.daemons) bringForward(turn, daemon);
  if (turn.state.stopping && !turn.state.stopped && turn.state.daemons.length === 0) {
    turn.state.stopped = true;
    turn.actions.push({ type: "stopped" });
  }
  return turn;
}

/** When `stepDaemons` must be called again though nothing happens; undefined when there is no need. */
export function daemonsDeadline({ daemons }: DaemonsState): number | undefined {
  const due = daemons.flatMap(({ stage, notBeforeMs, lookMs, killMs }) =>
    [stage === "down" ? notBeforeMs : undefined, lookMs, killMs].filter((ms) => ms !== undefined),
  );
  return due.length > 0 ? Math.min(...due) : undefined;
}

function note(turn: Turn, event: DaemonEvent): void {
  if (event.type === "wake") return;
  if (event.type === "stop") stopAll(turn);
  else if (event.type === "configured") {
    if (turn.state.stopping) return;
    turn.state.mercyMs = event.mercyMs;
    configure(turn, event.settings);
  } else {
    const daemon = turn.state.daemons.find(({ id }) => id === event.id);
    if (daemon) noteOne(turn, daemon, event);
  }
}

function noteOne(
  turn: Turn,
  daemon: DaemonState,
  event: Extract<DaemonEvent, { id: number }>,
): void {
  switch (event.type) {
    case "spawned":
      if (daemon.setting.pidfile === undefined) daemon.pid = event.pid;
      else daemon.starter = event.pid;
      break;
    case "exited":
      if (daemon.setting.pidfile === undefined || daemon.stage === "stopping")
        noteEnd(turn, daemon, event.status);
      else noteStarterEnd(turn, daemon, event.status);
      break;
    case "pidfile":
      if (daemon.stage !== "stopping") notePidfile(turn, daemon, event.pid);
      break;
    case "group":
      if (daemon.stage === "stopping" && !event.lives) ended(turn, daemon);
      break;
    case "touched":
      noteTouched(turn, daemon, event.path);
      break;
  }
}

/** Starts, looks and kills, when it is time. */
function bringForward(turn: Turn, daemon: DaemonState): void {
  const { actions, nowMs } = turn;
  const { id, setting } = daemon;
  if (daemon.killMs !== undefined && nowMs >= daemon.killMs) killOrGiveUp(turn, daemon);
  if (daemon.lookMs !== undefined && nowMs >= daemon.lookMs) {
    daemon.lookMs = nowMs + (daemon.stage === "stopping" ? groupLookMs : pidfileLookMs);
    if (daemon.stage === "stopping") actions.push({ type: "look-at-group", id, pid: daemon.pid });
    else if (setting.pidfile !== undefined)
      actions.push({ type: "look-at-pidfile", id, path: setting.pidfile });
  }
  if (daemon.stage !== "down" || nowMs < daemon.notBeforeMs) return;
  Object.assign(daemon, { pid: 0, startedMs: nowMs, spawns: daemon.spawns + 1 });
  daemon.stage = setting.pidfile === undefined ? "running" : "starting";
  actions.push({ type: "spawn", id, setting });
}

function killOrGiveUp(turn: Turn, daemon: DaemonState): void {
  const { actions, nowMs } = turn;
  const { pid, lookMs } = daemon;
  if (daemon.killed) {
    log(turn, daemon, "what is left of it does not end");
    ended(turn, daemon);
    return;
  }
  log(turn, daemon, "has not ended in time, it is killed");
  daemon.killed = true;
  daemon.killMs = nowMs + killGraceMs;
  // Its group is looked at only when the process itself has ended.
  const to = lookMs === undefined ? "program" : "group";
  actions.push({ type: "signal", pid, signal: sigkill, to });
}

function configure(turn: Turn, settings: readonly DaemonSetting[]): void {
  const { state, actions } = turn;
  const added = [...settings];
  for (const daemon of [...state.daemons]) {
    const at = added.findIndex((setting) => identity(setting) === identity(daemon.setting));
    if (at >= 0) added.splice(at, 1);
    // What made it fail may have been mended.
    if (daemon.stage === "down") Object.assign(daemon, { notBeforeMs: turn.nowMs, shortLives: 0 });
    if (daemon.setting.pidfile === undefined) askToEnd(turn, daemon, at >= 0, "reload");
    else {
      notify(turn, daemon, daemon.setting.reloadSignal || sighup);
      if (at < 0) leave(turn, daemon);
    }
  }
  for (const setting of added) {
    const smart = setting.pidfile !== undefined;
    state.daemons.push({
      ...{ id: ++state.lastId, setting, stage: smart ? "looking" : "down", pid: 0, starter: 0 },
      ...{ startedMs: 0, notBeforeMs: turn.nowMs, shortLives: 0, spawns: 0 },
      ...{ lookMs: smart ? turn.nowMs : undefined, killMs: undefined, killed: false },
      ...{ again: true, touched: false },
    });
  }
  actions.push({ type: "changed" });
}

/** Two settings are of the same program wherever they stand. */
function identity({ place: _place, ...setting }: DaemonSetting): string {
  return JSON.stringify(setting);
}

function stopAll(turn: Turn): void {
  const { state } = turn;
  state.stopping = true;
  for (const daemon of [...state.daemons]) {
    if (daemon.setting.pidfile === undefined) askToEnd(turn, daemon, false, "stop");
    else {
      notify(turn, daemon, daemon.setting.stopSignal);
      leave(turn, daemon);
    }
  }
}

/** Lets one with a pidfile go its way; what has not gone into the background has to end. */
function leave(turn: Turn, daemon: DaemonState): void {
  if (daemon.starter === 0 || daemon.stage !== "starting") {
    drop(turn, daemon);
    return;
  }
  daemon.pid = daemon.starter;
  askToEnd(turn, daemon, false, "stop");
}

/** @param again it is started again then */
function askToEnd(
  turn: Turn,
  daemon: DaemonState,
  again: boolean,
  occasion: "reload" | "stop",
): void {
  const wasStopping = daemon.stage === "stopping";
  daemon.again = again;
  if (daemon.stage === "down" || daemon.pid === 0) {
    if (!again) drop(turn, daemon);
    return;
  }
  if (wasStopping) return;
  const { stopSignal, reloadSignal } = daemon.setting;
  const signal = occasion === "reload" && reloadSignal > 0 ? reloadSignal : stopSignal;
  log(turn, daemon, again ? "is restarted" : "is stopped");
  daemon.stage = "stopping";
  daemon.killMs = turn.nowMs + turn.state.mercyMs;
  daemon.lookMs = undefined;
  turn.actions.push({ type: "signal", pid: daemon.pid, signal, to: "program" });
}

/** A process that was started, and is the program, has ended. */
function noteEnd(turn: Turn, daemon: DaemonState, status: string): void {
  const { actions, nowMs } = turn;
  if (daemon.stage === "stopping") {
    // What it has started in its group may take its time as well.
    daemon.lookMs = nowMs;
    return;
  }
  // A second program would otherwise run beside what is left of the first.
  const { pid } = daemon;
  if (pid > 0) actions.push({ type: "signal", pid, signal: sigkill, to: "group" });
  if (daemon.setting.control && !daemon.touched) {
    log(turn, daemon, `ended: ${status}; the server ends with it`);
    actions.push({ type: "end-server", by: `daemon "${daemon.setting.command}"` });
    drop(turn, daemon);
    return;
  }
  startAgain(turn, daemon, `ended: ${status}`);
}

/** What was started of one with a pidfile has ended: as it should, or because it could not start. */
function noteStarterEnd(turn: Turn, daemon: DaemonState, status: string): void {
  daemon.starter = 0;
  if (status !== "exit code 0") log(turn, daemon, `its start ended: ${status}`);
}

function notePidfile(turn: Turn, daemon: DaemonState, pid: number): void {
  const { nowMs } = turn;
  if (pid > 0) {
    if (daemon.pid !== pid || daemon.stage !== "running") {
      daemon.pid = pid;
      log(turn, daemon, daemon.stage === "looking" ? "runs already" : "runs");
    }
    daemon.stage = "running";
    return;
  }
  if (daemon.stage === "looking") Object.assign(daemon, { stage: "down", notBeforeMs: nowMs });
  else if (daemon.stage === "running") startAgain(turn, daemon, "is gone");
  else if (daemon.stage === "starting") noteStillStarting(turn, daemon);
}

function noteStillStarting(turn: Turn, daemon: DaemonState): void {
  const { nowMs } = turn;
  const { freq, pidfile } = daemon.setting;
  if (nowMs - daemon.startedMs < freq * 1000) return;
  if (daemon.starter === 0) {
    startAgain(turn, daemon, `has not written ${pidfile} within ${freq} s`);
    return;
  }
  daemon.startedMs = nowMs; // It is told about once in a while.
  log(turn, daemon, `has neither gone into the background nor written ${pidfile} in ${freq} s`);
}

function noteTouched(turn: Turn, daemon: DaemonState, path: string): void {
  if (daemon.pid === 0 || daemon.stage !== "running") return;
  log(turn, daemon, `${path} was touched, it is restarted`);
  daemon.touched = true;
  const { pid, setting } = daemon;
  turn.actions.push({ type: "signal", pid, signal: setting.stopSignal, to: "program" });
}

/** It was asked to end, and nothing of it is left. */
function ended(turn: Turn, daemon: DaemonState): void {
  if (!daemon.again) {
    drop(turn, daemon);
    return;
  }
  const fresh = { stage: "down", pid: 0, notBeforeMs: turn.nowMs, shortLives: 0 } as const;
  Object.assign(daemon, fresh, { killMs: undefined, lookMs: undefined, killed: false });
}

function startAgain(turn: Turn, daemon: DaemonState, what: string): void {
  const { nowMs } = turn;
  const wasShort = nowMs - daemon.startedMs < shortLifeMs && !daemon.touched;
  daemon.shortLives = wasShort ? daemon.shortLives + 1 : 0;
  const longest = daemon.setting.maxThrottle || longestPauseSeconds;
  const seconds = Math.min(daemon.shortLives, longest);
  log(turn, daemon, `${what}; it is started again ${seconds > 0 ? `in ${seconds} s` : "at once"}`);
  daemon.stage = "down";
  daemon.pid = 0;
  daemon.touched = false;
  daemon.notBeforeMs = nowMs + seconds * 1000;
}

/** Tells one with a pidfile that wants to know. */
function notify({ actions }: Turn, { setting, pid }: DaemonState, signal: number): void {
  if (setting.notifyPid && pid > 0) actions.push({ type: "signal", pid, signal, to: "program" });
}

function drop({ state }: Turn, daemon: DaemonState): void {
  state.daemons = state.daemons.filter((one) => one !== daemon);
}

function log({ actions }: Turn, { setting, pid }: DaemonState, text: string): void {
  const which = pid > 0 ? ` (pid ${pid})` : "";
  actions.push({ type: "log", text: `daemon "${setting.command}"${which}: ${text}` });
}
