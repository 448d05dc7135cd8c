/** Settings while they are being made: mutable, some paths still as written. Private to `settings/`. */
import type { Report } from "../diagnostic.ts";
import type { ResolvedEntry } from "../resolve/resolved.ts";
import type { Place, Span } from "../source.ts";
import { noBeside } from "./beside-settings.ts";
import { defaultBodies } from "./body-settings.ts";
import { type CheaperSettings, noCheaper } from "./cheaper-settings.ts";
import {
  type ControlSettings,
  type InstanceSettings,
  noControl,
  noInstance,
} from "./control-settings.ts";
import { type EmperorDraft, noEmperor, noVassal, type VassalDraft } from "./emperor-settings.ts";
import type { EngineOptions } from "./engine.ts";
import { noEngine } from "./engine.ts";
import { type HookDraft, noHooks } from "./hooks/hook-settings.ts";
import { type HttpDraft, noHttp } from "./http-settings.ts";
import { type LimitSettings, noLimits } from "./limit-settings.ts";
import { type LogDraft, noLog } from "./log-settings.ts";
import { noMounts } from "./mount-settings.ts";
import { ownNames } from "./name-settings.ts";
import { noPrivileges, type PrivilegeDraft } from "./privilege-settings.ts";
import { type PythonDraft, plainPython } from "./python-settings.ts";
import { noResources, type ResourceDraft } from "./resource-settings.ts";
import { noRoutes } from "./routing/route-settings.ts";
import type { Settings } from "./settings.ts";
import { noSocketOptions, type SocketDraft } from "./socket-settings.ts";
import { noStatics } from "./static-settings.ts";
import { noTls, type TlsDraft } from "./tls-settings.ts";

/** A typed value of an option. */
export type Value = boolean | number | string;

/** What a row of the option table gets beside the value: where it stood and how to complain. */
export interface Given {
  readonly entry: ResolvedEntry;
  /** The value's place, or the key's when no value was written. */
  readonly span: Span;
  readonly place: Place;
  readonly lenient: boolean;
  /** The directory that tsuwsgi was started in, absolute. */
  readonly startDirectory: string;
  /** The text of a file such as /etc/passwd; undefined when there is none. */
  readonly readText: (path: string) => string | undefined;
  /** The plain files of a directory, without those whose names begin with a dot; undefined when there is none. */
  readonly filesIn: (path: string) => readonly string[] | undefined;
  readonly report: Report;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type List<K extends keyof Settings> = Settings[K] extends readonly (infer T)[] ? T[] : never;

/** The settings of one subject each: their fields are set by rows that use `within`. */
export interface Groups {
  control: ControlSettings;
  instance: InstanceSettings;
  beside: ReturnType<typeof noBeside>;
  bodies: ReturnType<typeof defaultBodies>;
  cheaper: CheaperSettings;
  emperor: EmperorDraft;
  vassal: VassalDraft;
  engine: EngineOptions;
  limits: LimitSettings;
  privileges: PrivilegeDraft;
  resources: ResourceDraft;
  hooks: HookDraft;
  statics: ReturnType<typeof noStatics>;
  http: HttpDraft;
  log: LogDraft;
  mounts: ReturnType<typeof noMounts>;
  names: ReturnType<typeof ownNames>;
  python: PythonDraft;
  routes: ReturnType<typeof noRoutes>;
  tls: TlsDraft;
  socketOptions: ReturnType<typeof noSocketOptions>;
}

/**
 * The fields of Settings, writable. Paths that uWSGI looks up after `chdir` stay as written
 * until finish() makes them absolute.
 */
export interface Draft
  extends Omit<
      Mutable<Settings>,
      "app" | "sockets" | "pythonpath" | "env" | "prints" | "places" | keyof Groups
    >,
    Groups {
  module: string | undefined;
  wsgiFile: string | undefined;
  eval: string | undefined;
  callable: string | undefined;
  /** An option is used that starts the master in uWSGI. */
  masterImplied: boolean;
  sockets: SocketDraft[];
  pythonpath: List<"pythonpath">;
  /** Of early-pythonpath: comes before all of `pythonpath`. */
  earlyPythonpath: List<"pythonpath">;
  /** Of ienv and early-envdir: comes before all of `env`. */
  earlyEnv: List<"env">;
  env: List<"env">;
  /** Of envdir: comes after all of `env`, wherever it stands. */
  envdir: List<"env">;
  /** The directory that tsuwsgi was started in. */
  startDirectory: string;
  prints: List<"prints">;
  places: { [field: string]: Place };
}

/** uWSGI's defaults, except `bufferSize`: 4096 bytes there are too few for today's cookies. */
export function newDraft(startDirectory: string): Draft {
  return {
    chdir: startDirectory,
    module: undefined,
    wsgiFile: undefined,
    eval: undefined,
    callable: undefined,
    master: false,
    masterImplied: false,
    processes: 1,
    threads: 1,
    sockets: [],
    chmodSocket: undefined,
    socketOptions: noSocketOptions(),
    listen: 100,
    umask: undefined,
    pidfile: undefined,
    safePidfile: undefined,
    vacuum: false,
    daemonize: undefined,
    logto: undefined,
    disableLogging: false,
    noServerHeader: false,
    stats: undefined,
    virtualenv: undefined,
    pythonpath: [],
    earlyPythonpath: [],
    earlyEnv: [],
    env: [],
    envdir: [],
    startDirectory,
    prints: [],
    uid: undefined,
    gid: undefined,
    lazyApps: false,
    lazy: false,
    needApp: false,
    harakiri: 0,
    maxRequests: 0,
    workerReloadMercy: 60,
    bufferSize: 32768,
    limitPost: 0,
    control: noControl(),
    instance: noInstance(),
    beside: noBeside(),
    bodies: defaultBodies(),
    cheaper: noCheaper(),
    emperor: noEmperor(),
    vassal: noVassal(),
    engine: noEngine(),
    limits: noLimits(),
    privileges: noPrivileges(),
    resources: noResources(),
    hooks: noHooks(),
    statics: noStatics(),
    http: noHttp(),
    log: noLog(),
    mounts: noMounts(),
    names: ownNames(),
    python: plainPython(),
    routes: noRoutes(),
    tls: noTls(),
    lenient: false,
    showConfig: false,
    places: {},
  };
}
