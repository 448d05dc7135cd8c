/** What the lines about a request are made of. */
import { readEnviron } from "../../protocol/environ-map.ts";
import type { Exchange, RequestInfo } from "./exchange.ts";

/** What was sent of an answer. */
export interface Answered {
  readonly status: number;
  readonly fields: number;
  /** Bytes. */
  readonly headBytes: number;
  readonly bodyBytes: number;
}

/** How an answer came about, as uWSGI marks it in its lines. */
export const Via = { application: 0, sendfile: 1 } as const;

/** The status of a request whose client left before it was answered: nginx's, since HTTP has none. */
export const CLIENT_LEFT = 499;

/** A line about a request, with its end; one character a byte. */
export type LineMaker = (record: AccessRecord) => string;

const NO_INFO: RequestInfo = {
  method: "",
  uri: "",
  protocol: "",
  remoteAddress: "",
  vars: 0,
  bytes: 0,
};

/** One request, for the maker of its line. There is one of these for all requests, filled anew for each. */
export class AccessRecord {
  info = NO_INFO;
  status = 0;
  fields = 0;
  headBytes = 0;
  bodyBytes = 0;
  /** From the dispatcher's taking it to the end of the answer, milliseconds with fractions. */
  elapsedMs = 0;
  /** Date.now() at its end. */
  endedAt = 0;
  /** Requests that were logged, with this one. */
  total = 0;
  pid = 0;
  /** Which worker had it, from 1; 0: none, the front or another server answered. */
  workerId = 0;
  core = 0;
  /** Requests of its worker, with this one. */
  workerRequests = 0;
  via: number = Via.application;
  /** The client went away during the answer, or during the request's body. */
  writeErrors = 0;
  readErrors = 0;
  #frame: Buffer | undefined;
  #vars: ReadonlyMap<string, string> | undefined;

  /** Takes what there is to know. */
  fill(exchange: Exchange, info: RequestInfo, answer: Answered): void {
    const { core } = exchange;
    this.info = info;
    this.status = answer.status;
    this.fields = answer.fields;
    this.headBytes = answer.headBytes;
    this.bodyBytes = answer.bodyBytes;
    this.endedAt = Date.now();
    this.elapsedMs =
      exchange.submittedAt === 0 ? 0 : Math.max(0, performance.now() - exchange.submittedAt);
    this.pid = core === undefined ? process.pid : core.worker.pid;
    this.workerId = core === undefined ? 0 : core.worker.id;
    this.core = core === undefined ? 0 : core.index;
    this.workerRequests =
      core === undefined ? 0 : exchange.serial === 0 ? core.worker.requests + 1 : exchange.serial;
    this.via = exchange.via;
    this.#frame = exchange.frame;
    this.#vars = undefined;
  }

  /** Lets go of the request. */
  clear(): void {
    this.#frame = undefined;
    this.#vars = undefined;
    this.info = NO_INFO;
  }

  /** Date.now() at its beginning. */
  get startedAt(): number {
    return this.endedAt - this.elapsedMs;
  }

  /** REMOTE_USER, or nothing; looked for in the bytes first, because there hardly ever is one. */
  get user(): string {
    const named = this.#frame?.includes("REMOTE_USER") === true;
    return named ? (this.variable("REMOTE_USER") ?? "").replace(/[\n\r]/g, " ") : "";
  }

  /** A variable of its environ, as it came to the application; undefined when there is none. */
  variable(name: string): string | undefined {
    if (this.#frame === undefined) return undefined;
    this.#vars ??= readEnviron(this.#frame);
    return this.#vars.get(name);
  }
}
