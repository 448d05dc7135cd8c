/**
 * The master's decisions: what happened and what time it is -> what to do.
 *
 * Rules:
 * - `step` is pure; nothing here touches a process, a clock or a file.
 * - Every step ends by comparing what is wanted with what is there (`converge`), so an event only
 *   notes what has changed and a process that is due is started by one piece of code.
 * - While `starting`, the first failure ends the start. While `serving`, what dies is replaced, after
 *   a pause when it dies again and again. Without `master` there is no supervision, as in uWSGI.
 * - A reload never takes anything away before what follows it serves (reload.ts); nor does the replacement
 *   of one worker (seats.ts).
 * - The first reason to end decides the exit code.
 */
import { noteEnd } from "./backoff.ts";
import {
  dieWithoutWorkers,
  endDrain,
  fail,
  killAll,
  killWorkersOf,
  letWorkersGo,
  unsupervised,
  withoutFront,
} from "./ending.ts";
import type { FrontWord, MasterAction, MasterEvent, ZygoteWord } from "./event.ts";
import { judge, noteUnusable, tellFailure } from "./loading.ts";
import { noteCommand } from "./obey.ts";
import { noteLoad } from "./population.ts";
import {
  advanceReload,
  endFronts,
  giveUp,
  noteNextEnd,
  noteOtherFrontExit,
  noteOtherZygoteExit,
  noteReread,
  noteSwitched,
  reloadDue,
} from "./reload.ts";
import {
  again,
  endMercies,
  fillSeats,
  findByFront,
  findByZygote,
  forget,
  noteSeatEnd,
  noteWorn,
  seatAttached,
  seatsDue,
  wearByAge,
} from "./seats.ts";
import type { FrontState, MasterState, WorkerState, ZygoteState } from "./state.ts";
import {
  comingZygote,
  currentFront,
  currentZygote,
  killWorker,
  log,
  type Turn,
  tellFront,
  tellZygote,
} from "./turn.ts";

const cleanEnd = "exit code 0";
/** Time that a worker has to write the stacks of its threads before it is killed, milliseconds. */
const lastWordsMs = 200;

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
  if (isUp(state) || state.stage === "draining")
    for (const { deadlineMs } of state.workers) if (deadlineMs !== undefined) due.push(deadlineMs);
  if (isUp(state)) {
    for (const one of [...state.fronts, ...state.zygotes])
      if (one.stage === "down" && one.role === "current") due.push(one.notBeforeMs);
    for (const { deadlineMs } of state.fronts) if (deadlineMs !== undefined) due.push(deadlineMs);
    due.push(...seatsDue(state), ...reloadDue({ state }));
  }
  return due.length > 0 ? Math.min(...due) : undefined;
}

function note(turn: Turn, event: MasterEvent): void {
  const { state } = turn;
  switch (event.type) {
    case "wake":
      break;
    case "command":
      noteCommand(turn, event.name, event.by);
      break;
    case "front-said": {
      const front = state.fronts.find(({ id }) => id === event.front);
      if (front) noteFrontWord(turn, front, event.word);
      break;
    }
    case "load":
      noteLoad(turn, event.front, event.load);
      break;
    case "front-exited": {
      const front = state.fronts.find(({ id }) => id === event.front);
      if (front) noteFrontExit(turn, front, event.status);
      break;
    }
    case "zygote-said": {
      const zygote = state.zygotes.find(({ id }) => id === event.zygote);
      if (zygote) noteZygoteWord(turn, zygote, event.word);
      break;
    }
    case "zygote-exited": {
      const zygote = state.zygotes.find(({ id }) => id === event.zygote);
      if (zygote) noteZygoteExit(turn, zygote, event.status);
      break;
    }
    case "reread":
      noteReread(turn, event.result);
      break;
    case "lost":
      if (isUp(state) || state.stage === "draining") fail(turn, 1, event.reason);
      break;
    case "starter-gone":
      if (state.stage === "starting")
        fail(turn, 1, "the start was given up: whoever started the daemon is gone");
      break;
    case "give-up":
      if (isUp(state)) fail(turn, event.code, event.reason, undefined, event.place);
      break;
  }
}

function noteFrontWord(turn: Turn, front: FrontState, word: FrontWord): void {
  const { state } = turn;
  switch (word.type) {
    case "ready":
      front.stage = "ready";
      front.coresOpen = true;
      if (state.paused) tellFront(turn, front.id, { type: "pause", on: true });
      // The one before listened, so this one has to.
      if (front.listenTold && state.stage === "serving") tellListen(turn, front);
      break;
    case "listening":
      noteListening(turn, front);
      break;
    case "failed":
      if (state.stage === "starting") fail(turn, 1, word.message);
      else if (front.role === "coming") giveUp(turn, `its front failed: ${word.message}`);
      else log(turn, `front: ${word.message}`);
      break;
    case "attached":
      noteAttached(turn, front, word);
      break;
    case "harakiri":
    case "overdue":
      noteHarakiri(turn, front, word);
      break;
    case "trace": {
      const worker = findByFront(turn, front.id, word);
      if (worker) trace(turn, worker);
      break;
    }
    case "oversize": {
      const worker = findByFront(turn, front.id, word);
      if (worker && isUp(state)) killOversize(turn, worker, word.reason);
      break;
    }
    case "worn": {
      const worker = findByFront(turn, front.id, word);
      if (worker && isUp(state)) noteWorn(turn, worker, word.reason, word.urgent);
      break;
    }
  }
}

function noteListening(turn: Turn, front: FrontState): void {
  const { state, actions } = turn;
  if (front.role === "coming") noteSwitched(turn);
  if (state.stage !== "starting") return;
  state.stage = "serving";
  state.idleSinceMs = turn.nowMs;
  actions.push({ type: "ready", python: state.python });
}

function noteAttached(
  turn: Turn,
  front: FrontState,
  word: Extract<FrontWord, { type: "attached" }>,
): void {
  const { state } = turn;
  const worker = findByFront(turn, front.id, word);
  if (!worker || !isUp(state)) return;
  // Without lazy-apps the zygote has said it already.
  if (word.failure && state.plan.lazyApps) {
    const { configuration } = front;
    if (worker.role === "next") {
      worker.expected ??= "its application cannot be loaded";
      tellFailure(turn, word.failure, configuration);
      if (worker.zygote === comingZygote(state)?.id)
        giveUp(turn, "the application cannot be loaded");
      else killWorker(turn, worker);
      return;
    }
    worker.stage = "serving";
    if (judge(turn, word.failure, configuration) === "fatal") return;
  }
  seatAttached(turn, worker);
  if (state.stage === "starting" && !front.listenTold) tellListen(turn, front);
}

function noteHarakiri(
  turn: Turn,
  front: FrontState,
  word: Extract<FrontWord, { type: "harakiri" | "overdue" }>,
): void {
  const worker = findByFront(turn, front.id, word);
  if (!worker || worker.expected === "harakiri") return;
  const dies = word.type === "harakiri";
  const { id, pid } = worker;
  const what = dies ? "it is killed" : "the request is to end alone";
  log(
    turn,
    `HARAKIRI: worker ${id} (pid ${pid}): ${word.request} took too long, ${what}; its stacks follow`,
  );
  if (!dies) return;
  trace(turn, worker);
  worker.expected = "harakiri";
  worker.deadlineMs = turn.nowMs + lastWordsMs;
}

function trace(turn: Turn, { zygote, slot, pid }: WorkerState): void {
  turn.actions.push({ type: "overdue", pid });
  tellZygote(turn, zygote, { do: "trace", slot });
}

function killOversize(turn: Turn, worker: WorkerState, reason: string): void {
  log(turn, `worker ${worker.id} (pid ${worker.pid}) is killed: ${reason}`);
  worker.expected ??= reason;
  killWorker(turn, worker);
}

function noteFrontExit(turn: Turn, front: FrontState, status: string): void {
  const { state } = turn;
  const what = `the front ended: ${status}`;
  if (isUp(state) && front.role !== "current") {
    noteOtherFrontExit(turn, front, status);
    return;
  }
  const served = front.stage === "ready";
  front.stage = "down";
  if (state.stage === "starting") fail(turn, 1, `${what}, during the start`);
  if (state.stage === "draining" && front.role === "current") {
    if (status === cleanEnd) letWorkersGo(turn, front);
    else withoutFront(turn, what);
  }
  if (state.stage !== "serving") return;
  // Its workers have to find the next one.
  for (const worker of state.workers)
    if (worker.front === front.id && worker.stage === "serving") worker.stage = "starting";
  if (!state.plan.master) {
    unsupervised(turn, what);
    return;
  }
  noteEnd(front, turn.nowMs, served, state.plan.forkbombSeconds);
  log(turn, `${what}; ${again(turn, front.notBeforeMs)}`);
}

function noteZygoteWord(turn: Turn, zygote: ZygoteState, word: ZygoteWord): void {
  const { state } = turn;
  switch (word.is) {
    case "loaded":
      state.python = word.python;
      zygote.stage = "loaded";
      if (!state.plan.lazyApps)
        log(turn, `application loaded in ${word.seconds.toFixed(3)} s by ${word.python}`);
      break;
    case "load-failed":
      state.python = word.python;
      if (zygote.role === "coming") {
        // It stops when told, like one that has loaded.
        zygote.stage = "loaded";
        tellFailure(turn, word, zygote.configuration);
        giveUp(turn, "the application cannot be loaded");
      } else if (judge(turn, word, zygote.configuration) === "goes on") zygote.stage = "loaded";
      break;
    case "unusable":
      if (zygote.role === "coming") giveUp(turn, word.message);
      else noteUnusable(turn, zygote.id, word);
      break;
    case "forked": {
      const worker = findByZygote(turn, zygote.id, word.slot);
      // The front may have been faster.
      if (worker?.stage !== "forking") break;
      worker.pid = word.pid;
      worker.stage = "starting";
      break;
    }
    case "exited": {
      const worker = findByZygote(turn, zygote.id, word.slot);
      if (worker) noteWorkerExit(turn, worker, word.status);
      break;
    }
  }
}

function noteWorkerExit(turn: Turn, worker: WorkerState, status: string): void {
  const { state } = turn;
  const { pid } = worker;
  forget(turn, worker);
  if (state.fronts.some(({ id, stage }) => id === worker.front && stage !== "down"))
    tellFront(turn, worker.front, { type: "worker-exited", pid });
  if (!isUp(state)) return;
  const end = noteSeatEnd(turn, worker, status);
  const seat = state.seats[worker.id - 1];
  if (end === "hopeless" && state.stage === "starting") {
    const times = `${seat?.shortLives} times in a row before it could serve`;
    fail(turn, 1, `worker ${worker.id} (pid ${pid}) ended: ${status}, ${times}`);
  } else if (seat && worker.role === "next") noteNextEnd(turn, worker, seat);
}

function noteZygoteExit(turn: Turn, zygote: ZygoteState, status: string): void {
  const { state, nowMs } = turn;
  if (isUp(state) && zygote.role !== "current") {
    noteOtherZygoteExit(turn, zygote, status);
    return;
  }
  const served = zygote.stage === "loaded";
  const what = `the zygote ended${served ? "" : " while the application was loaded"}: ${status}`;
  zygote.stage = "down";
  // After a clean end its workers are gone too; their numbers may be other processes' by now.
  if (status !== cleanEnd) killWorkersOf(turn, zygote);
  for (const worker of state.workers) if (worker.zygote === zygote.id) forget(turn, worker);
  if (state.stage === "starting") fail(turn, 1, what);
  if (state.stage !== "serving") return;
  if (!state.plan.master) {
    unsupervised(turn, what);
    return;
  }
  noteEnd(zygote, nowMs, served, state.plan.forkbombSeconds);
  log(turn, `${what}; ${again(turn, zygote.notBeforeMs)}`);
}

/** Brings what is there towards what is wanted. */
function converge(turn: Turn): void {
  const { state, actions, nowMs } = turn;
  if (isUp(state)) {
    startWhatIsDue(turn);
    return;
  }
  if (state.stage === "draining") endMercies(turn);
  if (state.deadlineMs !== undefined && nowMs >= state.deadlineMs) {
    if (state.stage === "killing") killAll(turn);
    else endDrain(turn);
  }
  if ([...state.fronts, ...state.zygotes].every(({ stage }) => stage === "down")) {
    state.stage = "ended";
    state.deadlineMs = undefined;
    actions.push({ type: "end", code: state.exitCode });
  }
}

function startWhatIsDue(turn: Turn): void {
  const { state, actions, nowMs } = turn;
  endMercies(turn);
  wearByAge(turn);
  endFronts(turn);
  advanceReload(turn);
  for (const zygote of state.zygotes) {
    if (!isDue(zygote, nowMs)) continue;
    Object.assign(zygote, { stage: "loading", startedMs: nowMs });
    const { id, configuration } = zygote;
    actions.push({ type: "spawn-zygote", zygote: id, configuration });
  }
  for (const front of state.fronts) {
    if (!isDue(front, nowMs)) continue;
    Object.assign(front, { stage: "starting", startedMs: nowMs });
    const { id, configuration } = front;
    actions.push({ type: "spawn-front", front: id, configuration });
  }
  fillSeats(turn);
  listenWithoutWorkers(turn);
  dieWithoutWorkers(turn);
}

/** With `cheap` the first request starts the workers, so there must be somebody to take it. */
function listenWithoutWorkers(turn: Turn): void {
  const { state } = turn;
  const front = currentFront(state);
  if (state.stage !== "starting" || state.wanted > 0 || front.listenTold) return;
  if (front.stage === "ready" && currentZygote(state).stage === "loaded") tellListen(turn, front);
}

function isDue({ stage, role, notBeforeMs }: FrontState | ZygoteState, nowMs: number): boolean {
  return stage === "down" && role !== "leaving" && nowMs >= notBeforeMs;
}

function isUp(state: MasterState): boolean {
  return state.stage === "starting" || state.stage === "serving";
}

function tellListen(turn: Turn, front: FrontState): void {
  front.listenTold = true;
  tellFront(turn, front.id, { type: "listen" });
}
