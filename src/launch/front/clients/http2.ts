/** HTTP/2 connections (RFC 9113): what a session may cost, when it ends; its requests are in http2-stream.ts. */
import {
  constants,
  createServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { TLSSocket } from "node:tls";
import { marshalPair } from "../../protocol/environ.ts";
import type { HeadParser } from "../../protocol/http-head.ts";
import { type Attended, type ConnectionTimeouts, Timeouts } from "../transport/attended.ts";
import type { SecureVars } from "../transport/tls-client.ts";
import type { Peer } from "../transport/trust.ts";
import { Allowance } from "./allowance.ts";
import type { FrontContext } from "./connection.ts";
import { type HttpListener, knownVariables } from "./http.ts";
import { Http2Request } from "./http2-stream.ts";

/** Requests that a client may have under way at once: what RFC 9113 6.5.2 advises as the least. */
const CONCURRENT_STREAMS = 100;
/** Bytes of a request's body that a client may send before it hears that some were taken. */
const STREAM_WINDOW_BYTES = 256 * 1024;
/** Fields of one head; browsers send each cookie as a field of its own. */
const HEADER_FIELDS = 1024;
/** What each field of a head counts beside its bytes (RFC 9113 6.5.2). */
const FIELD_OVERHEAD_BYTES = 32;
/** Megabytes that one session may take for its own needs. */
const SESSION_MEMORY_MB = 10;
/** Frames that are wrong, and streams that are refused, before the session is ended. */
const INVALID_FRAMES = 100;
const REJECTED_STREAMS = 100;
const OUTSTANDING_PINGS = 10;
/** Streams that may be reset before they are answered, at once and each second (CVE-2023-44487, CVE-2025-8671). */
const RESETS = { burst: 200, perSecond: 33 } as const;
/** The same for PING and SETTINGS, each of which has to be answered (CVE-2019-9512, CVE-2019-9515). */
const CONTROL_FRAMES = { burst: 500, perSecond: 50 } as const;
/** Bytes of answers that may wait for one client, on all of its streams, before cores have to wait too. */
const SESSION_AHEAD_BYTES = 4 * 1024 * 1024;

const PROTOCOL = marshalPair("SERVER_PROTOCOL", "HTTP/2.0");

/** What the streams of a session have in common. */
export interface SessionFacts {
  readonly context: FrontContext;
  readonly parser: HeadParser;
  /** Variables that the connection knows, marshalled, and how many. */
  readonly known: Buffer;
  readonly knownCount: number;
  readonly listener: HttpListener;
  readonly peer: Peer;
  /** Too much waits for the client. */
  readonly behind: () => boolean;
}

/** Makes sessions of connections that have chosen HTTP/2. */
export class Http2Door {
  readonly #server: Http2Server;
  readonly #context: FrontContext;
  readonly #parser: HeadParser;

  constructor(context: FrontContext, parser: HeadParser) {
    this.#context = context;
    this.#parser = parser;
    this.#server = createServer({
      maxSessionMemory: SESSION_MEMORY_MB,
      maxHeaderListPairs: HEADER_FIELDS,
      maxOutstandingPings: OUTSTANDING_PINGS,
      maxSessionInvalidFrames: INVALID_FRAMES,
      maxSessionRejectedStreams: REJECTED_STREAMS,
      settings: {
        enablePush: false,
        maxConcurrentStreams: CONCURRENT_STREAMS,
        initialWindowSize: STREAM_WINDOW_BYTES,
        // Room for the answer 431 to a head that is a little too long; beyond that the stream is reset.
        maxHeaderListSize: 2 * context.bufferSize + HEADER_FIELDS * FIELD_OVERHEAD_BYTES,
      },
    });
    this.#server.on("sessionError", () => {}); // "close" follows
  }

  /** Takes over a connection. */
  open(socket: TLSSocket, listener: HttpListener, secure: SecureVars, peer: Peer): void {
    this.#server.once("session", (session) => {
      new Http2Session(this.#context, this.#parser, session, socket, listener, secure, peer);
    });
    // The documented way to give a server a connection; the session is made within the call.
    this.#server.emit("connection", socket);
  }
}

/** One connection. */
class Http2Session implements Attended {
  readonly #session: ServerHttp2Session;
  readonly #socket: TLSSocket;
  readonly #facts: SessionFacts;
  readonly #requests = new Set<Http2Request>();
  readonly #resets = new Allowance(RESETS.burst, RESETS.perSecond, Date.now());
  readonly #controls = new Allowance(CONTROL_FRAMES.burst, CONTROL_FRAMES.perSecond, Date.now());
  /** Date.now() at which the sweep ends it; 0: never. */
  #deadline = 0;
  readonly #timeouts: ConnectionTimeouts;
  #closing = false;
  readonly silent = false;

  constructor(
    context: FrontContext,
    parser: HeadParser,
    session: ServerHttp2Session,
    socket: TLSSocket,
    listener: HttpListener,
    secure: SecureVars,
    peer: Peer,
  ) {
    this.#session = session;
    this.#socket = socket;
    const known = Buffer.concat([knownVariables(peer), PROTOCOL, secure.marshalled]);
    parser.writer.reserve = Math.max(parser.writer.reserve, known.length);
    const knownCount = 3 + secure.count;
    const { timeouts } = listener;
    this.#timeouts = timeouts;
    this.#deadline = Date.now() + timeouts.headMs;
    const behind = () => context.memory.full || this.#pending() > SESSION_AHEAD_BYTES;
    this.#facts = { context, parser, known, knownCount, listener, peer, behind };
    context.connections.add(this);
    // Node's types do not know the last one: names and values in turn, as they came.
    const opened = (
      stream: ServerHttp2Stream,
      _headers: unknown,
      flags: number,
      rawHeaders: readonly string[],
    ) => this.#stream(stream, flags, rawHeaders);
    session.on("stream", opened);
    const control = () => this.#controls.take(Date.now()) || this.#calm();
    session.on("ping", control);
    session.on("remoteSettings", control);
    session.on("error", () => {}); // "close" follows
    socket.on("close", () => {
      context.connections.delete(this);
      session.destroy();
      if (context.connections.size === 0) context.emptied();
    });
  }

  sweep(now: number): void {
    for (const request of this.#requests) request.sweep(now);
    if (this.#deadline === 0 || now < this.#deadline) return;
    if (this.#closing) this.#session.destroy();
    else this.drain();
  }

  /** GOAWAY: no new streams; those that there are go on. */
  drain(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#arm();
    this.#session.close();
  }

  giveWay(): boolean {
    if (this.#requests.size > 0) return false;
    this.drain();
    return true;
  }

  #stream(stream: ServerHttp2Stream, flags: number, rawHeaders: readonly string[]): void {
    const request = new Http2Request(this.#facts, stream, (wasReset) => {
      this.#requests.delete(request);
      this.#arm();
      if (wasReset && !this.#resets.take(Date.now())) this.#calm();
    });
    this.#requests.add(request);
    this.#deadline = 0;
    request.begin(rawHeaders, (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0);
  }

  /** Nothing under way: it may stay for a while. */
  #arm(): void {
    if (this.#requests.size > 0) return;
    const patience = this.#closing ? Timeouts.lingerMs : this.#timeouts.idleMs;
    this.#deadline = Date.now() + patience;
  }

  /** Bytes that wait for the client. */
  #pending(): number {
    let bytes = this.#socket.writableLength;
    for (const request of this.#requests) bytes += request.pending;
    return bytes;
  }

  /** A client that only makes work is sent away. */
  #calm(): void {
    if (this.#session.destroyed) return;
    this.#session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }
}
