import type { MasterAction, MasterEvent } from "../../../src/launch/master/event.ts";
import { nextDeadline, step } from "../../../src/launch/master/machine.ts";
import { initialState, type MasterState, type Plan } from "../../../src/launch/master/state.ts";

/** Drives the machine by hand; actions are kept as short text. */
export interface Play {
  /** What the machine wants done, in order. */
  readonly after: (...events: readonly MasterEvent[]) => string[];
  /** Moves the clock, milliseconds, and wakes the machine if it asked for that. */
  readonly pass: (milliseconds: number) => string[];
  readonly state: () => MasterState;
}

const usualPlan: Plan = {
  master: true,
  processes: 2,
  lazyApps: false,
  needApp: false,
  lenient: false,
  servesFiles: false,
  mercySeconds: 60,
};

export const wake: MasterEvent = { type: "wake" };
export const frontReady: MasterEvent = { type: "front-said", word: { type: "ready" } };
export const listening: MasterEvent = { type: "front-said", word: { type: "listening" } };
export const loaded: MasterEvent = {
  type: "zygote-said",
  word: { is: "loaded", seconds: 0.5, python: "CPython 3.11.2" },
};

export function forked(worker: number, pid: number): MasterEvent {
  return { type: "zygote-said", word: { is: "forked", worker, pid } };
}

export function attached(worker: number, pid: number): MasterEvent {
  return { type: "front-said", word: { type: "attached", worker, pid, failure: undefined } };
}

export function exited(worker: number, pid: number, status = "killed by SIGSEGV"): MasterEvent {
  return { type: "zygote-said", word: { is: "exited", worker, pid, status } };
}

/** A machine at the start, at millisecond 0. */
export function play(plan: Partial<Plan> = {}): Play {
  let state = initialState({ ...usualPlan, ...plan });
  let nowMs = 0;
  const after = (...events: readonly MasterEvent[]) => {
    const done: string[] = [];
    for (const event of events) {
      const before = structuredClone(state);
      const result = step(state, event, nowMs);
      if (JSON.stringify(state) !== JSON.stringify(before)) throw new Error("step is not pure");
      state = result.state;
      done.push(...result.actions.map(brief));
    }
    return done;
  };
  const pass = (milliseconds: number) => {
    nowMs += milliseconds;
    const due = nextDeadline(state);
    return due !== undefined && due <= nowMs ? after(wake) : [];
  };
  return { after, pass, state: () => state };
}

/** A machine that serves with two workers, pids 11 and 12, at second 10. */
export function serving(plan: Partial<Plan> = {}): Play {
  const machine = play(plan);
  machine.after(wake, frontReady, loaded, forked(1, 11), forked(2, 12));
  machine.after(attached(1, 11), attached(2, 12), listening);
  machine.pass(10_000);
  return machine;
}

function brief(action: MasterAction): string {
  switch (action.type) {
    case "tell-front":
      return `front: ${action.word.type}`;
    case "tell-zygote":
      return `zygote: ${Object.values(action.order).join(" ")}`;
    case "kill-process":
      return `kill ${action.pid}`;
    case "log":
      return `log ${action.text}`;
    case "log-failure":
      return `log-failure ${action.failure.message}`;
    case "report":
      return `report ${action.failure?.message ?? action.text}`;
    case "end":
      return `end ${action.code}`;
    default:
      return action.type;
  }
}
