/** The master's picture of its processes; machine.ts alone changes it. */

/**
 * `starting`: nothing was served yet, any failure ends the start. `serving`: what dies is replaced.
 * `draining`: a graceful stop. `killing`: everything is being ended at once. `ended`: nothing is left.
 */
export type Stage = "starting" | "serving" | "draining" | "killing" | "ended";

/** How a process comes and goes. Times are milliseconds of the monotonic clock. */
export interface Life {
  startedMs: number;
  /** Lives in a row that ended within a second or before they were of use; see backoff.ts. */
  shortLives: number;
  /** Not to be started again before this. */
  notBeforeMs: number;
}

export interface FrontState extends Life {
  stage: "down" | "starting" | "ready";
}

export interface ZygoteState extends Life {
  stage: "down" | "loading" | "loaded";
}

export interface WorkerState extends Life {
  readonly id: number;
  /** 0 when there is no process. */
  pid: number;
  /** The process before; 0 when there was none. */
  lastPid: number;
  /** `forking`: ordered; `starting`: forked, not all of its cores are connected. */
  stage: "down" | "forking" | "starting" | "serving";
  /** Why it is about to end; undefined when nothing is expected. The first cause wins. */
  expected: "harakiri" | "retired" | undefined;
  /** How many times it was forked. */
  spawns: number;
}

/** What of the settings the decisions need. */
export interface Plan {
  readonly master: boolean;
  readonly processes: number;
  readonly lazyApps: boolean;
  readonly needApp: boolean;
  /** An application that cannot be found is a warning. */
  readonly lenient: boolean;
  /** Without an application there is something to serve all the same: static files. */
  readonly servesFiles: boolean;
  /** How long requests in hand may take at a graceful stop, seconds. */
  readonly mercySeconds: number;
}

export interface MasterState {
  readonly plan: Plan;
  stage: Stage;
  front: FrontState;
  zygote: ZygoteState;
  workers: WorkerState[];
  /** The front was ready once, so the cores' socket listens for ever after. */
  coresOpen: boolean;
  /** The first front was told to listen. */
  listenTold: boolean;
  /** When a stop that goes on becomes harder; undefined when none is on. */
  deadlineMs: number | undefined;
  exitCode: number;
  /** Name and version of the interpreter, as the zygote told it. */
  python: string;
  /** The last load failure that was logged, so that N workers do not log it N times. */
  lastFailure: string;
}

/** The state before anything was started. */
export function initialState(plan: Plan): MasterState {
  const life = { startedMs: 0, shortLives: 0, notBeforeMs: 0 };
  return {
    plan,
    stage: "starting",
    front: { ...life, stage: "down" },
    zygote: { ...life, stage: "down" },
    workers: Array.from({ length: plan.processes }, (_, index) => ({
      ...life,
      id: index + 1,
      pid: 0,
      lastPid: 0,
      stage: "down",
      expected: undefined,
      spawns: 0,
    })),
    coresOpen: false,
    listenTold: false,
    deadlineMs: undefined,
    exitCode: 0,
    python: "",
    lastFailure: "",
  };
}
