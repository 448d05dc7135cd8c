/**
 * What master, front and zygote say to each other. Master and front use Node's own IPC channel;
 * master and zygote write one JSON object a line over a socket pair (the zygote's descriptor 3).
 */

import type { EngineSetting } from "../settings/engine.ts";
import type { HookPhase, HookStep } from "../settings/hooks/hook-settings.ts";
import type { HttpSettings } from "../settings/http-settings.ts";
import type { LimitSettings } from "../settings/limit-settings.ts";
import type { LogSettings } from "../settings/log-settings.ts";
import type { MountSettings } from "../settings/mount-settings.ts";
import type { ProcessNames } from "../settings/name-settings.ts";
import type { PythonSettings } from "../settings/python-settings.ts";
import type { ResourceSettings } from "../settings/resource-settings.ts";
import type { RouteSettings } from "../settings/routing/route-settings.ts";
import type { AppSetting } from "../settings/settings.ts";
import type { StaticSettings } from "../settings/static-settings.ts";
import type { Place } from "../source.ts";

/** A listening socket that the front inherits. */
export interface Listener {
  /** Descriptor number in the front. */
  readonly fd: number;
  readonly protocol: "http" | "uwsgi" | "fastcgi" | "scgi";
  /** Answers begin with HTTP's status line; else with CGI's `Status:`. */
  readonly httpHead: boolean;
  /** Of `http`, uWSGI's router, which has options of its own. */
  readonly router: boolean;
  /** The address as written, for the log. */
  readonly text: string;
  /** For SERVER_PORT; empty for Unix sockets. */
  readonly port: string;
  /** Connections come over a Unix socket, so from this machine. */
  readonly local: boolean;
  /** Connections that may wait to be accepted. */
  readonly backlog: number;
  /** The socket speaks TLS. */
  readonly tls?: ListenerTls;
  /** Every request is sent on to https: its port, empty for the usual one. */
  readonly redirectPort?: string;
}

/** A certificate with its key, as PEM. */
export interface TlsMaterial {
  readonly certificate: string;
  readonly key: string;
  readonly ciphers: string | undefined;
  readonly clientCa: { readonly pem: string; readonly required: boolean } | undefined;
}

/** What a listening socket needs to speak TLS. */
export interface ListenerTls {
  readonly material: TlsMaterial;
  readonly http2: boolean;
}

/** What all listening sockets with TLS share. */
export interface FrontTls {
  /** Certificates for names that clients ask for, the first that fits is taken. */
  readonly names: readonly {
    /** The name in lower case, or the source of a regular expression. */
    readonly name: string;
    readonly kind: "name" | "regexp";
    readonly material: TlsMaterial;
  }[];
  readonly exportCert: boolean;
  readonly sessionContext: string | undefined;
  /** Seconds. */
  readonly sessionTimeout: number;
  readonly verifyDepth: number;
  readonly tlsv1: boolean;
  /** SSL_OP_ bits. */
  readonly options: number;
  readonly verbose: boolean;
}

/** Everything that a front needs, sent once, first. */
export interface FrontConfig {
  /** The name of its process. */
  readonly name: string;
  readonly listeners: readonly Listener[];
  /** Descriptor of the private Unix socket on which the workers' cores connect. */
  readonly coresFd: number;
  /** Descriptor of the shared counters (see protocol/counters.ts). */
  readonly countersFd: number;
  /** Hex text that a core must say first. */
  readonly secret: string;
  /** SERVER_NAME. */
  readonly serverName: string;
  readonly processes: number;
  /** Worker processes that there may be at a time, those that come and go included. */
  readonly slots: number;
  /** The master wants to know the load, for the number of workers. */
  readonly reportsLoad: boolean;
  /** Cores of one worker. */
  readonly cores: number;
  /** They are greenlets: while one has the turn the others of its worker have not. */
  readonly greenlets: boolean;
  readonly bufferSize: number;
  readonly limitPost: number;
  /** Bytes of a request's body above which it goes to a file; 0: none does. */
  readonly postBuffering: number;
  /** Seconds; 0 is no limit. */
  readonly harakiri: number;
  /** Seconds that a request has to end alone; 0: its worker is killed at once. */
  readonly harakiriGraceful: number;
  /** While fewer requests wait, none is ended. */
  readonly harakiriQueue: number;
  readonly limits: LimitSettings;
  readonly maxRequests: number;
  readonly statics: StaticSettings;
  readonly http: HttpSettings;
  readonly routes: RouteSettings;
  /** That become SCRIPT_NAME, one character a byte; none without `manage-script-name`. */
  readonly mountpoints: readonly string[];
  /** Undefined where no socket speaks TLS. */
  readonly tls: FrontTls | undefined;
  /** How requests are logged, and whether all are. */
  readonly log: LogSettings;
  readonly logRequests: boolean;
  /** Add a Server field to answers over HTTP. */
  readonly serverHeader: boolean;
  /** Private directory to remove should the master die without a word. */
  readonly runDirectory: string;
}

/** Why an application could not be loaded. */
export interface LoadFailure {
  /** `exception`: the application's own code raised; the others are faults of the configuration. */
  readonly kind: "missing" | "syntax" | "callable" | "exception";
  readonly message: string;
  /** The Python traceback, empty when there is none worth showing. */
  readonly traceback: string;
  /** Which of the mounts, from 0; absent for the application of `module` or `wsgi-file`. */
  readonly mount?: number;
  /** Of several applications: what else could not be loaded. */
  readonly others?: readonly LoadFailure[];
}

/** Where a front writes its lines about requests. */
export interface RequestLog {
  readonly fd: number;
  /** The master reads them there: nobody else writes to it. */
  readonly piped: boolean;
}

export type MasterToFront =
  | {
      readonly type: "configure";
      readonly config: FrontConfig;
      readonly requestLog: RequestLog;
    }
  /** Listen and accept. */
  | { readonly type: "listen" }
  /** Stop accepting, finish what is in hand, let the workers go, exit with 0. */
  | { readonly type: "drain" }
  /** The same, but another front listens on the same sockets: nobody is turned away. */
  | { readonly type: "hand-over" }
  /** The processes to admit begin to take requests, and those to retire take no more and go. */
  | { readonly type: "swap"; readonly admit: readonly number[]; readonly retire: readonly number[] }
  /** Begin no request, or go on. */
  | { readonly type: "pause"; readonly on: boolean }
  | { readonly type: "worker-exited"; readonly pid: number }
  | { readonly type: "stats"; readonly serial: number };

export type FrontToMaster =
  /** Configured; cores may connect. */
  | { readonly type: "ready" }
  | { readonly type: "listening" }
  | { readonly type: "failed"; readonly message: string }
  /** All cores of a worker have connected. */
  | {
      readonly type: "attached";
      readonly slot: number;
      readonly pid: number;
      readonly failure: LoadFailure | undefined;
    }
  /**
   * A request went over harakiri: the worker is to be killed, or (`overdue`) to end that request alone, for
   * which `trace` follows.
   */
  | {
      readonly type: "harakiri" | "overdue";
      readonly slot: number;
      readonly pid: number;
      readonly request: string;
    }
  /** The worker is to write the stacks of its threads to the log, and to end what is overdue. */
  | { readonly type: "trace"; readonly slot: number; readonly pid: number }
  /** The worker should be replaced, and why; `urgent`: though it is young. Said once. */
  | {
      readonly type: "worn";
      readonly slot: number;
      readonly pid: number;
      readonly reason: string;
      readonly urgent: boolean;
    }
  /** The worker is to be killed because it is too large. */
  | {
      readonly type: "oversize";
      readonly slot: number;
      readonly pid: number;
      readonly reason: string;
    }
  /** Each second if the master wants to know, and at once when a request finds no worker. */
  | { readonly type: "load"; readonly load: FrontLoad }
  | { readonly type: "stats"; readonly serial: number; readonly stats: FrontStats };

/** What the number of workers depends on. */
export interface FrontLoad {
  /** Requests that no core has begun. */
  readonly waiting: number;
  /** All requests that came so far. */
  readonly requests: number;
  /** The workers that take requests. */
  readonly workers: readonly {
    readonly pid: number;
    readonly busy: boolean;
    /** Sum of the running times of its requests, microseconds. */
    readonly runningTime: number;
  }[];
}

/** What the front counts, for the stats server. Times in microseconds where uWSGI's are. */
export interface FrontStats {
  /** Requests waiting for a core. */
  readonly queue: number;
  /** Requests that were answered 503 for want of room. */
  readonly rejected: number;
  readonly staticRequests: number;
  readonly workers: readonly FrontWorkerStats[];
}

export interface FrontWorkerStats {
  readonly id: number;
  readonly pid: number;
  readonly requests: number;
  readonly exceptions: number;
  readonly harakiriCount: number;
  /** Bytes sent to clients. */
  readonly tx: number;
  /** Sum of the running times of all requests, microseconds. */
  readonly runningTime: number;
  /** Exponential mean of a request's time, microseconds, as uWSGI's avg_rt. */
  readonly averageTime: number;
  readonly cores: readonly {
    readonly id: number;
    readonly requests: number;
    readonly inRequest: boolean;
    readonly writeErrors: number;
    readonly readErrors: number;
  }[];
}

export type MasterToZygote =
  | ({ readonly do: "load" } & ZygoteConfig)
  /** Fork worker number `worker`; `slot` tells its process from the others of the same front. */
  | {
      readonly do: "fork";
      readonly worker: number;
      readonly slot: number;
      /** It gets no request before the front is told to admit it. */
      readonly held: boolean;
    }
  /** The worker writes the stacks of its threads to the log, and ends what is overdue (overdue.py). */
  | { readonly do: "trace"; readonly slot: number }
  | { readonly do: "kill"; readonly slot: number; readonly signal: number }
  /** No more forks; wait for the workers to go, kill what is left after `seconds`, then exit with 0. */
  | { readonly do: "stop"; readonly seconds: number };

/** Whom a process of root's becomes; null leaves what is. */
export interface Identity {
  readonly uid: number | null;
  readonly gid: number | null;
  /** In place of the user's own supplementary groups, if there are any. */
  readonly addGids: readonly number[];
  readonly noInitgroups: boolean;
}

/** How a zygote that was started by root gives that up itself. */
export interface Confinement {
  readonly identity: Identity;
  readonly capabilities: readonly number[];
  /** To be its root directory, and where in there it works. */
  readonly chroot: string | null;
  readonly directory: string;
  /** The application is imported by root. */
  readonly afterImport: boolean;
}

/** The phases that the Python processes run. */
export type ZygotePhase = Extract<
  HookPhase,
  `${"pre" | "post"}-app` | "post-fork" | `accepting${string}`
>;

/** Sent once, first. The environment and working directory are set by the spawn. */
export interface ZygoteConfig {
  readonly app: AppSetting | null;
  /** Loaded after `app`, in their order. */
  readonly mounts: MountSettings;
  readonly pythonpath: readonly string[];
  readonly python: PythonSettings;
  readonly names: Pick<ProcessNames, "zygote" | "worker">;
  /** Permission bits for Unix sockets; null leaves the umask's. */
  readonly socketMode: number | null;
  readonly lazyApps: boolean;
  /** A request that takes too long may be ended alone; see python/tsuwsgi/overdue.py. */
  readonly endsAlone: boolean;
  /** Bytes of address space that the process and its workers may have; 0 is no limit. */
  readonly limitAs: number;
  /** Where a worker goes when the application is loaded. */
  readonly chdir2: string | null;
  /** Ended children of the application are taken away after each request. */
  readonly reaper: boolean;
  /** Whether applications get wsgi.file_wrapper. */
  readonly fileWrapper: boolean;
  /** What becomes of an answer whose client is gone, see BodySettings. */
  readonly writeErrors: {
    readonly quiet: boolean;
    readonly tolerance: number;
    readonly stops: boolean;
  };
  /** Standard error is to go where standard output goes, so that their lines keep their order. */
  readonly oneOutput: boolean;
  readonly processes: number;
  /** As the front's. */
  readonly slots: number;
  /** Cores of one worker, and what they are. */
  readonly cores: number;
  readonly engine: EngineSetting;
  /** Path of the private Unix socket on which the front waits for cores. */
  readonly coresPath: string;
  /** Descriptor of the shared counters. */
  readonly countersFd: number;
  readonly secret: string;
  readonly serverName: string;
  readonly runDirectory: string;
  readonly phases: Readonly<Record<ZygotePhase, readonly HookStep[]>>;
  /** Null: it was started as the user that it is to be. */
  readonly confinement: Confinement | null;
  /** It was given capabilities that the programs that it starts are not to have. */
  readonly clearAmbient: boolean;
  readonly resources: ResourceSettings;
}

export type ZygoteToMaster =
  | { readonly is: "loaded"; readonly seconds: number; readonly python: string }
  | ({ readonly is: "load-failed"; readonly python: string } & LoadFailure)
  /** No worker of it can be: its engine or a module with an alias is missing, or a hook has failed or asked for the end. */
  | {
      readonly is: "unusable";
      readonly message: string;
      readonly place?: Place;
      /** Exit code for the server; 1 unless a hook said another. */
      readonly code?: number;
    }
  /** With `py-auto-reload`: files that modules were read from, here or in a worker, in the state of then. */
  | { readonly is: "imported"; readonly files: readonly ImportedFile[] }
  | { readonly is: "forked"; readonly slot: number; readonly pid: number }
  | {
      readonly is: "exited";
      readonly slot: number;
      readonly pid: number;
      readonly status: string;
    };

/** A module's file, and in what state it was read: modification time, nanoseconds, and size, `TIME-SIZE`. */
export interface ImportedFile {
  readonly path: string;
  readonly stamp: string;
}
