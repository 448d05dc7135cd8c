/** What an emperor knows. Times are of a monotonic clock, milliseconds. */
import type { Order, Sign } from "./words.ts";

/** A configuration that was found. */
export interface FoundFile {
  /** Absolute; what tells one vassal from another. */
  readonly path: string;
  /** As uWSGI names it: relative to its directory, or as the pattern gave it. Unique in one source only. */
  readonly id: string;
  /** The directory that `id` is relative to. */
  readonly cwd: string;
  /** Number of the source that found it. */
  readonly source: number;
  /** Changes whenever the file does. */
  readonly stamp: string;
  /** Unix time of its last change, seconds. */
  readonly modified: number;
  readonly uid: number;
  readonly gid: number;
}

/** A server that was started. */
export interface Run {
  /** Told by whatever the process says and does. */
  readonly number: number;
  /** Undefined until it runs. */
  pid: number | undefined;
  /** When it was started, or told to reload. */
  turnMs: number;
  /** When it accepted requests for the first time. */
  servedMs: number | undefined;
  /** When it said so last, since it was started or told to reload. */
  readyMs: number | undefined;
  acceptingMs: number | undefined;
  /** When it said so first. */
  loyalMs: number | undefined;
  /** Undefined until the first, and while none is waited for. */
  heartbeatMs: number | undefined;
  /** Since when it should have ended. */
  cursedMs: number | undefined;
}

/** Starts that failed one after the other. */
export interface Faults {
  /** As uWSGI counts: the first is 0. */
  attempts: number;
  /** Before the next start. */
  pauseMs: number;
  readonly firstMs: number;
  lastMs: number;
}

/** One configuration and its server. */
export interface Vassal {
  file: FoundFile;
  /** Unix time of the file's change when it was found first, seconds. */
  readonly born: number;
  /** `barred`: root's, under a tyrant. `leaving`: its end was ordered. */
  stage: "waiting" | "barred" | "running" | "leaving";
  /** Whether it starts again when it has left. */
  again: boolean;
  /** Its server is to reload when it is its turn. */
  reloads: boolean;
  run: Run | undefined;
  /** When it may start. */
  dueMs: number;
  faults: Faults | undefined;
  /** Times that it was told to reload. */
  respawns: number;
  firstRunMs: number | undefined;
  lastRunMs: number | undefined;
}

/** What of the settings a decision depends on. */
export interface Plan {
  /** Servers that may be starting or reloading at the same time. */
  readonly startsAtOnce: number;
  readonly throttleMs: number;
  readonly maxThrottleMs: number;
  readonly noBlacklist: boolean;
  readonly heartbeatMs: number;
  readonly toleranceMs: number;
  readonly tyrant: boolean;
}

export interface EmperorState {
  readonly plan: Plan;
  stage: "ruling" | "ending";
  /** In the order in which they were found. */
  vassals: Vassal[];
  /** Numbers of sources that cannot be looked at, which is told once. */
  unseen: number[];
  lastRun: number;
  /** More configurations were found than servers are allowed, which is told once. */
  crowded: boolean;
}

/** What can be asked of an emperor. */
export type EmperorCommand = "reload" | "stop" | "kill" | "scan" | "forgive" | "stats";

export type EmperorEvent =
  /** A look at a source: all that is there. */
  | { readonly type: "found"; readonly source: number; readonly files: readonly FoundFile[] }
  /** A source that could not be looked at. */
  | {
      readonly type: "unseen";
      readonly source: number;
      readonly name: string;
      readonly reason: string;
    }
  | { readonly type: "started"; readonly run: number; readonly pid: number }
  | { readonly type: "said"; readonly run: number; readonly sign: Sign }
  /** It closed its end of the channel. */
  | { readonly type: "silent"; readonly run: number }
  /** It ended, or never started. */
  | { readonly type: "exited"; readonly run: number; readonly status: string }
  | { readonly type: "command"; readonly name: EmperorCommand; readonly by: string }
  | { readonly type: "wake" };

export type EmperorAction =
  | { readonly type: "start"; readonly run: number; readonly file: FoundFile }
  | { readonly type: "say"; readonly run: number; readonly order: Order }
  /** SIGKILL. */
  | { readonly type: "kill"; readonly run: number }
  /** A server has ended. */
  | { readonly type: "gone"; readonly file: FoundFile }
  | { readonly type: "scan" }
  | { readonly type: "log"; readonly text: string }
  /** All servers have ended. */
  | { readonly type: "end" };

/** An emperor that has found nothing yet. */
export function initialState(plan: Plan): EmperorState {
  return { plan, stage: "ruling", vassals: [], unseen: [], lastRun: 0, crowded: false };
}
