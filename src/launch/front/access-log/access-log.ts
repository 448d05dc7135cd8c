/** The access log: which requests have a line, and how the lines get out. */
import { writeSync } from "node:fs";
import { Socket } from "node:net";
import type { LogSettings } from "../../../settings/log-settings.ts";
import { readEnviron } from "../../protocol/environ-map.ts";
import {
  AccessRecord,
  type Answered,
  CLIENT_LEFT,
  type LineMaker,
  Via,
} from "../exchange/access-record.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { TrustedProxies } from "../transport/trust.ts";
import { formattedLine } from "./access-format.ts";
import { jsonLine } from "./access-json.ts";
import { usualLine, withMemory } from "./access-line.ts";
import { WorkerMemory } from "./worker-memory.ts";

/** Lines are written together: after this many bytes, or this long. */
const FLUSH_BYTES = 16 * 1024;
const FLUSH_MS = 100;
/** When the log's reader does not keep up, lines beyond this are dropped and counted. */
const MAX_HELD_BYTES = 4 * 1024 * 1024;

/** At the front's end, how long a reader may take for the last lines, and how often it is tried. */
const END_MS = 2_000;
const END_EVERY_MS = 10;

/** What an access log is told once. */
export interface AccessLogOrder {
  /** Where the lines go. */
  readonly fd: number;
  /** It is a pipe of the front's own. */
  readonly piped: boolean;
  /** Whose X-Forwarded-For names the client; undefined: nobody's. */
  readonly forwarders: TrustedProxies | undefined;
  readonly settings: LogSettings;
  /** Requests may come with REMOTE_USER: from another server, or from a route. */
  readonly users: boolean;
  /** Every request has a line; else those have that `log-slow`, `log-4xx` and the like are about. */
  readonly all: boolean;
}

/** Undefined where no request is ever logged. */
export function accessLog(order: AccessLogOrder): AccessLog | undefined {
  return order.all || wanted(order.settings) !== undefined ? new AccessLog(order) : undefined;
}

/** Collects lines and writes them. */
export class AccessLog {
  readonly #fd: number;
  /** Makes the descriptor non-blocking, so that a master that is held up by a disk holds up no request. */
  readonly #pipe: Socket | undefined;
  readonly #forwarders: TrustedProxies | undefined;
  readonly #make: LineMaker;
  readonly #json: boolean;
  /** Undefined where all are logged. */
  readonly #wanted: ((record: AccessRecord) => boolean) | undefined;
  readonly #record = new AccessRecord();
  #lines = "";
  #timer: NodeJS.Timeout | undefined;
  #total = 0;
  #dropped = 0;

  constructor({ fd, piped, forwarders, settings, all, users }: AccessLogOrder) {
    this.#fd = fd;
    this.#pipe = piped ? new Socket({ fd, readable: false }) : undefined;
    this.#pipe?.unref();
    this.#forwarders = forwarders;
    this.#make = lineMaker(settings, users);
    this.#json = settings.json;
    this.#wanted = all ? undefined : wanted(settings);
  }

  /**
   * The address to log for a request.
   * @param address of the peer
   * @param environ as an Exchange gets it
   */
  clientOf(address: string, environ: Buffer): string {
    if (this.#forwarders === undefined) return address;
    const forwardedFor = readEnviron(environ).get("HTTP_X_FORWARDED_FOR");
    return forwardedFor === undefined ? address : this.#forwarders.clientOf(forwardedFor, address);
  }

  /** Logs a request whose answer is complete or broken off. */
  request(exchange: Exchange, answer: Answered): void {
    this.#log(exchange, answer, 0, 0);
  }

  /**
   * The client of a request has gone before it had the whole answer. As uWSGI's the line has the status of
   * the application's answer, so that is waited for, if a core has the request.
   * @param answer what there was of it; undefined: nothing
   */
  left(exchange: Exchange, answer: Answered | undefined): void {
    if (exchange.info === undefined) return;
    const { core } = exchange;
    if (answer !== undefined) this.#log(exchange, answer, 1, 0);
    else if (core === undefined || core.worker.id === 0)
      this.#log(exchange, nothingSent(CLIENT_LEFT, 0), 0, 1);
    else {
      const readErrors = exchange.bodyEnded ? 0 : 1;
      exchange.departed = (status, bytes) => {
        exchange.departed = undefined;
        exchange.core ??= core;
        this.#log(exchange, nothingSent(status, bytes), 1 - readErrors, readErrors);
      };
    }
  }

  /** Writes what is held, however long that takes, up to a bound. */
  async end(): Promise<void> {
    const until = performance.now() + END_MS;
    this.flush();
    while (this.#lines !== "" && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, END_EVERY_MS));
      this.flush();
    }
    this.#pipe?.destroy();
  }

  /** Writes what is held, as far as it is taken. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#dropped > 0) {
      this.#lines += this.#lossLine();
      this.#dropped = 0;
    }
    let bytes = Buffer.from(this.#lines, "latin1");
    this.#lines = "";
    try {
      while (bytes.length > 0) bytes = bytes.subarray(writeSync(this.#fd, bytes));
    } catch (error) {
      // A full pipe that does not block: keep the lines for the next time. Any other error: a full disk, or
      // nobody reads.
      if (isCode(error, "EAGAIN")) this.#lines = bytes.toString("latin1");
      else this.#dropped += countLines(bytes);
    }
    if (this.#lines !== "") this.#arm();
  }

  #log(exchange: Exchange, answer: Answered, writeErrors: number, readErrors: number): void {
    const { info } = exchange;
    if (info === undefined) return;
    const record = this.#record;
    record.fill(exchange, info, answer);
    record.total = ++this.#total;
    record.writeErrors = writeErrors;
    record.readErrors = readErrors;
    if (this.#wanted === undefined || this.#wanted(record)) this.#add(this.#make(record));
    record.clear();
  }

  #add(line: string): void {
    if (this.#lines.length + line.length > MAX_HELD_BYTES) {
      this.#dropped++;
      return;
    }
    this.#lines += line;
    if (this.#lines.length > FLUSH_BYTES) this.flush();
    else this.#arm();
  }

  #arm(): void {
    this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS);
  }

  #lossLine(): string {
    const message = `${this.#dropped} lines of the access log were dropped, its reader is too slow`;
    if (!this.#json) return `tsuwsgi: ${message}\n`;
    const time = new Date().toISOString();
    return `${JSON.stringify({ time, type: "server", level: "warning", message })}\n`;
  }
}

function lineMaker(settings: LogSettings, users: boolean): LineMaker {
  const { json, format, formatStrftime, date, micros, memoryReport } = settings;
  if (json) return jsonLine;
  const memory = new WorkerMemory();
  if (format !== undefined)
    return formattedLine(format, formatStrftime && date ? date : undefined, memory);
  const line = usualLine(micros, users);
  return memoryReport > 0 ? withMemory(line, memory, memoryReport) : line;
}

/** Whether a request is logged although not all are; undefined: none is. */
function wanted(settings: LogSettings): ((record: AccessRecord) => boolean) | undefined {
  const { zero, slow, status4xx, status5xx, big, sendfile, ioError } = settings;
  if (!(zero || slow > 0 || status4xx || status5xx || big > 0 || sendfile || ioError))
    return undefined;
  return ({ status, bodyBytes, elapsedMs, via, writeErrors, readErrors }) =>
    (zero && bodyBytes === 0) ||
    (slow > 0 && elapsedMs >= slow) ||
    (status4xx && status >= 400 && status <= 499) ||
    (status5xx && status >= 500 && status <= 599) ||
    (big > 0 && bodyBytes >= big) ||
    (sendfile && via === Via.sendfile) ||
    (ioError && writeErrors + readErrors > 0);
}

function nothingSent(status: number, bodyBytes: number): Answered {
  return { status, fields: 0, headBytes: 0, bodyBytes };
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count++;
  return count;
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
