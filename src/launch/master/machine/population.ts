/** The number of workers that are wanted: part of a step of machine.ts. */
import { decide, type Load } from "./cheaper.ts";
import { drain } from "./ending.ts";
import { currentFront, log, type Turn } from "./turn.ts";

/** What the front says of the load each second, and at once when a request finds no worker at all. */
export function noteLoad(turn: Turn, front: number, load: Load): void {
  const { state } = turn;
  if (state.stage !== "serving" || front !== currentFront(state).id) return;
  if (load.waiting > 0 && state.wanted === 0) {
    wake(turn);
    return;
  }
  if (isIdle(turn, load)) return;
  const { cheaper } = state.plan;
  if (cheaper.least === 0 || state.wanted === 0 || state.paused || state.reload) return;
  const spare = state.plan.processes - state.wanted;
  // Those that were asked for are on their way.
  if (load.workers.length < state.wanted) return;
  const { change, lines } = decide(cheaper, state.cheaper, load, spare, turn.nowMs);
  for (const line of lines) log(turn, line);
  want(turn, state.wanted + change);
}

/** Sets the number of workers: at least `cheaper`, or one; at most `processes`. */
export function want(turn: Turn, number: number): void {
  const { state } = turn;
  const { cheaper, processes } = state.plan;
  const next = Math.min(processes, Math.max(1, cheaper.least, number));
  if (next === state.wanted) return;
  const direction = next > state.wanted ? "more" : "fewer";
  log(turn, `${direction} workers: ${next} of ${processes}`);
  state.wanted = next;
}

/** As many as there are at the start. */
export function initialWorkers(turn: Turn): number {
  const { cheaper, processes } = turn.state.plan;
  return cheaper.initial ?? processes;
}

function wake(turn: Turn): void {
  const { state } = turn;
  state.wanted = initialWorkers(turn);
  state.idleSinceMs = turn.nowMs;
  log(turn, `a request has come: workers start, ${state.wanted} of ${state.plan.processes}`);
}

/** Sends all workers away when no request has come for long, as `idle` asks. */
function isIdle(turn: Turn, { requests, waiting, workers }: Load): boolean {
  const { state, nowMs } = turn;
  const { idleSeconds, dieOnIdle } = state.plan.cheaper;
  const active = waiting > 0 || workers.some(({ busy }) => busy);
  if (active || requests !== state.requestsSeen) {
    state.requestsSeen = requests;
    state.idleSinceMs = nowMs;
  }
  if (idleSeconds === 0 || state.wanted === 0 || state.reload) return false;
  if (nowMs - state.idleSinceMs < idleSeconds * 1000) return false;
  const what = `no request for ${idleSeconds} s`;
  if (dieOnIdle) drain(turn, what);
  else {
    log(turn, `${what}: all workers go until one comes`);
    state.wanted = 0;
  }
  return true;
}
