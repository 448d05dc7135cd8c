import type {
  FrontWord,
  MasterAction,
  MasterEvent,
  ZygoteWord,
} from "../../../../src/launch/master/machine/event.ts";
import { nextDeadline, step } from "../../../../src/launch/master/machine/machine.ts";
import {
  initialState,
  type MasterState,
  type Plan,
} from "../../../../src/launch/master/machine/state.ts";
import type { MasterToFront } from "../../../../src/launch/messages.ts";
import { noCheaper } from "../../../../src/settings/cheaper-settings.ts";

/** Drives the machine by hand; actions are kept as short text. */
export interface Play {
  /** What the machine wants done, in order. */
  readonly after: (...events: readonly MasterEvent[]) => string[];
  /** Moves the clock, milliseconds, and wakes the machine if it asked for that. */
  readonly pass: (milliseconds: number) => string[];
  readonly state: () => MasterState;
}

export const usualPlan: Plan = {
  master: true,
  processes: 2,
  lazyApps: false,
  lazy: false,
  needApp: false,
  lenient: false,
  servesFiles: false,
  mercySeconds: 60,
  mercyOption: "worker-reload-mercy",
  maxLifetimeSeconds: 0,
  lifetimeDeltaSeconds: 0,
  minLifetimeSeconds: 0,
  forkbombSeconds: 1,
  cheaper: noCheaper(),
  exitOnReload: false,
  dieOnNoWorkers: false,
};

export const wake: MasterEvent = { type: "wake" };
/** The ids that the first front and the first zygote have. */
export const firstFront = 1;
export const firstZygote = 2;

/** What a front says. */
export function front(word: FrontWord, id = firstFront): MasterEvent {
  return { type: "front-said", front: id, word };
}

/** What a zygote says. */
export function zygote(word: ZygoteWord, id = firstZygote): MasterEvent {
  return { type: "zygote-said", zygote: id, word };
}

export const frontReady = front({ type: "ready" });
export const listening = front({ type: "listening" });
export const loaded = isLoaded();

export function isLoaded(id = firstZygote): MasterEvent {
  return zygote({ is: "loaded", seconds: 0.5, python: "CPython 3.11.2" }, id);
}

export function forked(slot: number, pid: number, id = firstZygote): MasterEvent {
  return zygote({ is: "forked", slot, pid }, id);
}

export function attached(slot: number, pid: number, id = firstFront): MasterEvent {
  return front({ type: "attached", slot, pid, failure: undefined }, id);
}

export function exited(
  slot: number,
  pid: number,
  status = "killed by SIGSEGV",
  id = firstZygote,
): MasterEvent {
  return zygote({ is: "exited", slot, pid, status }, id);
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
      return `front${numbered(action.front, firstFront)}: ${said(action.word)}`;
    case "tell-zygote":
      return `zygote${numbered(action.zygote, firstZygote)}: ${Object.values(action.order).join(" ")}`;
    case "spawn-front":
    case "kill-front":
      return `${action.type}${numbered(action.front, firstFront)}`;
    case "spawn-zygote":
    case "kill-zygote":
      return `${action.type}${numbered(action.zygote, firstZygote)}`;
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

/** The first of its kind goes without a number. */
function numbered(id: number, first: number): string {
  return id === first ? "" : ` ${id}`;
}

function said(word: MasterToFront): string {
  if (word.type !== "swap") return word.type;
  return `admit ${word.admit.join(" ") || "none"}, retire ${word.retire.join(" ") || "none"}`;
}
