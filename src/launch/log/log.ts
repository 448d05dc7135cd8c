/**
 * The log. Where nothing has to be done with lines, all processes write to one descriptor themselves.
 * Where lines are changed, chosen, sent or counted, or the file may be replaced while the server runs,
 * the children's output comes through pipes, and the master writes it (docs/architecture.md, Log).
 */
import { closeSync } from "node:fs";
import type { Readable } from "node:stream";
import { type LogSettings, noLog } from "../../settings/log-settings.ts";
import type { LogTarget } from "../../settings/settings.ts";
import { ownDescription } from "./descriptor-sink.ts";
import { FileSink } from "./file-sink.ts";
import { applicationLine, frontLine, type LogLevel, serverLine } from "./json-lines.ts";
import { lineFeed, logLine } from "./lines.ts";
import { openLogger, openTarget } from "./loggers.ts";
import type { Sink } from "./sink.ts";
import { makeStage, type OpenLogger, type Stage } from "./stage.ts";

/** Whose output it is: the front's own lines, those about requests, or what the application writes. */
export type LogSource = "front" | "requests" | "stdout" | "stderr";

/** What a child gets: a descriptor, or a pipe whose other end goes to `follow`. */
export type LogStdio = number | "pipe";

/** An open log. It never throws and never ends the process: a server outlives its log. */
export interface Log {
  /** Writes one line (or several) of the master, with the time. */
  readonly write: (text: string, level?: LogLevel) => void;
  /** What the front gets as standard output and error. */
  readonly childStdio: LogStdio;
  /** What the front gets for the lines about requests. */
  readonly requestStdio: LogStdio;
  /** What the application gets: it waits for a slow reader, where master and front must not. */
  readonly applicationStdio: LogStdio;
  /** Reads a child's output when it got a `pipe`. */
  readonly follow: (output: Readable, source: LogSource) => void;
  /** True when lines do not show on standard error. */
  readonly elsewhere: boolean;
  /** Begins a new file, the old one renamed (`log-maxsize` does the same). */
  readonly rotate: () => void;
  /** Opens all log files anew: they were moved away. */
  readonly reopen: () => void;
  /** The server reloads: with `log-reopen`, as `reopen`. */
  readonly reloaded: () => void;
  /** Waits until everything is written. */
  readonly close: () => Promise<void>;
}

/** What is to be opened. */
export interface LogOrder {
  /** Undefined is standard error. */
  readonly target: LogTarget | undefined;
  readonly settings: LogSettings;
  /** For `logfile-chown`. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  /** The interpreter, for what Node cannot do. */
  readonly python: string;
}

/** Of a line without an end, so many bytes are a line. */
const LONGEST_LINE_BYTES = 64 * 1024;
/** How often an application that has to wait for a slow reader is looked after. */
const CROWDED_EVERY_MS = 20;
/** How long the output of processes that have ended may take: others may hold the pipe. */
const LAST_OUTPUT_MS = 1_000;

/** A log on standard error, for whoever has not read a configuration yet. */
export function plainLog(target?: LogTarget): ServerLog {
  const settings = noLog();
  return new ServerLog({ target, settings, owner: undefined, python: "" });
}

/** The log of a server. */
export class ServerLog implements Log {
  readonly #order: LogOrder;
  #target: Sink;
  #sinks: Set<Sink>;
  #main: Stage;
  #requests: Stage | undefined;
  #elsewhere: boolean;
  #applicationFd: number | undefined;
  readonly #followed = new Set<Readable>();

  /** @throws the system's error when the target cannot be opened */
  constructor(order: LogOrder) {
    this.#order = order;
    this.#target = this.#open(order.target);
    this.#sinks = new Set([this.#target]);
    this.#main = this.#stage([], undefined);
    this.#elsewhere = order.target !== undefined;
  }

  /**
   * Opens what is opened after the rights were given up: `logto2` and the loggers.
   * @param failed is told what could not be opened, and throws
   */
  complete(failed: (error: unknown, field: string) => never): void {
    const { settings, python } = this.#order;
    const attempt = <T>(field: string, act: () => T): T => {
      try {
        return act();
      } catch (error) {
        return failed(error, field);
      }
    };
    if (settings.logto2 !== undefined) {
      const early = this.#target;
      this.#target = attempt("log.logto2", () => this.#open(settings.logto2));
      this.#elsewhere = true;
      void early.close();
      this.#sinks = new Set([this.#target]);
    }
    const open = (field: "loggers" | "requestLoggers"): OpenLogger[] =>
      settings[field].map(({ id, engine }, index) => {
        const context = { settings, python, target: this.#target };
        const sink = attempt(`log.${field}.${index}`, () => openLogger(engine, context));
        this.#sinks.add(sink);
        return { id, sink };
      });
    const loggers = open("loggers");
    const requestLoggers = open("requestLoggers");
    this.#elsewhere ||= loggers.some(({ id, sink }) => id === undefined && sink !== this.#target);
    this.#main = this.#stage(loggers, undefined);
    if (requestLoggers.length > 0 || settings.requestRoutes.length > 0)
      this.#requests = this.#stage(requestLoggers, loggers);
  }

  get elsewhere(): boolean {
    return this.#elsewhere;
  }

  get childStdio(): LogStdio {
    return this.#shared(this.#main) ?? "pipe";
  }

  get requestStdio(): LogStdio {
    return this.#shared(this.#requests ?? this.#main) ?? "pipe";
  }

  get applicationStdio(): LogStdio {
    const shared = this.#shared(this.#main);
    if (shared === undefined) return "pipe";
    this.#applicationFd ??= ownDescription(shared);
    return this.#applicationFd ?? shared;
  }

  write(text: string, level: LogLevel = "info"): void {
    const now = new Date();
    const { json, date } = this.#order.settings;
    if (json) {
      this.#main.write(serverLine(text, level, now));
    } else {
      // Lines of a text that has several are told apart only where that matters.
      const whole = Buffer.from(logLine(text, now, date));
      const { feed } = lineFeed(this.#main.write, this.#main.batches, LONGEST_LINE_BYTES);
      feed(whole);
    }
    for (const sink of this.#sinks) sink.flush();
  }

  follow(output: Readable, source: LogSource): void {
    const stage = (source === "requests" ? this.#requests : undefined) ?? this.#main;
    const { json } = this.#order.settings;
    const wrapped = json && source !== "requests";
    const take = wrapped ? (line: Buffer) => stage.write(wrap(line, source)) : stage.write;
    const lines = lineFeed(take, stage.batches && !wrapped, LONGEST_LINE_BYTES);
    const waits = source === "stdout" || source === "stderr";
    this.#followed.add(output);
    output.on("data", (data: Buffer) => {
      lines.feed(data);
      if (waits && stage.crowded()) hold(output, stage);
    });
    output.on("end", lines.end);
    output.on("error", () => {});
    output.on("close", () => this.#followed.delete(output));
  }

  rotate(): void {
    if (this.#replaceable("rotated", [this.#target])) this.#target.rotate();
  }

  reopen(): void {
    if (!this.#replaceable("opened anew", [...this.#sinks])) return;
    for (const sink of this.#sinks) sink.reopen();
  }

  reloaded(): void {
    if (this.#order.settings.reopen && [...this.#sinks].some(isFile)) this.reopen();
  }

  async close(): Promise<void> {
    await this.#lastOutput();
    await Promise.all([...this.#sinks].map((sink) => sink.close()));
    if (this.#applicationFd !== undefined) closeSync(this.#applicationFd);
  }

  #open(target: LogTarget | undefined): Sink {
    const { settings, owner } = this.#order;
    return openTarget(target, { ...settings, owner: settings.chown ? owner : undefined });
  }

  /** @param named what else the routes of requests may name; undefined: the stage of all lines */
  #stage(loggers: readonly OpenLogger[], named: readonly OpenLogger[] | undefined): Stage {
    const { settings } = this.#order;
    const rest = { loggers, otherwise: this.#target, named: [...(named ?? []), ...loggers] };
    if (named === undefined) return makeStage({ ...settings, ...rest });
    const { requestEncoders: encoders, requestRoutes: routes } = settings;
    return makeStage({ ...rest, encoders, routes, drains: [], filters: [] });
  }

  /** The descriptor to which children write themselves; undefined: they must not. */
  #shared(stage: Stage): number | undefined {
    const { replaceable, reopen, json } = this.#order.settings;
    return replaceable || reopen || json ? undefined : stage.shared;
  }

  /** Whether there is a file, and all that is written comes through here: nobody may go on with one that was moved. */
  #replaceable(what: string, sinks: readonly Sink[]): boolean {
    const through = this.childStdio === "pipe" && this.requestStdio === "pipe";
    const hasFile = sinks.some(isFile);
    const why = hasFile ? "other processes write to it themselves" : "it is no file";
    if (!through || !hasFile) this.write(`the log is not ${what}: ${why}`);
    return through && hasFile;
  }

  async #lastOutput(): Promise<void> {
    if (this.#followed.size === 0) return;
    const closed = [...this.#followed].map(
      (output) => new Promise<void>((resolve) => output.once("close", resolve)),
    );
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LAST_OUTPUT_MS);
    });
    await Promise.race([Promise.all(closed), late]);
    clearTimeout(timer);
    for (const output of this.#followed) output.destroy();
  }
}

function isFile(sink: Sink): boolean {
  return sink instanceof FileSink;
}

function wrap(line: Buffer, source: "front" | "stdout" | "stderr" | "requests"): Buffer {
  const now = new Date();
  return source === "stdout" || source === "stderr"
    ? applicationLine(line, source, now)
    : frontLine(line, now);
}

/** The application waits until the log's reader has taken something. */
function hold(output: Readable, stage: Stage): void {
  if (output.isPaused()) return;
  output.pause();
  const timer = setInterval(() => {
    if (stage.crowded() && !output.destroyed) return;
    clearInterval(timer);
    output.resume();
  }, CROWDED_EVERY_MS);
}
