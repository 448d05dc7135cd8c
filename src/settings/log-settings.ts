/** Settings of the log: where lines go, which, and in what form. */

import type { RoutePattern } from "./routing/route-settings.ts";
import type { LogTarget } from "./settings.ts";

/** What `logger` and `req-logger` name: something that takes lines. */
export type LogEngine =
  /** Lines are appended. Rotated when it has more than `maxSize` bytes; 0: never. */
  | {
      readonly kind: "file";
      readonly path: string;
      readonly maxSize: number;
      readonly backupName: string | undefined;
    }
  /** A descriptor that the server was started with. */
  | { readonly kind: "fd"; readonly fd: number }
  /** Where lines would go without loggers. */
  | { readonly kind: "stdio" }
  /** A datagram a line, over UDP or to a Unix socket, with a text in front. */
  | { readonly kind: "socket"; readonly to: DatagramAddress; readonly prefix: string }
  /** The system's log, with the number of a facility. */
  | { readonly kind: "syslog"; readonly name: string; readonly facility: number }
  /** A log server that understands RFC 3164; name undefined is the host's and `uwsgi`. */
  | {
      readonly kind: "rsyslog";
      readonly to: DatagramAddress;
      readonly name: string | undefined;
      readonly priority: number;
    }
  /** The standard input of a shell command. */
  | { readonly kind: "pipe"; readonly command: string }
  /** systemd's journal. */
  | { readonly kind: "systemd" };

/** Where datagrams go. `path` is absolute. */
export type DatagramAddress =
  | { readonly kind: "udp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

/** One `logger`. With an id it gets only what a route sends to it. */
export interface LoggerSetting {
  readonly id: string | undefined;
  readonly engine: LogEngine;
}

/** One `log-encoder`. With an id only for the logger of that name. */
export interface EncoderSetting {
  readonly id: string | undefined;
  readonly kind: (typeof encoderKinds)[number];
  /** What stands behind the name. */
  readonly text: string;
}

/** uWSGI's own encoders. */
export const encoderKinds = [
  "prefix",
  "suffix",
  "nl",
  "format",
  "json",
  "gzip",
  "compress",
] as const;

/** One `log-route`: the lines that match go to the loggers of that name. */
export interface LogRouteSetting {
  readonly id: string;
  readonly pattern: RoutePattern;
}

/** What the options of the log say. */
export interface LogSettings {
  /** Opened after the rights were given up, in place of `logto`. */
  readonly logto2: LogTarget | undefined;
  readonly loggers: readonly LoggerSetting[];
  readonly requestLoggers: readonly LoggerSetting[];
  readonly routes: readonly LogRouteSetting[];
  readonly requestRoutes: readonly LogRouteSetting[];
  /** Lines that match one are dropped. */
  readonly drains: readonly RoutePattern[];
  /** If there are any, lines that match none are dropped. */
  readonly filters: readonly RoutePattern[];
  readonly encoders: readonly EncoderSetting[];
  readonly requestEncoders: readonly EncoderSetting[];
  /** Bytes of a datagram of `rsyslog`. */
  readonly rsyslogPacketSize: number;
  readonly rsyslogSplit: boolean;
  /** What our own lines begin with: undefined ISO 8601, "" ctime(3), else a format of strftime(3). */
  readonly date: string | undefined;
  /** One JSON object a line, for everything. */
  readonly json: boolean;
  readonly truncate: boolean;
  /** Open the files anew at a reload. */
  readonly reopen: boolean;
  /** They may be rotated or opened anew at any time, on demand. */
  readonly replaceable: boolean;
  /** Bytes after which the file of `logto` or `daemonize` is renamed and begun anew; 0: never. */
  readonly maxSize: number;
  /** What it is renamed to; undefined is its name and the time. */
  readonly backupName: string | undefined;
  /** The file belongs to `uid` and `gid`. */
  readonly chown: boolean;
  /** Permission bits of the file. */
  readonly chmod: number | undefined;
  /** `log-format`; undefined is uWSGI's own line. */
  readonly format: string | undefined;
  /** `%(ftime)` is in the format of `log-date`. */
  readonly formatStrftime: boolean;
  readonly micros: boolean;
  /** Lines begin with the memory of the worker: 0 no, 1 address space and resident, 2 also unique and proportional. */
  readonly memoryReport: number;
  /** With `disable-logging` the requests are logged that any of the following is true of. */
  readonly zero: boolean;
  /** Milliseconds; 0: off. */
  readonly slow: number;
  readonly status4xx: boolean;
  readonly status5xx: boolean;
  /** Bytes of the answer's body; 0: off. */
  readonly big: number;
  readonly sendfile: boolean;
  readonly ioError: boolean;
}

/** Of these a reload takes what the configuration says now; the rest was opened, or agreed on, at the start. */
const reloadable = [
  ...(["format", "formatStrftime", "micros", "memoryReport"] as const),
  ...(["zero", "slow", "status4xx", "status5xx", "big", "sendfile", "ioError"] as const),
];

/**
 * The log's settings after a reload.
 * @returns also the names of the fields that would need a new start to be as they are in `next`
 */
export function reloadedLog(
  present: LogSettings,
  next: LogSettings,
): { log: LogSettings; kept: readonly string[] } {
  const taken = Object.fromEntries(reloadable.map((field) => [field, next[field]]));
  const log = { ...present, ...taken };
  const text = (settings: LogSettings) =>
    new Map(Object.entries(settings).map(([field, value]) => [field, JSON.stringify(value)]));
  const [wanted, got] = [text(next), text(log)];
  const fields = new Set([...wanted.keys(), ...got.keys()]);
  return { log, kept: [...fields].filter((field) => wanted.get(field) !== got.get(field)) };
}

type Lists =
  | "loggers"
  | "requestLoggers"
  | "routes"
  | "requestRoutes"
  | "drains"
  | "filters"
  | "encoders"
  | "requestEncoders";

/** Settings of the log while they are made. */
export type LogDraft = {
  -readonly [K in Exclude<keyof LogSettings, Lists>]: LogSettings[K];
} & {
  [K in Lists]: LogSettings[K][number][];
};

/** uWSGI's defaults. */
export function noLog(): LogDraft {
  return {
    logto2: undefined,
    loggers: [],
    requestLoggers: [],
    routes: [],
    requestRoutes: [],
    drains: [],
    filters: [],
    encoders: [],
    requestEncoders: [],
    rsyslogPacketSize: 1024,
    rsyslogSplit: false,
    date: undefined,
    json: false,
    truncate: false,
    reopen: false,
    replaceable: false,
    maxSize: 0,
    backupName: undefined,
    chown: false,
    chmod: undefined,
    format: undefined,
    formatStrftime: false,
    micros: false,
    memoryReport: 0,
    zero: false,
    slow: 0,
    status4xx: false,
    status5xx: false,
    big: 0,
    sendfile: false,
    ioError: false,
  };
}

/** Paths of loggers are relative to `chdir`, because uWSGI opens them there. */
export function finishLog(draft: LogDraft, inChdir: (path: string) => string): LogSettings {
  const absolute = (logger: LoggerSetting): LoggerSetting => ({
    ...logger,
    engine: absoluteEngine(logger.engine, inChdir),
  });
  return {
    ...draft,
    loggers: draft.loggers.map(absolute),
    requestLoggers: draft.requestLoggers.map(absolute),
  };
}

function absoluteEngine(engine: LogEngine, inChdir: (path: string) => string): LogEngine {
  switch (engine.kind) {
    case "file": {
      const { backupName } = engine;
      const backup = backupName === undefined ? undefined : inChdir(backupName);
      return { ...engine, path: inChdir(engine.path), backupName: backup };
    }
    case "socket":
    case "rsyslog":
      return engine.to.kind === "unix"
        ? { ...engine, to: { kind: "unix", path: inChdir(engine.to.path) } }
        : engine;
    default:
      return engine;
  }
}
