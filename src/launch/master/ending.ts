/** How the master's processes end: parts of a step of machine.ts, as pure as that. */
import type { LoadFailure } from "../messages.ts";
import { log, sigkill, type Turn } from "./turn.ts";

/** Time that killed processes have to be gone before all is killed once more, milliseconds. */
const killGraceMs = 1_000;

/** Graceful: the front finishes what is in hand, within the mercy. */
export function drain(turn: Turn): void {
  const { state, actions } = turn;
  const { mercySeconds } = state.plan;
  log(turn, `SIGTERM: stopping, requests in hand have ${mercySeconds} s`);
  state.stage = "draining";
  state.deadlineMs = turn.nowMs + mercySeconds * 1000;
  if (state.front.stage !== "ready") {
    withoutFront(turn, "there is no front at the moment");
    return;
  }
  actions.push({ type: "tell-front", word: { type: "drain" } });
  if (state.zygote.stage === "loaded") {
    // Some more for the zygote: the end of the mercy is the master's to decide.
    actions.push({ type: "tell-zygote", order: { do: "stop", seconds: mercySeconds + 1 } });
  } else if (state.zygote.stage === "loading") actions.push({ type: "kill-zygote" });
}

/** A front takes its requests with it, and it alone tells workers to go: nothing is left to wait for. */
export function withoutFront(turn: Turn, what: string): void {
  log(turn, `${what}, so no request is in hand; stopping at once`);
  kill(turn);
}

/** The front has drained: a worker that it never met is not told to go by anybody. */
export function killUnattached({ state, actions }: Turn): void {
  for (const { id: worker, stage } of state.workers)
    if (stage === "forking" || stage === "starting")
      actions.push({ type: "tell-zygote", order: { do: "kill", worker, signal: sigkill } });
}

/** Ends everything now. The zygote kills its own workers, for it alone knows that a pid is still theirs. */
export function kill(turn: Turn): void {
  const { state, actions } = turn;
  state.stage = "killing";
  state.deadlineMs = turn.nowMs + killGraceMs;
  if (state.front.stage !== "down") actions.push({ type: "kill-front" });
  if (state.zygote.stage === "loaded")
    actions.push({ type: "tell-zygote", order: { do: "stop", seconds: 0 } });
  else if (state.zygote.stage === "loading") actions.push({ type: "kill-zygote" });
}

/** The zygote did not obey. */
export function killAll(turn: Turn): void {
  const { state, actions } = turn;
  if (state.front.stage !== "down") actions.push({ type: "kill-front" });
  if (state.zygote.stage !== "down") actions.push({ type: "kill-zygote" });
  killWorkers(turn);
  state.deadlineMs = turn.nowMs + killGraceMs;
}

/** Kills the workers by their numbers, for want of a zygote that would. */
export function killWorkers({ state, actions }: Turn): void {
  for (const { pid } of state.workers) if (pid > 0) actions.push({ type: "kill-process", pid });
}

/** The start or the server has failed: the reason is told, and everything ends with this exit code. */
export function fail(turn: Turn, code: number, text: string, failure?: LoadFailure): void {
  turn.state.exitCode = code;
  turn.actions.push({ type: "report", text, failure });
  kill(turn);
}

/** Something died and there is no master in uWSGI's sense to replace it. */
export function unsupervised(turn: Turn, what: string): void {
  fail(
    turn,
    1,
    `${what}; the server ends with it, because nothing is supervised without master = true`,
  );
}
