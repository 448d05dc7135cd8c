/** What the server is to do: the last stage of the configuration, and all that launch and generate see. */
import type { Address, ListenAddress } from "../options/address.ts";
import type { Place } from "../source.ts";
import type { BesideSettings } from "./beside-settings.ts";
import type { BodySettings } from "./body-settings.ts";
import type { CheaperSettings } from "./cheaper-settings.ts";
import type { ControlSettings, InstanceSettings } from "./control-settings.ts";
import type { EmperorSettings, VassalSettings } from "./emperor-settings.ts";
import type { EngineSetting } from "./engine.ts";
import type { HookSettings } from "./hooks/hook-settings.ts";
import type { HttpSettings } from "./http-settings.ts";
import type { LimitSettings } from "./limit-settings.ts";
import type { LogSettings } from "./log-settings.ts";
import type { MountSettings } from "./mount-settings.ts";
import type { NameSettings } from "./name-settings.ts";
import type { PrivilegeSettings } from "./privilege-settings.ts";
import type { PythonSettings } from "./python-settings.ts";
import type { ResourceSettings } from "./resource-settings.ts";
import type { RouteSettings } from "./routing/route-settings.ts";
import type { SocketOptions } from "./socket-settings.ts";
import type { StaticSettings } from "./static-settings.ts";
import type { SocketTls, TlsSettings } from "./tls-settings.ts";

/**
 * The protocol that a listening socket speaks. `http` and `https`, uWSGI's router, have options of their own;
 * `nph` (non-parsed header) answers with a status line of HTTP in place of CGI's `Status:`.
 */
export type SocketProtocol =
  | "http"
  | "http-socket"
  | "uwsgi"
  | "https"
  | "https-socket"
  | "http-to-https"
  | "fastcgi"
  | "fastcgi-nph"
  | "scgi"
  | "scgi-nph";

/** One listening socket. */
export interface SocketSetting {
  readonly protocol: SocketProtocol;
  readonly address: ListenAddress;
  /** The address as it was written, for messages, logs and stats. */
  readonly text: string;
  readonly place: Place;
  /** Of `https`, `https2` and `https-socket`. */
  readonly tls?: SocketTls;
  /** Of `http-to-https`: the port to send to, empty for https's own. */
  readonly redirectPort?: string;
}

/** Where the WSGI callable is: in a module, a file, or what Python code comes to. `path` is absolute. `callable` has uWSGI's default `application`. */
export type AppSetting =
  | { readonly kind: "module"; readonly module: string; readonly callable: string }
  | { readonly kind: "file"; readonly path: string; readonly callable: string }
  | { readonly kind: "eval"; readonly code: string; readonly callable: string };

/** Where log lines go other than standard error. `path` is absolute. */
export type LogTarget =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "udp"; readonly host: string; readonly port: number };

/**
 * Everything that tsuwsgi acts on, typed, with defaults applied, deeply frozen.
 * It is plain JSON: it travels to a daemonized master as such. All paths are absolute.
 */
export interface Settings {
  /** Working directory of the application; relative paths were resolved against it. */
  readonly chdir: string;
  /** Undefined when no application is configured. */
  readonly app: AppSetting | undefined;
  readonly master: boolean;
  readonly processes: number;
  readonly threads: number;
  /** What a worker's cores are; with one other than threads `threads` does not count. */
  readonly engine: EngineSetting;
  readonly sockets: readonly SocketSetting[];
  /** Permission bits for Unix sockets, e.g. 0o660; undefined leaves the umask's. */
  readonly chmodSocket: number | undefined;
  readonly socketOptions: SocketOptions;
  /** Listen backlog, connections. */
  readonly listen: number;
  /** Permission bits that new files and sockets do not get; undefined keeps the starter's. */
  readonly umask: number | undefined;
  readonly pidfile: string | undefined;
  readonly safePidfile: string | undefined;
  readonly vacuum: boolean;
  readonly daemonize: LogTarget | undefined;
  readonly logto: LogTarget | undefined;
  readonly disableLogging: boolean;
  /** Do not add a Server field to answers. */
  readonly noServerHeader: boolean;
  readonly stats: Address | undefined;
  /** Directory of the virtual environment. */
  readonly virtualenv: string | undefined;
  /** In the order given, the last first on sys.path; may have wildcards. */
  readonly pythonpath: readonly string[];
  readonly python: PythonSettings;
  readonly names: NameSettings;
  readonly env: readonly { readonly name: string; readonly value: string | undefined }[];
  /** Lines to write to the log before anything else. */
  readonly prints: readonly string[];
  /** Numeric user and group to drop to, already looked up. */
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  readonly privileges: PrivilegeSettings;
  readonly resources: ResourceSettings;
  readonly hooks: HookSettings;
  readonly lazyApps: boolean;
  /** A graceful reload replaces the workers only. */
  readonly lazy: boolean;
  readonly needApp: boolean;
  /** Seconds that one request may take; 0 is no limit. */
  readonly harakiri: number;
  /** Requests after which a worker is replaced; 0 is never. */
  readonly maxRequests: number;
  /** Seconds that requests in hand may take at a graceful stop. */
  readonly workerReloadMercy: number;
  /** Bytes that a request's head (line and header fields) may have. */
  readonly bufferSize: number;
  /** Bytes that a request's body may have; 0 is no limit. */
  readonly limitPost: number;
  readonly cheaper: Readonly<CheaperSettings>;
  readonly limits: Readonly<LimitSettings>;
  readonly control: Readonly<ControlSettings>;
  readonly instance: Readonly<InstanceSettings>;
  readonly emperor: EmperorSettings;
  readonly vassal: VassalSettings;
  readonly beside: BesideSettings;
  readonly bodies: BodySettings;
  readonly statics: StaticSettings;
  readonly http: HttpSettings;
  readonly log: LogSettings;
  readonly mounts: MountSettings;
  readonly routes: RouteSettings;
  readonly tls: TlsSettings;
  /** Unknown names and odd values are warned about instead of stopping the start. */
  readonly lenient: boolean;
  /** Print the configuration before the start, as uWSGI's `--show-config`. */
  readonly showConfig: boolean;
  /**
   * Where each setting was written, by the name of its field; defaults have no place. Elements of
   * `pythonpath`, `env`, `statics.maps` and the lists of `http` and `log` have one each (`statics.maps.0`), and so have
   * mounts (`mounts.0`) and the rules and pages of `routes` (`routes.request.0`, `routes.pages.0`); `app` is
   * where the module or file
   * was named and `callable` where the callable was, if on its own; sockets carry their places themselves.
   */
  readonly places: { readonly [field: string]: Place };
}
