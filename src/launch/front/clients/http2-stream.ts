/** One request of an HTTP/2 connection: a stream (RFC 9113 5.1). */
import { constants, type ServerHttp2Stream } from "node:http2";
import { withoutFields } from "../../protocol/answer-head.ts";
import { decodePath } from "../../protocol/environ.ts";
import { Flag } from "../../protocol/frame.ts";
import { http2Fields } from "../../protocol/http2-fields.ts";
import { http1Head } from "../../protocol/http2-head.ts";
import { ownAnswer, Persistence } from "../../protocol/response.ts";
import type { Answered } from "../exchange/access-record.ts";
import { Exchange, type Holder, isSafe, type RequestInfo } from "../exchange/exchange.ts";
import { type FileSink, sendFile } from "../exchange/file-answer.ts";
import { GzipAnswer } from "../exchange/gzip-answer.ts";
import type { FileAnswer, Waiting } from "../exchange/waiting.ts";
import { Timeouts } from "../transport/attended.ts";
import { nameServer } from "./http.ts";
import type { SessionFacts } from "./http2.ts";

/** Bytes of an answer that may wait for a slow client before its core has to wait too. */
const AHEAD_BYTES = 1024 * 1024;
/** What each stream may have waiting even when the session as a whole has too much. */
const FAIR_BYTES = 64 * 1024;
const LF = 0x0a;
const NOTHING = Buffer.alloc(0);

/** One request and its answer. */
export class Http2Request implements Waiting, FileSink, Answered {
  status = 0;
  fields = 0;
  headBytes = 0;
  bodyBytes = 0;
  readonly #facts: SessionFacts;
  readonly #stream: ServerHttp2Stream;
  #exchange: Exchange | undefined;
  /** Its body is still to come: bytes that the client announced, -1 when it did not. */
  #announced = -1;
  #seen = 0;
  #receiving = false;
  #begun = false;
  #noBody = false;
  /** The answer was given to its end. */
  #whole = false;
  /** Its answer is complete, broken off, or was never wanted. */
  #over = false;
  #bodyDeadline = 0;
  #lingerUntil = 0;
  /** When the application has been silent for too long; 0 where that is not bounded. */
  #answerDeadline = 0;
  /** Not reading the body, because the core has enough of it. */
  #paused = false;
  /** What the client had taken of the answer at the last look, and until when it has to take more. */
  #taken = 0;
  #writeDeadline = 0;
  #slow: Holder | undefined;
  #idle: (() => void)[] = [];

  /** @param gone is told that the stream is closed, and whether that was before its answer was complete */
  constructor(facts: SessionFacts, stream: ServerHttp2Stream, gone: (wasReset: boolean) => void) {
    this.#facts = facts;
    this.#stream = stream;
    stream.on("error", () => {}); // "close" follows
    stream.on("wantTrailers", () => this.#ending());
    stream.on("close", () => {
      const wasReset = !this.#over || stream.rstCode === constants.NGHTTP2_PROTOCOL_ERROR;
      this.#closed();
      gone(wasReset);
    });
  }

  /** Bytes that the client has not taken yet. */
  get pending(): number {
    return this.#stream.writableLength;
  }

  get closed(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }

  /**
   * The head is there.
   * @param rawHeaders names and values in turn
   * @param whole there is no body
   */
  begin(rawHeaders: readonly string[], whole: boolean): void {
    const { parser, context, known, listener } = this.#facts;
    this.#receiving = !whole;
    if (whole) {
      this.#stream.resume(); // its end is to be seen
    } else {
      this.#stream.on("readable", this.#read);
      this.#stream.on("end", () => this.#endBody());
    }
    const head = http1Head(rawHeaders);
    if (head === undefined) {
      this.#reset(constants.NGHTTP2_PROTOCOL_ERROR);
      return;
    }
    const { bufferSize, limitPost } = context;
    if (head.length > bufferSize) {
      this.own(head.indexOf(LF) > bufferSize ? 414 : 431);
      return;
    }
    const problem = parser.parse(head, 0, head.length);
    this.#noBody = parser.method === "HEAD";
    if (problem !== 0) {
      this.own(problem);
      return;
    }
    this.#announced = parser.contentLength;
    if (whole && this.#announced > 0) {
      this.#reset(constants.NGHTTP2_PROTOCOL_ERROR);
      return;
    }
    const { expectLimit, hostAsServerName } = listener;
    const limits = [limitPost, parser.expectContinue ? expectLimit : 0];
    if (limits.some((limit) => limit > 0 && this.#announced > limit)) {
      this.own(413);
      return;
    }
    parser.writer.raw(known);
    if (hostAsServerName) nameServer(parser);
    if (whole) parser.writer.end();
    this.#submit(head, whole);
  }

  #submit(head: Buffer, whole: boolean): void {
    const { parser, context, listener } = this.#facts;
    const { method, expectContinue } = parser;
    const environ = parser.writer.frame();
    const exchange = new Exchange(
      context.dispatcher,
      listener.autoGzip ? new GzipAnswer(this, environ, this.#noBody) : this,
      environ,
      isSafe(method),
      whole,
      context.log === undefined ? undefined : this.#describe(head, environ),
    );
    this.#exchange = exchange;
    this.#waitForAnswer();
    if (context.intake !== undefined) {
      const path = decodePath(head, parser.pathStart, parser.pathEnd);
      context.intake.consider({ method, path, exchange, sink: this });
    }
    if (exchange.answered) return;
    if (whole) {
      exchange.submit();
      return;
    }
    if (expectContinue) this.#stream.additionalHeaders({ ":status": 100 });
    this.#bodyDeadline = Date.now() + listener.timeouts.bodyMs;
  }

  #describe(head: Buffer, environ: Buffer): RequestInfo {
    const { parser, context, peer, knownCount } = this.#facts;
    return {
      method: parser.method,
      uri: head.toString("latin1", parser.targetStart, parser.targetEnd),
      protocol: "HTTP/2.0",
      remoteAddress: context.log?.clientOf(peer.address, environ) ?? peer.address,
      vars: parser.writer.count + knownCount,
      bytes: head.length,
    };
  }

  /** Takes what has come of the body. By `read`, so that a pause holds from the next part on. */
  readonly #read = (): void => {
    while (!this.#paused) {
      const part: Buffer | null = this.#stream.read();
      if (part === null) return;
      this.#body(part);
    }
  };

  #body(part: Buffer): void {
    if (this.#over) {
      this.#linger();
      return;
    }
    this.#seen += part.length;
    this.#bodyDeadline = Date.now() + this.#facts.listener.timeouts.bodyMs;
    const { limitPost } = this.#facts.context;
    if (limitPost > 0 && this.#seen > limitPost) this.#refuse(413);
    else this.#exchange?.body(part);
  }

  #endBody(): void {
    this.#receiving = false;
    this.#bodyDeadline = 0;
    if (this.#over) return;
    // nghttp2 has counted too; a request that is shorter than it says must not reach the application as whole.
    if (this.#announced >= 0 && this.#seen !== this.#announced)
      this.#reset(constants.NGHTTP2_PROTOCOL_ERROR);
    else this.#exchange?.endBody(this.#announced < 0);
  }

  answer(status: number, flags: number, head: Buffer, body: Buffer, complete: boolean): void {
    if (this.#over || this.closed) return;
    const { tails } = this.#facts.context;
    const { removed } = tails;
    const left = removed === undefined ? { head, flags } : withoutFields(head, flags, removed);
    const date = (left.flags & Flag.date) === 0;
    const server = (left.flags & Flag.server) === 0;
    const tail = tails.tail(Persistence.none, date, server, Date.now());
    const { fields, count } = http2Fields(Buffer.concat([left.head, tail]));
    this.status = status;
    this.fields = count;
    this.headBytes = left.head.length + tail.length;
    this.#begun = true;
    this.#noBody ||= status === 204 || status === 304;
    const whole = complete && (flags & Flag.abort) === 0;
    const endStream = this.#noBody || (whole && body.length === 0);
    try {
      // Node ends the data of a stream before it resets it, and a client would take a half answer for a
      // whole one. Where trailers are waited for, the end is sent by #ending() only.
      const options = { endStream, waitForTrailers: !whole && !endStream };
      this.#stream.respond({ ":status": status, ...fields }, options);
    } catch {
      // A field that HTTP/2 has no way to send.
      this.#reset(constants.NGHTTP2_INTERNAL_ERROR);
      return;
    }
    this.#send(flags, body, complete);
  }

  data(flags: number, part: Buffer, complete: boolean): void {
    if (!this.#over && !this.closed) this.#send(flags, part, complete);
  }

  file({ status, flags, head, file, start, size }: FileAnswer): void {
    const exchange = this.#exchange;
    if (exchange === undefined || file === undefined) {
      file?.close();
      if (exchange !== undefined) this.fail(500);
      return;
    }
    this.answer(status, flags & ~Flag.final, head, NOTHING, false);
    sendFile(file, start, size, this, this)
      .catch(() => {
        if (this.#exchange === exchange) this.fail(500);
      })
      .finally(() => file.close());
  }

  fail(status: number): void {
    if (this.#begun) this.#reset(constants.NGHTTP2_INTERNAL_ERROR);
    else this.own(status, status === 503 ? "Retry-After: 1\r\n" : "");
  }

  /** Gives an answer of the front's own. */
  own(status: number, fields = ""): void {
    const { head, body } = ownAnswer(status, fields);
    this.answer(status, Flag.length, head, body, true);
  }

  pauseBody(): void {
    this.#bodyDeadline = 0; // it is not the client that is slow
    this.#paused = true;
  }

  resumeBody(): void {
    if (this.#receiving && !this.#over)
      this.#bodyDeadline = Date.now() + this.#facts.listener.timeouts.bodyMs;
    this.#goOn();
  }

  /** Reads on, once whoever says so has ended what it does. */
  #goOn(): void {
    if (!this.#paused) return;
    this.#paused = false;
    setImmediate(this.#read);
  }

  idle(): Promise<void> {
    if (this.pending === 0 || this.closed) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** To be called about every second. */
  sweep(now: number): void {
    if (this.#bodyDeadline !== 0 && now >= this.#bodyDeadline) {
      if (this.#over) this.#stream.close(constants.NGHTTP2_NO_ERROR);
      else this.#refuse(408);
    }
    if (this.#answerDeadline !== 0 && now >= this.#answerDeadline) this.#answerIsLate();
    const { pending } = this;
    const taken = this.bodyBytes - pending;
    if (pending === 0) this.#writeDeadline = 0;
    else if (this.#writeDeadline === 0 || taken > this.#taken)
      this.#writeDeadline = now + this.#facts.listener.timeouts.writeMs;
    else if (now >= this.#writeDeadline) this.#reset(constants.NGHTTP2_CANCEL);
    this.#taken = taken;
  }

  #send(flags: number, part: Buffer, complete: boolean): void {
    const stream = this.#stream;
    if (!this.#noBody && part.length > 0) {
      const { length } = part;
      const { memory } = this.#facts.context;
      this.bodyBytes += length;
      memory.bytes += length;
      // Copied, because it is only lent.
      stream.write(Buffer.from(part), () => {
        memory.bytes -= length;
        this.#written();
      });
    }
    if (flags & Flag.abort) {
      this.#reset(constants.NGHTTP2_INTERNAL_ERROR);
      return;
    }
    if (complete) {
      this.#whole = true;
      this.#finish();
      if (!stream.writableEnded) stream.end();
      if (this.#receiving) this.#linger();
      return;
    }
    this.#waitForAnswer();
    const { pending } = this;
    // What is answered already comes from a file, which waits by itself.
    if (this.#exchange?.answered) return;
    if (pending <= (this.#facts.behind() ? FAIR_BYTES : AHEAD_BYTES)) return;
    this.#slow = this.#exchange?.core;
    this.#slow?.pause();
  }

  /**
   * The answer is out before the body is in: what comes of it is thrown away, for a while, as over HTTP/1.1.
   * A reset with NO_ERROR at once (RFC 9113 8.1) would save the rest, but not all clients keep the answer then.
   */
  #linger(): void {
    const now = Date.now();
    if (this.#lingerUntil === 0) {
      this.#lingerUntil = now + Timeouts.lingerTotalMs;
      this.#goOn();
    }
    this.#bodyDeadline = Math.min(now + Timeouts.lingerMs, this.#lingerUntil);
  }

  /** The application has its time anew, where that is bounded. */
  #waitForAnswer(): void {
    const { answerMs } = this.#facts.listener.timeouts;
    if (answerMs > 0) this.#answerDeadline = Date.now() + answerMs;
  }

  #answerIsLate(): void {
    // While the body comes, or the client is slow to take what there is, it is not the application that is late.
    if (this.#receiving || this.pending > 0) {
      this.#waitForAnswer();
      return;
    }
    this.#exchange?.abandon();
    this.fail(504);
  }

  /** All data is out: says so, unless the answer is broken off. */
  #ending(): void {
    if (this.#whole && !this.closed) this.#stream.sendTrailers({});
  }

  /** Refuses the rest of a request. */
  #refuse(status: number): void {
    this.#exchange?.abandon();
    if (this.#begun) this.#reset(constants.NGHTTP2_CANCEL);
    else this.own(status);
  }

  #reset(code: number): void {
    this.#exchange?.abandon();
    this.#finish();
    this.#stream.close(code);
  }

  /** The answer is complete or broken off: counts and logs it. */
  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#bodyDeadline = 0;
    this.#answerDeadline = 0;
    if (exchange === undefined) return;
    if (exchange.core) exchange.core.worker.tx += this.headBytes + this.bodyBytes;
    this.#facts.context.log?.request(exchange, this);
  }

  #written(): void {
    if (this.pending === 0) this.#wake();
    else if (this.pending <= AHEAD_BYTES && !this.#facts.behind()) this.#goOnAnswering();
  }

  #goOnAnswering(): void {
    this.#slow?.resume();
    this.#slow = undefined;
  }

  /** Nothing waits for the client any more. */
  #wake(): void {
    this.#goOnAnswering();
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }

  #closed(): void {
    this.#over = true;
    this.#answerDeadline = 0;
    this.#wake();
    const exchange = this.#exchange;
    this.#exchange = undefined;
    if (exchange === undefined) return;
    const { core } = exchange;
    this.#facts.context.log?.left(exchange, this.#begun ? this : undefined);
    // As uWSGI's: the client went in the middle of the answer, or of the body that the core was reading.
    if (core && this.#begun) core.writeErrors++;
    else if (core && !exchange.bodyEnded) core.readErrors++;
    exchange.abandon();
  }
}
