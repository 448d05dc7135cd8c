/**
 * The master's decisions: what happened and what time it is -> what to do.
 *
 * Rules:
 * - `step` is pure; nothing here touches a process, a clock or a file.
 * - Every step ends by comparing what is wanted with what is there (`converge`), so an event only
 *   notes what has changed and a process that is due is started by one piece of code.
 * - While `starting`, the first failure ends the start. While `serving`, what dies is replaced, after
 *   a pause when it dies again and again. Without `master` there is no supervision, as in uWSGI.
 * - The first reason to end decides the exit code.
 */
import { failedAppCode } from "../exit-code.ts";
import type { LoadFailure, ZygoteToMaster } from "../messages.ts";
import { freeShortLives, noteEnd } from "./backoff.ts";
import {
  drain,
  fail,
  kill,
  killAll,
  killUnattached,
  killWorkers,
  unsupervised,
  withoutFront,
} from "./ending.ts";
import type { FrontWord, MasterAction, MasterEvent, MasterSignal } from "./event.ts";
import type { MasterState, WorkerState } from "./state.ts";
import { log, sigkill, type Turn } from "./turn.ts";

const cleanEnd = "exit code 0";

/**
 * One step of the master.
 * @param nowMs monotonic milliseconds
 * @returns the next state (the one given is left as it is) and what to do, in order
 */
export function step(
  state: MasterState,
  event: MasterEvent,
  nowMs: number,
): { state: MasterState; actions: readonly MasterAction[] } {
  const turn: Turn = { state: structuredClone(state), actions: [], nowMs };
  if (state.stage !== "ended") {
    note(turn, event);
    converge(turn);
  }
  return turn;
}

/** When `step` must be called again though nothing happens; undefined when there is no need. */
export function nextDeadline(state: MasterState): number | undefined {
  const due: number[] = [];
  if (state.deadlineMs !== undefined) due.push(state.deadlineMs);
  if (isUp(state)) {
    if (state.front.stage === "down") due.push(state.front.notBeforeMs);
    if (state.zygote.stage === "down") due.push(state.zygote.notBeforeMs);
    if (canFork(state))
      for (const worker of state.workers) if (worker.stage === "down") due.push(worker.notBeforeMs);
  }
  return due.length > 0 ? Math.min(...due) : undefined;
}

function note(turn: Turn, event: MasterEvent): void {
  switch (event.type) {
    case "wake":
      break;
    case "signal":
      noteSignal(turn, event.name);
      break;
    case "front-said":
      noteFrontWord(turn, event.word);
      break;
    case "front-exited":
      noteFrontExit(turn, event.status);
      break;
    case "zygote-said":
      noteZygoteWord(turn, event.word);
      break;
    case "zygote-exited":
      noteZygoteExit(turn, event.status);
      break;
    case "starter-gone":
      if (turn.state.stage === "starting")
        fail(turn, 1, "the start was given up: whoever started the daemon is gone");
      break;
  }
}

function noteSignal(turn: Turn, name: MasterSignal): void {
  const { state } = turn;
  switch (name) {
    case "SIGHUP":
      log(turn, "SIGHUP: reload is not yet supported, ignored");
      break;
    case "SIGUSR1":
    case "SIGUSR2":
      log(turn, `${name}: printing statistics is not yet supported, ignored (see stats)`);
      break;
    case "SIGINT":
    case "SIGQUIT":
      if (state.stage === "killing") break;
      log(turn, `${name}: stopping at once`);
      kill(turn);
      break;
    case "SIGTERM":
      if (state.stage === "starting") {
        log(turn, "SIGTERM: stopping before the server was ready");
        kill(turn);
      } else if (state.stage === "serving") drain(turn);
      break;
  }
}

function noteFrontWord(turn: Turn, word: FrontWord): void {
  const { state, actions } = turn;
  switch (word.type) {
    case "ready":
      state.front.stage = "ready";
      state.coresOpen = true;
      if (state.stage === "serving") tellListen(turn);
      break;
    case "listening":
      if (state.stage !== "starting") break;
      state.stage = "serving";
      actions.push({ type: "ready", python: state.python });
      break;
    case "failed":
      if (state.stage === "starting") fail(turn, 1, word.message);
      else log(turn, `front: ${word.message}`);
      break;
    case "attached":
      noteAttached(turn, word);
      break;
    case "harakiri":
      noteHarakiri(turn, word);
      break;
    case "retired": {
      const worker = find(turn, word);
      if (worker) worker.expected ??= "retired";
      break;
    }
  }
}

function noteAttached(turn: Turn, word: Extract<FrontWord, { type: "attached" }>): void {
  const { state } = turn;
  const worker = find(turn, word);
  if (!worker || !isUp(state)) return;
  worker.stage = "serving";
  // Without lazy-apps the zygote has said it already.
  if (word.failure && state.plan.lazyApps && judge(turn, word.failure) === "fatal") return;
  if (state.stage === "starting" && !state.listenTold) tellListen(turn);
}

function noteHarakiri(turn: Turn, word: Extract<FrontWord, { type: "harakiri" }>): void {
  const worker = find(turn, word);
  if (!worker || worker.expected === "harakiri") return;
  worker.expected = "harakiri";
  log(
    turn,
    `HARAKIRI: worker ${worker.id} (pid ${worker.pid}) is killed, its request took too long: ${word.request}`,
  );
  const order = { do: "kill", worker: worker.id, signal: sigkill } as const;
  turn.actions.push({ type: "tell-zygote", order });
}

function noteFrontExit(turn: Turn, status: string): void {
  const { state } = turn;
  const what = `the front ended: ${status}`;
  const served = state.front.stage === "ready";
  state.front.stage = "down";
  if (state.stage === "starting") fail(turn, 1, `${what}, during the start`);
  if (state.stage === "draining") {
    if (status === cleanEnd) killUnattached(turn);
    else withoutFront(turn, what);
  }
  if (state.stage !== "serving") return;
  // Its workers have to find the next one.
  for (const worker of state.workers) if (worker.stage === "serving") worker.stage = "starting";
  if (!state.plan.master) {
    unsupervised(turn, what);
    return;
  }
  noteEnd(state.front, turn.nowMs, served);
  log(turn, `${what}; ${again(turn, state.front.notBeforeMs)}`);
}

function noteZygoteWord(turn: Turn, word: ZygoteToMaster): void {
  const { state } = turn;
  switch (word.is) {
    case "loaded":
      state.python = word.python;
      state.zygote.stage = "loaded";
      if (!state.plan.lazyApps)
        log(turn, `application loaded in ${word.seconds.toFixed(3)} s by ${word.python}`);
      break;
    case "load-failed":
      state.python = word.python;
      if (judge(turn, word) === "goes on") state.zygote.stage = "loaded";
      break;
    case "unusable":
      noteUnusable(turn, word.message);
      break;
    case "forked": {
      const worker = state.workers[word.worker - 1];
      if (!worker || worker.pid === word.pid) break;
      worker.pid = word.pid;
      worker.stage = "starting";
      break;
    }
    case "exited": {
      const worker = find(turn, word);
      if (worker) noteWorkerExit(turn, worker, word.status);
      break;
    }
  }
}

/** No engine, no worker: leniency does not help. What had served before is tried again, by its exit. */
function noteUnusable(turn: Turn, message: string): void {
  if (turn.state.stage === "starting") fail(turn, 1, message);
  else {
    log(turn, message);
    turn.actions.push({ type: "kill-zygote" });
  }
}

function noteWorkerExit(turn: Turn, worker: WorkerState, status: string): void {
  const { state } = turn;
  const { id, pid, expected, stage } = worker;
  Object.assign(worker, { pid: 0, lastPid: pid, stage: "down", expected: undefined });
  if (state.front.stage !== "down")
    turn.actions.push({ type: "tell-front", word: { type: "worker-exited", worker: id, pid } });
  if (!isUp(state)) return;
  const retired = expected === "retired";
  const what = `worker ${id} (pid ${pid}) ${retired ? "retired after max-requests" : `ended: ${status}`}`;
  if (!state.plan.master) {
    unsupervised(turn, what);
    return;
  }
  noteEnd(worker, turn.nowMs, stage === "serving");
  if (retired) Object.assign(worker, { shortLives: 0, notBeforeMs: turn.nowMs });
  const hopeless = stage !== "serving" && worker.shortLives >= freeShortLives;
  if (state.stage === "starting" && hopeless)
    fail(turn, 1, `${what}, ${worker.shortLives} times in a row before it could serve`);
  else log(turn, `${what}; ${again(turn, worker.notBeforeMs)}`);
}

function noteZygoteExit(turn: Turn, status: string): void {
  const { state, nowMs } = turn;
  const { zygote } = state;
  const served = zygote.stage === "loaded";
  const what = `the zygote ended${served ? "" : " while the application was loaded"}: ${status}`;
  zygote.stage = "down";
  // After a clean end its workers are gone too; their numbers may be other processes' by now.
  if (status !== cleanEnd) killWorkers(turn);
  for (const worker of state.workers) {
    const { pid: lastPid } = worker;
    Object.assign(worker, { pid: 0, lastPid, stage: "down", expected: undefined });
    worker.notBeforeMs = nowMs;
  }
  if (state.stage === "starting") fail(turn, 1, what);
  if (state.stage !== "serving") return;
  if (!state.plan.master) {
    unsupervised(turn, what);
    return;
  }
  noteEnd(zygote, nowMs, served);
  log(turn, `${what}; ${again(turn, zygote.notBeforeMs)}`);
}

/**
 * What a load failure means. A fault of the configuration ends the start, unless leniency was asked
 * for; an exception does so with need-app only: uWSGI goes on and answers 500. A server that
 * serves already stays up whatever a later load says, for its other workers may be well.
 */
function judge(turn: Turn, failure: LoadFailure): "fatal" | "goes on" {
  const { state } = turn;
  const { plan } = state;
  const { kind, message, traceback, mount, others = [] } = failure;
  const told: LoadFailure = {
    ...{ kind, message, traceback },
    ...(mount === undefined ? {} : { mount }),
    ...(others.length === 0 ? {} : { others }),
  };
  const faulty = [failure, ...others].some((one) => one.kind !== "exception");
  const misconfigured = faulty && !plan.lenient && !plan.servesFiles;
  if (state.stage === "starting" && (plan.needApp || misconfigured)) {
    fail(turn, failedAppCode, "", told);
    return "fatal";
  }
  const text = JSON.stringify(told);
  if (text !== state.lastFailure) turn.actions.push({ type: "log-failure", failure: told });
  state.lastFailure = text;
  return "goes on";
}

/** Brings what is there towards what is wanted. */
function converge(turn: Turn): void {
  const { state, actions, nowMs } = turn;
  if (isUp(state)) {
    startWhatIsDue(turn);
    return;
  }
  if (state.deadlineMs !== undefined && nowMs >= state.deadlineMs) {
    if (state.stage === "draining") {
      log(
        turn,
        `requests are still running after ${state.plan.mercySeconds} s (worker-reload-mercy), killing`,
      );
      kill(turn);
    } else killAll(turn);
  }
  if (state.front.stage === "down" && state.zygote.stage === "down") {
    state.stage = "ended";
    state.deadlineMs = undefined;
    actions.push({ type: "end", code: state.exitCode });
  }
}

function startWhatIsDue({ state, actions, nowMs }: Turn): void {
  const { front, zygote } = state;
  if (zygote.stage === "down" && nowMs >= zygote.notBeforeMs) {
    zygote.stage = "loading";
    zygote.startedMs = nowMs;
    actions.push({ type: "spawn-zygote" });
  }
  if (front.stage === "down" && nowMs >= front.notBeforeMs) {
    front.stage = "starting";
    front.startedMs = nowMs;
    actions.push({ type: "spawn-front" });
  }
  if (!canFork(state)) return;
  for (const worker of state.workers) {
    if (worker.stage !== "down" || nowMs < worker.notBeforeMs) continue;
    worker.stage = "forking";
    worker.startedMs = nowMs;
    worker.spawns++;
    actions.push({ type: "tell-zygote", order: { do: "fork", worker: worker.id } });
  }
}

/** Under lazy-apps the zygote says `loaded` at once. Nobody can connect before the first front listens. */
function canFork(state: MasterState): boolean {
  return state.zygote.stage === "loaded" && state.coresOpen;
}

function isUp(state: MasterState): boolean {
  return state.stage === "starting" || state.stage === "serving";
}

function tellListen({ state, actions }: Turn): void {
  state.listenTold = true;
  actions.push({ type: "tell-front", word: { type: "listen" } });
}

/**
 * The worker that a message is about, unless that process is gone already. The front may name a
 * process before the zygote does, and speak of one that has ended: they use two channels.
 */
function find({ state }: Turn, of: { worker: number; pid: number }): WorkerState | undefined {
  const worker = state.workers[of.worker - 1];
  if (worker?.stage === "forking" && of.pid !== worker.lastPid) worker.pid = of.pid;
  return worker?.pid === of.pid ? worker : undefined;
}

function again({ nowMs }: Turn, notBeforeMs: number): string {
  const seconds = Math.round((notBeforeMs - nowMs) / 1000);
  return seconds > 0 ? `it dies at once, trying again in ${seconds} s` : "starting a new one";
}
