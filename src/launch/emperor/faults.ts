/** Servers that end unasked, and the pauses before they start again. */
import type { Plan, Run, Vassal } from "./state.ts";
import { admit, type Turn, told } from "./turn.ts";

/** A server that accepted requests for so long did not fail at its start; milliseconds. */
export const settledMs = 10_000;

/** Between two starts of a server that fails, where failures are not remembered; milliseconds. */
const unrememberedPauseMs = 1_000;

/** Others that are due come first then, whatever the throttle; milliseconds. */
const leastPauseMs = 1;

/** A process has ended: by order, or not. */
export function noteExit(turn: Turn, vassal: Vassal, status: string): void {
  const { state, actions, nowMs } = turn;
  const { run, stage } = vassal;
  if (!run) return;
  vassal.run = undefined;
  vassal.reloads = false;
  actions.push({ type: "gone", file: vassal.file });
  if (state.stage === "ending" || (stage === "leaving" && !vassal.again)) {
    told(turn, vassal, `has ended (${status})`);
    state.vassals = state.vassals.filter((other) => other !== vassal);
    return;
  }
  admit(turn, vassal);
  if (stage === "leaving") {
    vassal.dueMs = nowMs;
    return;
  }
  if (hasSettled(run, nowMs)) {
    vassal.faults = undefined;
    vassal.dueMs = nowMs;
    told(turn, vassal, `has ended unasked (${status}), is started again`);
    return;
  }
  const pauseMs = Math.max(leastPauseMs, blame(vassal, state.plan, nowMs));
  vassal.dueMs = nowMs + pauseMs;
  const again = `the next start is in ${(pauseMs / 1000).toFixed(1)} s, or when its file changes`;
  told(turn, vassal, `has failed (${status}); ${again}`);
}

function hasSettled({ servedMs }: Run, nowMs: number): boolean {
  return servedMs !== undefined && nowMs - servedMs >= settledMs;
}

/** uWSGI's pauses: a thousandth of the throttle first, each time the throttle more, half from the maximum on. */
function blame(vassal: Vassal, plan: Plan, nowMs: number): number {
  if (plan.noBlacklist) return unrememberedPauseMs;
  const { faults } = vassal;
  if (faults === undefined) {
    const pauseMs = plan.throttleMs / 1000;
    vassal.faults = { attempts: 0, pauseMs, firstMs: nowMs, lastMs: nowMs };
    return pauseMs;
  }
  faults.attempts++;
  faults.lastMs = nowMs;
  faults.pauseMs =
    faults.pauseMs < plan.maxThrottleMs ? faults.pauseMs + plan.throttleMs : faults.pauseMs / 2;
  return faults.pauseMs;
}
