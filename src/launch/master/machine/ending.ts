/** How the master's processes end: parts of a step of machine.ts, as pure as that. */
import type { Place } from "../../../source.ts";
import type { LoadFailure } from "../../messages.ts";
import type { FrontState, ZygoteState } from "./state.ts";
import {
  currentFront,
  currentZygote,
  killWorker,
  log,
  resume,
  type Turn,
  tellFront,
  tellZygote,
} from "./turn.ts";

/** What a process says that ended as it was told. */
export const cleanEnd = "exit code 0";
/** Time that killed processes have to be gone before all is killed once more, milliseconds. */
const killGraceMs = 1_000;
/** Time that workers have to clear up when nothing is in hand, milliseconds. */
const lastRitesMs = 8_000;
/** Time that fronts have to answer for workers that were killed, milliseconds. */
const lastAnswersMs = 1_000;

/** Graceful: the fronts finish what is in hand, within the mercy. */
export function drain(turn: Turn, by: string): void {
  const { state } = turn;
  const { mercySeconds } = state.plan;
  log(turn, `${by}: stopping, requests in hand have ${mercySeconds} s`);
  state.stage = "draining";
  state.deadlineMs = turn.nowMs + mercySeconds * 1000;
  resume(turn);
  if (currentFront(state).stage !== "ready") {
    withoutFront(turn, "there is no front at the moment");
    return;
  }
  for (const front of state.fronts) {
    if (front.role === "coming") killFront(turn, front);
    else if (front.stage === "ready") tellFront(turn, front.id, { type: "drain" });
  }
  // Some more for the zygotes: the end of the mercy is the master's to decide.
  for (const zygote of state.zygotes)
    stopZygote(turn, zygote, zygote.role === "coming" ? 0 : mercySeconds + 1);
}

/** The mercy is over: the workers go, the fronts answer for them, and then everything. */
export function endDrain(turn: Turn): void {
  const { state, nowMs } = turn;
  if (state.mercyOver) {
    kill(turn);
    return;
  }
  state.mercyOver = true;
  const { mercySeconds, mercyOption } = state.plan;
  const served = currentFront(state).stage === "down";
  const what = served
    ? `workers have not ended ${lastRitesMs / 1000} s after their last request`
    : `requests are still running after ${mercySeconds} s (${mercyOption})`;
  log(turn, `${what}, killing`);
  state.deadlineMs = nowMs + lastAnswersMs;
  for (const zygote of state.zygotes) stopZygote(turn, zygote, 0);
}

/** A front takes its requests with it, and it alone tells workers to go: nothing is left to wait for. */
export function withoutFront(turn: Turn, what: string): void {
  log(turn, `${what}, so no request is in hand; stopping at once`);
  kill(turn);
}

/**
 * The front has drained: nothing is in hand any more, and the workers have only to clear up. One that the front
 * never met is not told to go by anybody.
 */
export function letWorkersGo(turn: Turn, front: FrontState): void {
  const { state, nowMs } = turn;
  state.deadlineMs = Math.min(state.deadlineMs ?? nowMs, nowMs + lastRitesMs);
  for (const worker of state.workers)
    if (worker.front === front.id && worker.stage !== "serving") killWorker(turn, worker);
}

/** Ends everything now. The zygotes kill their own workers, for they alone know that a pid is still theirs. */
export function kill(turn: Turn): void {
  const { state } = turn;
  state.stage = "killing";
  state.deadlineMs = turn.nowMs + killGraceMs;
  for (const front of state.fronts) killFront(turn, front);
  for (const zygote of state.zygotes) stopZygote(turn, zygote, 0);
}

/** The zygotes did not obey. */
export function killAll(turn: Turn): void {
  const { state, actions } = turn;
  for (const front of state.fronts) killFront(turn, front);
  for (const { id, stage } of state.zygotes)
    if (stage !== "down") actions.push({ type: "kill-zygote", zygote: id });
  for (const zygote of state.zygotes) killWorkersOf(turn, zygote);
  state.deadlineMs = turn.nowMs + killGraceMs;
}

/** Kills a zygote's workers by their numbers, for want of a zygote that would. */
export function killWorkersOf({ state, actions }: Turn, { id }: ZygoteState): void {
  for (const { pid, zygote } of state.workers)
    if (zygote === id && pid > 0) actions.push({ type: "kill-process", pid });
}

/** Ends a front at once, if there is one. */
export function killFront({ actions }: Turn, { id, stage }: FrontState): void {
  if (stage !== "down") actions.push({ type: "kill-front", front: id });
}

/** Has a zygote fork no more, and end when its workers have gone or are killed after so many seconds. */
export function stopZygote(turn: Turn, { id, stage }: ZygoteState, seconds: number): void {
  if (stage === "loaded") tellZygote(turn, id, { do: "stop", seconds });
  // It does not listen while it loads, and has no workers.
  else if (stage === "loading") turn.actions.push({ type: "kill-zygote", zygote: id });
}

/** The start or the server has failed: the reason is told, and everything ends with this exit code. */
export function fail(
  turn: Turn,
  code: number,
  text: string,
  failure?: LoadFailure,
  place?: Place,
): void {
  const { state, actions } = turn;
  state.exitCode = code;
  actions.push({
    type: "report",
    text,
    configuration: currentZygote(state).configuration,
    failure,
    place,
  });
  kill(turn);
}

/** With `die-on-no-workers` the server ends when the last one has gone, and none can be forked at once. */
export function dieWithoutWorkers(turn: Turn): void {
  const { state } = turn;
  if (state.stage !== "serving" || !state.plan.dieOnNoWorkers || state.workers.length > 0) return;
  // While the application is loaded anew they are on their way.
  if (currentZygote(state).stage === "loaded")
    fail(turn, 1, "no worker is left (die-on-no-workers)");
}

/** Something died and there is no master in uWSGI's sense to replace it. */
export function unsupervised(turn: Turn, what: string): void {
  fail(
    turn,
    1,
    `${what}; the server ends with it, because nothing is supervised without master = true`,
  );
}
