/** The front's HTTP connection in this process: bytes in, and what the application and the client got. */
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { FrontContext } from "../../src/launch/front/clients/connection.ts";
import { HttpConnection } from "../../src/launch/front/clients/http.ts";
import { Dispatcher } from "../../src/launch/front/cores/dispatch.ts";
import { WorkerLimits } from "../../src/launch/front/cores/limits.ts";
import type { Exchange } from "../../src/launch/front/exchange/exchange.ts";
import { Timeouts } from "../../src/launch/front/transport/attended.ts";
import { Channel } from "../../src/launch/front/transport/channel.ts";
import { Memory } from "../../src/launch/front/transport/memory.ts";
import { TrustedProxies } from "../../src/launch/front/transport/trust.ts";
import { Flag, FRAME_HEADER } from "../../src/launch/protocol/frame.ts";
import { HeadParser } from "../../src/launch/protocol/http-head.ts";
import { HeadTails } from "../../src/launch/protocol/response.ts";
import { noLimits } from "../../src/settings/limit-settings.ts";
import { defaultTrust } from "../../src/settings/trust.ts";
import { lend } from "../helpers/delivery.ts";
import { framingOf, parseHead, takeBody } from "../helpers/http-response.ts";
import { unmarshal } from "../helpers/marshal.ts";

/** A request that the application got; what the connection itself adds to the environ is left out. */
export interface Seen {
  readonly environ: Record<string, string>;
  readonly body: string;
}

/** What came of a connection. */
export interface Outcome {
  readonly requests: Seen[];
  /** Of the answers to the client, in order, without 1xx. */
  readonly statuses: number[];
  /** How many 100 Continue. */
  readonly continues: number;
  /** The connection would take another request. */
  readonly open: boolean;
  /** All that the client got, Latin-1. */
  readonly sent: string;
}

/** When the application answers: at once, or after all bytes have come. */
export type Answers = "at once" | "late";

const HEAD = Buffer.from("200 OK\r\nContent-Length: 2\r\n");
const BODY = Buffer.from("ok");
const OF_THE_CONNECTION = ["REMOTE_ADDR", "REMOTE_PORT", "SERVER_PORT", "wsgi.url_scheme"];
const parser = new HeadParser();
const tails = new HeadTails(true);

/** Takes the place of cores and workers. */
class Application extends Dispatcher {
  readonly seen: Seen[] = [];
  readonly #answers: Answers;
  #waiting: Exchange[] = [];

  constructor(answers: Answers) {
    const events = {
      harakiri() {},
      overdue() {},
      signal() {},
      limited() {},
      starved() {},
      worn() {},
    };
    super(
      {
        moveUnsafe: true,
        harakiri: 0,
        harakiriGraceful: 0,
        harakiriQueue: 0,
        limits: new WorkerLimits(noLimits(), 0),
        greenlets: false,
      },
      events,
    );
    this.#answers = answers;
  }

  override submit(exchange: Exchange): void {
    this.seen.push(readFrame(exchange.frame));
    if (this.#answers === "late") this.#waiting.push(exchange);
    else answer(exchange);
  }

  /** Answers what waits, and what comes by that. */
  answerAll(): void {
    for (let one = this.#waiting.shift(); one; one = this.#waiting.shift()) answer(one);
  }
}

function answer(exchange: Exchange): void {
  if (!exchange.abandoned) exchange.waiting.answer(200, Flag.length, HEAD, BODY, true);
  exchange.finished();
}

function readFrame(frame: Buffer): Seen {
  if ((frame.readUInt8(5) & Flag.stream) !== 0) throw new Error("larger than these tests are for");
  const environ = unmarshal(frame.subarray(FRAME_HEADER));
  for (const name of OF_THE_CONNECTION) delete environ[name];
  return { environ, body: frame.toString("latin1", frame.length - frame.readUInt32LE(12)) };
}

const listener = {
  ...{ port: "80", local: false, timeouts: { ...Timeouts, answerMs: 0 } },
  ...{ autoGzip: false, expectLimit: 0, hostAsServerName: false },
};

/**
 * Hands bytes to a new connection, piece after piece.
 * @param ends the client says that it will send no more
 */
export function serve(
  pieces: readonly Buffer[],
  limits: { bufferSize: number; limitPost: number },
  answers: Answers = "at once",
  ends = false,
): Outcome {
  const application = new Application(answers);
  const context: FrontContext = {
    ...{ dispatcher: application, tails, log: undefined, intake: undefined },
    trusted: new TrustedProxies(defaultTrust),
    ...{
      connections: new Set(),
      memory: new Memory(),
      emptied() {},
      parting: false,
      draining: false,
      ...limits,
    },
  };
  const sent: Buffer[] = [];
  const socket = new Duplex({
    read() {},
    write(data, _encoding, done) {
      sent.push(data);
      done();
    },
  });
  Object.assign(socket, { remoteAddress: "192.0.2.1", remotePort: 1, setTimeout() {} });
  const channel = new Channel(socket as unknown as Socket);
  new HttpConnection(context, channel, listener, parser);
  lend(pieces, (piece) => channel.receive(piece));
  if (ends) socket.emit("end");
  application.answerAll();
  const open = !socket.writableEnded && !socket.destroyed;
  const bytes = Buffer.concat(sent);
  const { statuses, continues } = readAnswers(bytes, application.seen);
  return { requests: application.seen, statuses, continues, open, sent: bytes.toString("latin1") };
}

/** Reads the answers strictly; throws when they are not framed as the requests need it. */
function readAnswers(sent: Buffer, requests: readonly Seen[]) {
  const statuses: number[] = [];
  let continues = 0;
  for (let bytes = sent; bytes.length > 0; ) {
    const head = parseHead(bytes);
    if (head === undefined) throw new Error("half an answer's head");
    bytes = bytes.subarray(head.end);
    if (head.status === 100) {
      continues++;
      continue;
    }
    // A refused HEAD is no request that was seen; its answer is the last, and has no body.
    const method =
      requests[statuses.length]?.environ["REQUEST_METHOD"] ?? (bytes.length > 0 ? "GET" : "HEAD");
    const taken = takeBody(bytes, framingOf(head, method), true);
    if (taken === undefined) throw new Error("half an answer's body");
    bytes = bytes.subarray(taken.end);
    statuses.push(head.status);
  }
  return { statuses, continues };
}
