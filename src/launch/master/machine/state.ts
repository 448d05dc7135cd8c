/** The master's picture of its processes; machine.ts and its parts alone change it. */
import type { CheaperSettings } from "../../../settings/cheaper-settings.ts";
import { type CheaperState, initialCheaper } from "./cheaper.ts";

/**
 * `starting`: nothing was served yet, any failure ends the start. `serving`: what dies is replaced.
 * `draining`: a graceful stop. `killing`: everything is being ended at once. `ended`: nothing is left.
 */
export type Stage = "starting" | "serving" | "draining" | "killing" | "ended";

/**
 * A generation's place in the server: `current` serves and is supervised; `coming` is being brought up by a
 * reload; `leaving` finishes what it has in hand.
 */
export type Role = "current" | "coming" | "leaving";

/** How a process comes and goes. Times are milliseconds of the monotonic clock. */
export interface Life {
  startedMs: number;
  /** Lives in a row that ended within a second or before they were of use; see backoff.ts. */
  shortLives: number;
  /** Not to be started again before this. */
  notBeforeMs: number;
}

export interface FrontState extends Life {
  readonly id: number;
  readonly configuration: number;
  /** Worker processes that it can tell apart. */
  readonly slots: number;
  role: Role;
  stage: "down" | "starting" | "ready";
  /** It was ready once, so its cores' socket listens for ever after. */
  coresOpen: boolean;
  /** It was told to listen. */
  listenTold: boolean;
  /** When one that is leaving is killed. */
  deadlineMs: number | undefined;
}

export interface ZygoteState extends Life {
  readonly id: number;
  readonly configuration: number;
  /** The front that its workers connect to. */
  readonly front: number;
  role: Role;
  stage: "down" | "loading" | "loaded";
}

/** One worker process. */
export interface WorkerState {
  /** Its line in the counters' file: no other process of its front has the same while it lives. */
  readonly slot: number;
  /** The seat that it has, or is to have, or had. */
  readonly id: number;
  readonly zygote: number;
  readonly front: number;
  /** It was forked to wait until it is admitted; see `swap` in messages.ts. */
  readonly held: boolean;
  readonly startedMs: number;
  /** 0 until the zygote or the front has told it. */
  pid: number;
  /** `forking`: ordered; `starting`: forked, not all of its cores are connected. */
  stage: "forking" | "starting" | "serving";
  /** `present` takes requests; `next` is to take the seat over; `parting` finishes what it has in hand. */
  role: "present" | "next" | "parting";
  /** Why it is about to end; undefined when nothing is expected. The first cause wins. */
  expected: string | undefined;
  /** When one that is parting is killed. */
  deadlineMs: number | undefined;
}

/** A place for a worker, numbered from 1: what lasts when its processes change. Its life is that of the last. */
export interface SeatState extends Life {
  readonly id: number;
  /** How many processes it has had. */
  spawns: number;
  /** Why its worker is to be replaced when a successor is ready, and from when on. */
  worn: { readonly reason: string; readonly notBeforeMs: number } | undefined;
}

/** What a reload does beyond replacing the workers. */
export interface ReloadKind {
  /** As it was asked for, for the log. */
  readonly name: string;
  /** The configuration is read again. */
  readonly reread: boolean;
  /** One worker after the other, instead of all at once. */
  readonly chain: boolean;
  /** Requests in hand are not waited for. */
  readonly brutal: boolean;
}

/**
 * A reload on its way, until the next generation serves. `reading`: the configuration; `coming`: the next
 * generation is brought up; `switching`: its front was told to listen.
 */
export interface ReloadState {
  readonly kind: ReloadKind;
  readonly beganMs: number;
  stage: "reading" | "coming" | "switching";
  /** What counts from the switch on. */
  plan: Plan;
}

/** What of the settings the decisions need. */
export interface Plan {
  readonly master: boolean;
  readonly processes: number;
  readonly lazyApps: boolean;
  /** A graceful reload replaces the workers only. */
  readonly lazy: boolean;
  readonly needApp: boolean;
  /** An application that cannot be found is a warning. */
  readonly lenient: boolean;
  /** Without an application there is something to serve all the same: static files. */
  readonly servesFiles: boolean;
  /** How long requests in hand may take when a worker is asked to go, seconds. */
  readonly mercySeconds: number;
  /** Where that was written, for the log. */
  readonly mercyOption: "reload-mercy" | "worker-reload-mercy";
  /** Age at which a worker is replaced, 0: never; what each further one has more; and how old it gets at least. */
  readonly maxLifetimeSeconds: number;
  readonly lifetimeDeltaSeconds: number;
  readonly minLifetimeSeconds: number;
  /** The first pause for a process that dies at once again and again. */
  readonly forkbombSeconds: number;
  /** Workers that come and go with the load. */
  readonly cheaper: CheaperSettings;
  /** A reload that would read the configuration again is a stop. */
  readonly exitOnReload: boolean;
  /** The server ends when no worker is left. */
  readonly dieOnNoWorkers: boolean;
}

export interface MasterState {
  plan: Plan;
  stage: Stage;
  fronts: FrontState[];
  zygotes: ZygoteState[];
  workers: WorkerState[];
  seats: SeatState[];
  /** Seats that are to have a worker; the others stay empty. */
  wanted: number;
  /** What the choice of that number remembers. */
  cheaper: CheaperState;
  /** Requests that had come when the last one did, and when that was. */
  requestsSeen: number;
  idleSinceMs: number;
  reload: ReloadState | undefined;
  /** Asked for while another was on its way. */
  nextReload: ReloadKind | undefined;
  /** No request is begun. */
  paused: boolean;
  /** The last id of a front or zygote. */
  lastId: number;
  /** By front and slot: the process that had it last. */
  lastPids: { [slot: string]: number };
  /** When a stop that goes on becomes harder; undefined when none is on. */
  deadlineMs: number | undefined;
  /** A graceful stop has waited long enough; what is left is killed. */
  mercyOver: boolean;
  exitCode: number;
  /** Name and version of the interpreter, as the zygote told it. */
  python: string;
  /** The last load failure that was logged, so that N workers do not log it N times. */
  lastFailure: string;
}

const noLife = { startedMs: 0, shortLives: 0, notBeforeMs: 0 };

/** The state before anything was started. The first front and zygote have the ids 1 and 2, their configuration 0. */
export function initialState(plan: Plan): MasterState {
  return {
    plan,
    stage: "starting",
    fronts: [newFront(1, 0, "current", plan.processes)],
    zygotes: [newZygote(2, 0, 1, "current")],
    workers: [],
    seats: Array.from({ length: plan.processes }, (_, index) => newSeat(index + 1)),
    wanted: plan.cheaper.cheap ? 0 : (plan.cheaper.initial ?? plan.processes),
    cheaper: initialCheaper(plan.cheaper, 0),
    requestsSeen: 0,
    idleSinceMs: 0,
    reload: undefined,
    nextReload: undefined,
    paused: false,
    lastId: 2,
    lastPids: {},
    deadlineMs: undefined,
    mercyOver: false,
    exitCode: 0,
    python: "",
    lastFailure: "",
  };
}

/** A front that was not started yet. */
export function newFront(
  id: number,
  configuration: number,
  role: Role,
  processes: number,
): FrontState {
  const slots = slotsFor(processes);
  const rest = { slots, coresOpen: false, listenTold: false, deadlineMs: undefined };
  return { ...noLife, id, configuration, role, stage: "down", ...rest };
}

/** A zygote that was not started yet. */
export function newZygote(
  id: number,
  configuration: number,
  front: number,
  role: Role,
): ZygoteState {
  return { ...noLife, id, configuration, front, role, stage: "down" };
}

/** A seat that nobody had yet. */
export function newSeat(id: number): SeatState {
  return { ...noLife, id, spawns: 0, worn: undefined };
}

/** Slots of a front: room for a generation that leaves, the present one and the next. */
export function slotsFor(processes: number): number {
  return 3 * processes + 2;
}
