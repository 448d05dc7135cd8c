/** What fronts say and how they end, as the master takes it. */
import { noteEnd } from "./backoff.ts";
import { cleanEnd, fail, letWorkersGo, unsupervised, withoutFront } from "./ending.ts";
import type { FrontWord } from "./event.ts";
import { judge, tellFailure } from "./loading.ts";
import { giveUp, noteOtherFrontExit, noteSwitched } from "./reload.ts";
import { again, findByFront, noteWorn, seatAttached } from "./seats.ts";
import type { FrontState, WorkerState } from "./state.ts";
import {
  comingZygote,
  isUp,
  killWorker,
  log,
  type Turn,
  tellFront,
  tellListen,
  tellZygote,
} from "./turn.ts";

export function noteFrontWord(turn: Turn, front: FrontState, word: FrontWord): void {
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

export function noteFrontExit(turn: Turn, front: FrontState, status: string): void {
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

/** Time that a worker has to write the stacks of its threads before it is killed, milliseconds. */
const lastWordsMs = 200;
