/**
 * A paced load of keep-alive clients, each of which can tell whether an answer is the one to its own request.
 * The application (test/apps/faults.py) answers `METHOD target`, a line end, and the body that it got.
 */
import { randomBytes } from "node:crypto";
import { EndedEarly, formatRequest, HttpConnection, type HttpResponse } from "../helpers/http.ts";
import type { Target } from "../helpers/target.ts";
import { waitMs, within } from "../helpers/until.ts";
import { Counter, noConnection, type Outcome, type Tally } from "./tally.ts";

/** What one client asks for, again and again. */
export interface ClientKind {
  readonly clients: number;
  /** Requests a second of each client, as long as the answers come as fast. */
  readonly perSecond: number;
  readonly path: string;
  /** Bytes of a body; GET without. */
  readonly body?: number;
  /** Milliseconds between the halves of the request's body; at once if absent. */
  readonly pauseMs?: number;
}

/** About 250 requests a second by 9 clients. */
export const usualLoad: readonly ClientKind[] = [
  { clients: 5, perSecond: 38, path: "/get" },
  { clients: 2, perSecond: 25, path: "/post", body: 3_000 },
  { clients: 1, perSecond: 5, path: "/sleep" },
  { clients: 1, perSecond: 8, path: "/upload", body: 40_000, pauseMs: 40 },
];

/** A load that is on. */
export interface Load {
  readonly tally: Tally;
  readonly clients: number;
  /** One request more, on a connection of its own. */
  readonly ask: (path: string) => Promise<Outcome>;
  /** Requests that were sent and not answered yet, by the number of their sending. */
  readonly inFlight: ReadonlySet<number>;
  /** Right answers in a row until now, and when the first of them came (performance.now()). */
  readonly row: () => { readonly answers: number; readonly sinceMs: number };
  /** Only answers from now on count for the row. */
  readonly breakRow: () => void;
  /** No more requests; waits for the answers. */
  readonly stop: () => Promise<Tally>;
}

/** A client whose connection was refused asks again after so long, milliseconds. */
const refusedPauseMs = 20;

/**
 * Begins to ask.
 * @param patienceMs how long each client waits for an answer
 */
export function startLoad(
  target: Target,
  kinds: readonly ClientKind[] = usualLoad,
  patienceMs = waitMs,
): Load {
  const counter = new Counter();
  const inFlight = new Set<number>();
  let stopped = false;
  const tell = async (kind: ClientKind, line: Line): Promise<Outcome> => {
    const number = ++counter.sent;
    inFlight.add(number);
    const outcome = await line.ask(kind);
    inFlight.delete(number);
    counter.note(outcome, performance.now());
    return outcome;
  };
  const client = async (kind: ClientKind) => {
    const line = new Line(target, patienceMs, () => counter.raced++);
    const everyMs = 1000 / kind.perSecond;
    // Not all at once.
    let due = performance.now() + Math.random() * everyMs;
    for (;;) {
      await sleep(due - performance.now());
      if (stopped) break;
      const { is } = await tell(kind, line);
      due = Math.max(due + everyMs, performance.now() + (is === "lost" ? refusedPauseMs : 0));
    }
    line.hangUp();
  };
  const runs = kinds.flatMap((kind) => Array.from({ length: kind.clients }, () => client(kind)));
  return {
    tally: counter,
    clients: runs.length,
    inFlight,
    ask: async (path) => {
      const line = new Line(target, patienceMs, () => {});
      const outcome = await tell({ clients: 1, perSecond: 1, path }, line);
      line.hangUp();
      return outcome;
    },
    row: () => counter.row,
    breakRow: () => counter.breakRow(),
    stop: async () => {
      stopped = true;
      await Promise.all(runs);
      return counter;
    },
  };
}

/** One client's connection, opened anew when need be. */
class Line {
  readonly #target: Target;
  readonly #patienceMs: number;
  readonly #raced: () => void;
  #connection: HttpConnection | undefined;

  constructor(target: Target, patienceMs: number, raced: () => void) {
    this.#target = target;
    this.#patienceMs = patienceMs;
    this.#raced = raced;
  }

  /** Sends one request and judges what comes. */
  async ask(kind: ClientKind): Promise<Outcome> {
    if (this.#connection?.ended) {
      this.#raced();
      this.hangUp();
    }
    try {
      this.#connection ??= await HttpConnection.open(this.#target);
    } catch (error) {
      return { is: "lost", why: `${noConnection}: ${codeOf(error)}` };
    }
    const connection = this.#connection;
    const outcome = await exchange(connection, kind, this.#patienceMs);
    if (outcome.is === "lost" || outcome.is === "wrong" || outcome.closes) this.hangUp();
    return outcome;
  }

  hangUp(): void {
    this.#connection?.destroy();
    this.#connection = undefined;
  }
}

type Exchanged = Outcome & { readonly closes?: boolean };

async function exchange(
  connection: HttpConnection,
  kind: ClientKind,
  patienceMs: number,
): Promise<Exchanged> {
  const method = kind.body === undefined ? "GET" : "POST";
  const path = `${kind.path}?${randomBytes(9).toString("hex")}`;
  const body = Buffer.alloc(kind.body ?? 0, `${path} `);
  const request = formatRequest({ method, path, ...(kind.body === undefined ? {} : { body }) });
  const half = kind.pauseMs === undefined ? request.length : request.length >> 1;
  try {
    connection.send(request.subarray(0, half));
    if (kind.pauseMs !== undefined) {
      await sleep(kind.pauseMs);
      connection.send(request.subarray(half));
    }
    const response = await within("an answer", connection.read(method), patienceMs);
    const expected = Buffer.concat([Buffer.from(`${method} ${path}\n`), body]);
    const closes = response.header("connection")?.toLowerCase() === "close";
    return { ...judge(response, expected, connection.pending.length), closes };
  } catch (error) {
    return failed(error, connection.pending.length, patienceMs);
  }
}

function judge(response: HttpResponse, expected: Buffer, surplus: number): Outcome {
  const { status, body } = response;
  if (surplus > 0) return { is: "wrong", why: `${surplus} bytes more than the answer` };
  if ([500, 502, 503, 504].includes(status)) return { is: "honest", status };
  if (status === 200 && body.equals(expected)) return { is: "right" };
  const [got, wanted] = [body, expected].map((bytes) => bytes.toString("latin1", 0, 60));
  return { is: "wrong", why: `${status} ${JSON.stringify(got)}, not ${JSON.stringify(wanted)}` };
}

function failed(error: unknown, bytes: number, patienceMs: number): Outcome {
  const text = error instanceof Error ? error.message : String(error);
  if (error instanceof EndedEarly) {
    const how = error.cause === undefined ? "closed" : codeOf(error.cause);
    return { is: "lost", why: bytes > 0 ? `${how} in the answer` : `${how} without an answer` };
  }
  if (text.includes("in vain")) return { is: "lost", why: `no answer in ${patienceMs / 1000} s` };
  return { is: "wrong", why: text };
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

/** After the pause all that has come meanwhile is read, so that an end of the connection is known. */
function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) =>
    setTimeout(() => setImmediate(resolve), Math.max(0, milliseconds)),
  );
}
