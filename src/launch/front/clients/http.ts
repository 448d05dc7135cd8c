/** An HTTP/1.x connection: requests one after the other, each with its body, each answered in turn. */
import { ChunkedDecoder } from "../../protocol/chunked.ts";
import { decodePath, marshalPair, marshalText } from "../../protocol/environ.ts";
import { readEnviron } from "../../protocol/environ-map.ts";
import { findHeadEnd } from "../../protocol/head-bytes.ts";
import type { HeadParser } from "../../protocol/http-head.ts";
import { Persistence } from "../../protocol/response.ts";
import { Exchange, isSafe, type RequestInfo } from "../exchange/exchange.ts";
import { GzipAnswer } from "../exchange/gzip-answer.ts";
import type { Waiting } from "../exchange/waiting.ts";
import type { ConnectionTimeouts } from "../transport/attended.ts";
import type { Channel } from "../transport/channel.ts";
import { keepBytes } from "../transport/slab.ts";
import type { SecureVars } from "../transport/tls-client.ts";
import type { Peer, ServerEnd } from "../transport/trust.ts";
import { Connection, type FrontContext } from "./connection.ts";

/** Bytes of a next request that may come in before the last one is answered. */
const PIPELINE_BYTES = 64 * 1024;
const CONTINUE = Buffer.from("HTTP/1.1 100 Continue\r\n\r\n");
const CR = 0x0d;
const LF = 0x0a;

const KEY_SERVER_NAME = marshalText("SERVER_NAME");

/** What an HTTP listener has in common for its connections. */
export interface HttpListener extends ServerEnd {
  readonly timeouts: ConnectionTimeouts;
  /** Compress the answers of which the application wants it. */
  readonly autoGzip: boolean;
  /** Bytes of a body that is announced with `Expect: 100-continue`; 0 is no limit. */
  readonly expectLimit: number;
  /** SERVER_NAME is what the request's Host says. */
  readonly hostAsServerName: boolean;
  /** Of a connection that came over TLS. */
  readonly secure?: SecureVars;
}

/** One connection. Its states: reading a head, reading a body, waiting for the answer. */
export class HttpConnection extends Connection {
  readonly #listener: HttpListener;
  readonly #parser: HeadParser;
  readonly #known: Buffer;
  readonly #knownCount: number;
  readonly #remoteAddress: string;
  /** The peer is a trusted proxy, so what it forwards is believed. */
  readonly #trusted: boolean;
  #rest: Buffer | undefined;
  #state: "head" | "body" | "wait" = "head";
  #headSince = 0;
  /** Bytes of #rest that have no end of a head. */
  #headSeen = 0;
  #decoder: ChunkedDecoder | undefined;
  #bodyLeft = 0;
  #bodySeen = 0;
  #advancing = false;

  /** @param peer who is at the other end, where a PROXY header has said it */
  constructor(
    context: FrontContext,
    channel: Channel,
    listener: HttpListener,
    parser: HeadParser,
    peer = context.trusted.peerOf(channel.socket, listener),
  ) {
    super(context, channel, listener.timeouts);
    this.#listener = listener;
    this.#parser = parser;
    this.#remoteAddress = peer.address;
    this.#trusted = peer.trusted;
    const { secure } = listener;
    const known = knownVariables(peer);
    this.#known = keepBytes(secure ? Buffer.concat([known, secure.marshalled]) : known);
    this.#knownCount = 3 + (secure?.count ?? 0);
    parser.writer.reserve = Math.max(parser.writer.reserve, this.#known.length);
    this.deadline = Date.now() + this.timeouts.headMs;
  }

  override answer(
    status: number,
    flags: number,
    head: Buffer,
    body: Buffer,
    complete: boolean,
  ): void {
    // Before the end of the request's body: what is left of it will not be read.
    if (this.#state === "body") this.writer.mustClose = true;
    super.answer(status, flags, head, body, complete);
    if (!complete) this.#waitForMore();
  }

  override data(flags: number, part: Buffer, complete: boolean, kept = false): void {
    super.data(flags, part, complete, kept);
    if (!complete) this.#waitForMore();
  }

  protected override own(status: number, fields = ""): void {
    // As above: or what is left of the body would be read as the next request.
    if (this.#state === "body") this.writer.mustClose = true;
    super.own(status, fields);
  }

  /** Goes on with requests that were held back until the answers before them were taken. */
  protected override drained(): void {
    if (this.#rest === undefined || this.#state !== "head" || this.closing) return;
    this.socket.resume();
    this.#advance();
  }

  protected received(data: Buffer): void {
    if (this.#rest === undefined) {
      this.#rest = data;
      this.#advance();
      if (this.#rest !== undefined) this.#rest = Buffer.from(this.#rest); // it was only lent
    } else {
      this.#rest = Buffer.concat([this.#rest, data]);
      this.#advance();
    }
  }

  protected halfClosed(): void {
    if (this.#state === "wait") return; // the answer still goes out: answered() closes then
    if (this.#state === "body") this.socket.destroy();
    else this.close();
  }

  drain(): void {
    // Nothing of the client's is unread, so there is no reset and no need to wait for it.
    if (this.#state === "head" && this.#rest === undefined) this.socket.destroySoon();
  }

  protected idleDeadline(): number {
    if (this.#state === "wait") return this.#answerDeadline();
    const { timeouts } = this;
    if (this.#state === "body") return this.bodyPaused ? 0 : Date.now() + timeouts.bodyMs;
    return Date.now() + (this.#rest === undefined ? timeouts.idleMs : timeouts.headMs);
  }

  protected timedOut(): void {
    if (this.#state === "head" && this.#rest === undefined) this.close();
    else if (this.#state === "wait") this.#answerIsLate();
    else this.#refuse(408);
  }

  /** When the application has been silent for too long; 0 where that is not bounded. */
  #answerDeadline(): number {
    const { answerMs } = this.timeouts;
    return answerMs > 0 ? Date.now() + answerMs : 0;
  }

  /** A part of the answer is out: the application has its time anew. */
  #waitForMore(): void {
    if (this.timeouts.answerMs > 0 && this.#state === "wait")
      this.deadline = this.#answerDeadline();
  }

  #answerIsLate(): void {
    // It is the client that is slow: then the core waits for it, and it has a deadline of its own.
    if (this.channel.pending > 0) {
      this.deadline = this.#answerDeadline();
      return;
    }
    this.writer.mustClose = true;
    this.exchange?.abandon();
    this.fail(504);
  }

  /** Goes through what has been received, as far as it goes. */
  #advance(): void {
    if (this.#advancing) return; // an answer that was there at once: the loop below goes on
    this.#advancing = true;
    while (this.#rest !== undefined && !this.closing && !this.socket.destroyed) {
      // A client that sends requests without taking the answers is not to fill the memory.
      if (this.#state === "wait" || (this.#state === "head" && this.writer.crowded)) {
        if (this.#rest.length > PIPELINE_BYTES) this.socket.pause();
        break;
      }
      if (!(this.#state === "head" ? this.#readHead(this.#rest) : this.#readBody(this.#rest)))
        break;
    }
    this.#advancing = false;
    // The client has said all, and that was half of a request.
    if (this.ended && !this.closing && this.#state !== "wait" && !this.writer.crowded) {
      this.halfClosed();
    }
  }

  /** Keeps what is behind `at`. */
  #keep(data: Buffer, at: number): void {
    this.#rest = at < data.length ? data.subarray(at) : undefined;
  }

  /** Reads a head; false when more bytes are needed. */
  #readHead(data: Buffer): boolean {
    let start = 0;
    // Empty lines before a request are left over from a sloppy client (RFC 9112 2.2).
    while (data[start] === CR && data[start + 1] === LF) start += 2;
    if (start === data.length) {
      this.#rest = undefined;
      this.#headSeen = 0;
      return false;
    }
    const { bufferSize } = this.context;
    const end = findHeadEnd(data, start, bufferSize, this.#headSeen);
    if (end === -1) return this.#refuse(400);
    if ((end === 0 ? data.length : end) - start > bufferSize) {
      const line = data.indexOf(LF, start);
      return this.#refuse(line < 0 || line - start > bufferSize ? 414 : 431);
    }
    if (end === 0) {
      if (this.#headSince === 0) {
        this.#headSince = Date.now();
        this.deadline = this.#headSince + this.timeouts.headMs;
      }
      if (start > 0) this.#rest = data.subarray(start);
      this.#headSeen = data.length - start;
      return false;
    }
    this.#headSince = 0;
    this.#headSeen = 0;
    this.deadline = 0;
    const parser = this.#parser;
    const problem = parser.parse(data, start, end);
    if (problem !== 0) return this.#refuse(problem, parser.method === "HEAD");
    this.#keep(data, parser.end);
    return this.#begin(data, parser.end - start);
  }

  /** A head is complete: the environ is in the parser's writer. */
  #begin(data: Buffer, headBytes: number): boolean {
    const { context } = this;
    const parser = this.#parser;
    const { writer, method } = parser;
    writer.raw(this.#known);
    if (parser.forwardedHttps && this.#trusted) parser.writeHttpsScheme();
    const keep = parser.keepAlive && !context.parting;
    this.writer.begin(
      keep ? (parser.http10 ? Persistence.keepAlive : Persistence.implied) : Persistence.close,
      method === "HEAD",
      !parser.http10,
    );
    const isHead = method === "HEAD";
    if (context.limitPost > 0 && parser.contentLength > context.limitPost)
      return this.#refuse(413, isHead);
    const { expectLimit, autoGzip, hostAsServerName } = this.#listener;
    if (parser.expectContinue && expectLimit > 0 && parser.contentLength > expectLimit)
      return this.#refuse(413, isHead);
    const hasBody = parser.chunked || parser.contentLength > 0;
    if (hostAsServerName) nameServer(parser);
    if (!hasBody) writer.end();
    const environ = writer.frame();
    const waiting: Waiting =
      autoGzip && !parser.http10 ? new GzipAnswer(this, environ, method === "HEAD") : this;
    const exchange = new Exchange(
      context.dispatcher,
      waiting,
      environ,
      isSafe(method),
      !hasBody,
      context.log === undefined ? undefined : this.#describe(data, headBytes, environ),
    );
    this.exchange = exchange;
    this.#state = hasBody ? "body" : "wait";
    this.deadline = this.#answerDeadline();
    if (context.intake !== undefined) {
      const path = decodePath(data, parser.pathStart, parser.pathEnd);
      context.intake.consider({ method, path, exchange, sink: this.channel });
      if (exchange.answered) return true;
    }
    if (hasBody) this.#expectBody();
    else exchange.submit();
    return true;
  }

  #describe(data: Buffer, headBytes: number, environ: Buffer): RequestInfo {
    const parser = this.#parser;
    const address = this.#remoteAddress;
    return {
      method: parser.method,
      uri: data.toString("latin1", parser.targetStart, parser.targetEnd),
      protocol: parser.http10 ? "HTTP/1.0" : "HTTP/1.1",
      remoteAddress: this.context.log?.clientOf(address, environ) ?? address,
      vars: parser.writer.count + this.#knownCount,
      bytes: headBytes,
    };
  }

  #expectBody(): void {
    const parser = this.#parser;
    this.#bodySeen = 0;
    this.#decoder = parser.chunked ? new ChunkedDecoder() : undefined;
    this.#bodyLeft = parser.contentLength;
    this.deadline = Date.now() + this.timeouts.bodyMs;
    if (parser.expectContinue && this.#rest === undefined)
      this.channel.write(Buffer.from(CONTINUE));
  }

  /** Reads a body; false when more bytes are needed. */
  #readBody(data: Buffer): boolean {
    const exchange = this.exchange;
    this.deadline = Date.now() + this.timeouts.bodyMs;
    if (this.#decoder) {
      const { limitPost } = this.context;
      const parts: Buffer[] = [];
      const used = this.#decoder.push(data, 0, (part) => {
        this.#bodySeen += part.length;
        parts.push(part);
      });
      if (limitPost > 0 && this.#bodySeen > limitPost) return this.#refuse(413);
      if (used < 0) return this.#refuse(400);
      this.#keep(data, used);
      // In one piece: many small chunks are not to cost many small frames.
      if (parts.length > 0) exchange?.body(joined(parts));
      if (this.#decoder.done && !this.closing) this.#bodyDone(true);
      return true;
    }
    const take = Math.min(data.length, this.#bodyLeft);
    this.#bodyLeft -= take;
    this.#keep(data, take);
    exchange?.body(take === data.length ? data : data.subarray(0, take));
    // Taking it may have ended in an answer (503), and with that in the connection's end.
    if (this.#bodyLeft === 0 && !this.closing) this.#bodyDone(false);
    return true;
  }

  #bodyDone(addLength: boolean): void {
    this.#decoder = undefined;
    this.#state = "wait";
    this.deadline = this.#answerDeadline();
    this.exchange?.endBody(addLength);
  }

  /** Refuses a request, or the rest of one; the connection cannot go on after that. */
  #refuse(status: number, isHead = false): false {
    const exchange = this.exchange;
    if (this.writer.begun && exchange) {
      this.socket.destroy();
      return false;
    }
    this.#state = "wait";
    this.#rest = undefined;
    exchange?.abandon();
    if (!exchange) this.writer.begin(Persistence.close, isHead, true);
    this.writer.mustClose = true;
    this.own(status);
    return false;
  }

  protected answered(): void {
    if (
      this.writer.mustClose ||
      this.context.draining ||
      (this.ended && this.#rest === undefined)
    ) {
      this.close();
      return;
    }
    this.#state = "head";
    this.deadline = Date.now() + this.timeouts.idleMs;
    if (this.#rest !== undefined) {
      this.socket.resume();
      this.#advance();
    }
  }
}

/** What a connection knows about every one of its requests, as pairs of an environ. */
/** What a connection knows of its ends, as variables. */
export function knownVariables(peer: Peer): Buffer {
  const pairs = [
    marshalPair("REMOTE_ADDR", peer.address),
    marshalPair("REMOTE_PORT", peer.port),
    marshalPair("SERVER_PORT", peer.serverPort),
  ];
  if (peer.serverAddress !== "") pairs.push(marshalPair("SERVER_ADDR", peer.serverAddress));
  return Buffer.concat(pairs);
}

/** SERVER_NAME as uWSGI's `http-server-name-as-http-host` has it: with the port, if Host has one. */
export function nameServer({ writer }: HeadParser): void {
  const host = readEnviron(writer.frame()).get("HTTP_HOST");
  if (host === undefined) return;
  writer.raw(KEY_SERVER_NAME);
  writer.text(host);
}

/** The parts as one buffer. */
function joined(parts: readonly Buffer[]): Buffer {
  const [first] = parts;
  return parts.length === 1 && first !== undefined ? first : Buffer.concat(parts);
}
