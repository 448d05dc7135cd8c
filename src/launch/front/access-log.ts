/** The access log: one line a request, in uWSGI's own format. */
import { writeSync } from "node:fs";
import { readEnviron } from "../protocol/environ-map.ts";
import type { Exchange } from "./exchange.ts";
import type { TrustedProxies } from "./trust.ts";

/** Lines are written together: after this many bytes, or this long. */
const FLUSH_BYTES = 16 * 1024;
const FLUSH_MS = 100;
/** When the log's reader does not keep up, lines beyond this are dropped and counted. */
const MAX_HELD_BYTES = 4 * 1024 * 1024;

/** Which core answered a request. */
interface Served {
  readonly pid: number;
  readonly workerRequests: number;
  readonly core: number;
}

/** What was sent of an answer. */
export interface Answered {
  readonly status: number;
  readonly fields: number;
  /** Bytes. */
  readonly headBytes: number;
  readonly bodyBytes: number;
}

/** Collects lines and writes them to standard error. */
export class AccessLog {
  readonly #fd: number;
  readonly #forwarders: TrustedProxies | undefined;
  #lines = "";
  #timer: NodeJS.Timeout | undefined;
  #total = 0;
  #dropped = 0;
  #second = 0;
  #date = "";

  /**
   * @param fd where the lines go
   * @param forwarders whose X-Forwarded-For names the client; undefined: nobody's
   */
  constructor(fd: number, forwarders?: TrustedProxies) {
    this.#fd = fd;
    this.#forwarders = forwarders;
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
    const { info, core } = exchange;
    if (info === undefined) return;
    const served: Served = core
      ? {
          pid: core.worker.pid,
          workerRequests: exchange.serial || core.worker.requests + 1,
          core: core.index,
        }
      : { pid: process.pid, workerRequests: 0, core: 0 };
    this.#total++;
    const milliseconds =
      exchange.submittedAt === 0 ? 0 : Math.round(performance.now() - exchange.submittedAt);
    this.#add(
      `[pid: ${served.pid}|app: 0|req: ${served.workerRequests}/${this.#total}] ${info.remoteAddress} () ` +
        `{${info.vars} vars in ${info.bytes} bytes} [${this.#now()}] ${info.method} ${info.uri} => ` +
        `generated ${answer.bodyBytes} bytes in ${milliseconds} msecs (${info.protocol} ${answer.status}) ` +
        `${answer.fields} headers in ${answer.headBytes} bytes (1 switches on core ${served.core})\n`,
    );
  }

  /** Writes what is held. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#dropped > 0) {
      this.#lines += `tsuwsgi: ${this.#dropped} lines of the access log were dropped, its reader is too slow\n`;
      this.#dropped = 0;
    }
    let bytes = Buffer.from(this.#lines, "latin1");
    this.#lines = "";
    try {
      while (bytes.length > 0) bytes = bytes.subarray(writeSync(this.#fd, bytes));
    } catch (error) {
      // A full pipe that does not block: keep the lines for the next time. Any other error: nobody reads.
      if (isCode(error, "EAGAIN")) this.#lines = bytes.toString("latin1");
    }
    if (this.#lines !== "") this.#arm();
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

  /** The time as ctime(3) writes it, made once a second. */
  #now(): string {
    const now = Date.now();
    const second = Math.floor(now / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#date = ctime(new Date(now));
    }
    return this.#date;
  }
}

/** Local time in the format of ctime(3), without its newline. */
function ctime(date: Date): string {
  const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
  const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
  const two = (n: number) => String(n).padStart(2, "0");
  const day = String(date.getDate()).padStart(2, " ");
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${days[date.getDay()]} ${months[date.getMonth()]} ${day} ${time} ${date.getFullYear()}`;
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
