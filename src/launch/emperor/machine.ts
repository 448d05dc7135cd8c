/**
 * What an emperor does, purely: a state and an event in, a state and actions out. Nothing that one vassal
 * does is waited for before another gets what it needs.
 */
import { noteExit } from "./faults.ts";
import { noteFound } from "./found.ts";
import type {
  EmperorAction,
  EmperorCommand,
  EmperorEvent,
  EmperorState,
  Plan,
  Run,
  Vassal,
} from "./state.ts";
import { forgive, leave, restart, type Turn, told } from "./turn.ts";
import type { Sign } from "./words.ts";

/** A server that accepts no requests by then no longer keeps others from starting; milliseconds. */
export const longestTurnMs = 10_000;

/** A server that never accepted requests has none to finish; milliseconds. */
const idleToleranceMs = 3_000;

/** What a state becomes by an event, and what is to be done. */
export function step(
  state: EmperorState,
  event: EmperorEvent,
  nowMs: number,
): { readonly state: EmperorState; readonly actions: readonly EmperorAction[] } {
  const turn: Turn = { state: copy(state), actions: [], nowMs };
  note(turn, event);
  for (const vassal of turn.state.vassals) judge(turn, vassal);
  if (turn.state.stage === "ruling") startDue(turn);
  else if (turn.state.vassals.length === 0) turn.actions.push({ type: "end" });
  return { state: turn.state, actions: turn.actions };
}

/**
 * When something is due next, undefined when nothing is. What is due already waits for another's turn to
 * end; see step.
 */
export function nextDeadline(state: EmperorState, nowMs: number): number | undefined {
  const { vassals, plan, stage } = state;
  const times = vassals.flatMap(({ run, stage: at, dueMs }) => {
    if (run === undefined) return at === "waiting" && stage === "ruling" ? [dueMs] : [];
    const turnEnd = run.acceptingMs === undefined ? [run.turnMs + longestTurnMs] : [];
    const beat = run.heartbeatMs === undefined ? [] : [run.heartbeatMs + plan.heartbeatMs];
    const curseEnd = run.cursedMs === undefined ? [] : [run.cursedMs + tolerance(at, run, plan)];
    return [...turnEnd, ...beat, ...curseEnd];
  });
  const coming = times.filter((time) => time > nowMs);
  return coming.length === 0 ? undefined : coming.reduce((a, b) => Math.min(a, b));
}

function copy(state: EmperorState): EmperorState {
  const vassals = state.vassals.map((vassal) => ({
    ...vassal,
    run: vassal.run && { ...vassal.run },
    faults: vassal.faults && { ...vassal.faults },
  }));
  return { ...state, vassals };
}

function note(turn: Turn, event: EmperorEvent): void {
  switch (event.type) {
    case "found":
      noteFound(turn, event.source, event.files);
      return;
    case "unseen":
      noteUnseen(turn, event.source, event.name, event.reason);
      return;
    case "command":
      noteCommand(turn, event.name, event.by);
      return;
    case "wake":
      return;
  }
  const vassal = turn.state.vassals.find(({ run }) => run?.number === event.run);
  const run = vassal?.run;
  if (!vassal || !run) return;
  if (event.type === "started") {
    run.pid = event.pid;
    told(turn, vassal, `is started, pid ${event.pid}`);
  } else if (event.type === "said") noteSign(turn, vassal, event.sign);
  else if (event.type === "exited") noteExit(turn, vassal, event.status);
  // One that ends closes it too: until its exit is seen nothing is wrong.
  else if (run.cursedMs === undefined) run.cursedMs = turn.nowMs;
}

/** As in uWSGI the vassals of a directory that vanished stay: it may come back. */
function noteUnseen({ state, actions }: Turn, source: number, name: string, reason: string): void {
  if (state.unseen.includes(source)) return;
  state.unseen = [...state.unseen, source];
  const text = `[emperor] ${name} cannot be looked at (${reason}); its servers stay as they are`;
  actions.push({ type: "log", text });
}

function noteSign(turn: Turn, vassal: Vassal, sign: Sign): void {
  const { run } = vassal;
  if (!run) return;
  switch (sign) {
    case "ready":
      run.readyMs = turn.nowMs;
      break;
    case "accepting":
      run.acceptingMs = turn.nowMs;
      run.servedMs ??= turn.nowMs;
      told(turn, vassal, "accepts requests");
      break;
    case "loyal":
      run.loyalMs ??= turn.nowMs;
      run.servedMs ??= turn.nowMs;
      break;
    case "heartbeat":
      run.heartbeatMs = turn.nowMs;
      break;
    case "leave":
      // It is not to leave: what ends so is started again, and not without a pause.
      told(turn, vassal, "asks to be stopped");
      turn.actions.push({ type: "say", run: run.number, order: "stop" });
      run.cursedMs ??= turn.nowMs;
      break;
  }
}

function noteCommand(turn: Turn, name: EmperorCommand, by: string): void {
  const { state, actions, nowMs } = turn;
  const say = (text: string) => actions.push({ type: "log", text: `[emperor] ${by}: ${text}` });
  switch (name) {
    case "scan":
      actions.push({ type: "scan" });
      break;
    case "forgive":
      say("failed starts are forgotten");
      for (const vassal of state.vassals) forgive(vassal, nowMs);
      break;
    case "stats":
      for (const vassal of state.vassals) told(turn, vassal, describe(vassal));
      break;
    case "reload":
      if (state.stage === "ending") break;
      say("all servers reload");
      for (const vassal of state.vassals) if (vassal.stage === "running") restart(turn, vassal);
      break;
    case "stop":
    case "kill":
      say(name === "stop" ? "all servers stop" : "all servers stop at once");
      state.stage = "ending";
      for (const vassal of [...state.vassals])
        leave(turn, vassal, false, undefined, name === "kill" ? "kill" : "stop");
      break;
  }
}

function describe({ stage, run, faults, respawns }: Vassal): string {
  const loyal = run?.loyalMs === undefined ? "not loyal" : "loyal";
  const process = run ? `pid ${run.pid ?? "(none yet)"}, ${loyal}` : "no process";
  const failed = faults ? `, ${faults.attempts + 1} failed starts` : "";
  return `${stage}, ${process}, ${respawns} reloads${failed}`;
}

/** What a server owes by now. */
function judge(turn: Turn, vassal: Vassal): void {
  const { run } = vassal;
  const { state, actions, nowMs } = turn;
  if (!run) return;
  if (run.heartbeatMs !== undefined && run.heartbeatMs + state.plan.heartbeatMs <= nowMs) {
    run.heartbeatMs = undefined;
    told(turn, vassal, `gave no sign of life for ${state.plan.heartbeatMs / 1000} s, is killed`);
    actions.push({ type: "kill", run: run.number });
  }
  const toleranceMs = tolerance(vassal.stage, run, state.plan);
  if (run.cursedMs === undefined || run.cursedMs + toleranceMs > nowMs) return;
  run.cursedMs = nowMs; // Once more when even that does not end it.
  told(turn, vassal, `has not ended within ${toleranceMs / 1000} s, is killed`);
  actions.push({ type: "kill", run: run.number });
}

/** How long a server that should end may take, milliseconds. */
function tolerance(stage: Vassal["stage"], { servedMs }: Run, { toleranceMs }: Plan): number {
  return stage === "leaving" && servedMs === undefined
    ? Math.min(toleranceMs, idleToleranceMs)
    : toleranceMs;
}

/**
 * Starts and reloads what is due, a few at a time, the longest waiting first: many that import their
 * applications at once would all be late.
 */
function startDue(turn: Turn): void {
  const { state, nowMs } = turn;
  const busy = state.vassals.filter(({ run }) => run && isBusy(run, nowMs)).length;
  state.vassals
    .filter(({ stage, reloads, dueMs }) =>
      stage === "waiting" ? dueMs <= nowMs : stage === "running" && reloads,
    )
    .sort((a, b) => a.dueMs - b.dueMs)
    .slice(0, Math.max(0, state.plan.startsAtOnce - busy))
    .forEach((vassal) => {
      vassal.lastRunMs = nowMs;
      if (vassal.run) reload(turn, vassal, vassal.run);
      else start(turn, vassal);
    });
}

function isBusy({ acceptingMs, turnMs }: Run, nowMs: number): boolean {
  return acceptingMs === undefined && turnMs + longestTurnMs > nowMs;
}

function reload(turn: Turn, vassal: Vassal, run: Run): void {
  told(turn, vassal, "reloads");
  vassal.reloads = false;
  vassal.respawns++;
  run.turnMs = turn.nowMs;
  run.readyMs = undefined;
  run.acceptingMs = undefined;
  turn.actions.push({ type: "say", run: run.number, order: "reload" });
}

function start({ state, actions, nowMs }: Turn, vassal: Vassal): void {
  const number = ++state.lastRun;
  vassal.stage = "running";
  vassal.firstRunMs ??= nowMs;
  vassal.run = {
    ...{ number, pid: undefined, turnMs: nowMs, servedMs: undefined, readyMs: undefined },
    ...{ acceptingMs: undefined, loyalMs: undefined, heartbeatMs: undefined, cursedMs: undefined },
  };
  actions.push({ type: "start", run: number, file: vassal.file });
}
