/** What every client connection shares: the answer's way out, the access log, closing with manners. */
import { Flag } from "../../protocol/frame.ts";
import type { HeadTails } from "../../protocol/response.ts";
import type { AccessLog } from "../access-log/access-log.ts";
import type { Dispatcher } from "../cores/dispatch.ts";
import { type AnswerSink, AnswerWriter } from "../exchange/answer.ts";
import type { RequestIntake } from "../exchange/arrival.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { sendFile } from "../exchange/file-answer.ts";
import type { FileAnswer, Waiting } from "../exchange/waiting.ts";
import { type Attended, type ConnectionTimeouts, Timeouts } from "../transport/attended.ts";
import type { Channel, ChannelUser } from "../transport/channel.ts";
import type { Memory } from "../transport/memory.ts";
import type { Transport } from "../transport/raw-socket.ts";
import type { TrustedProxies } from "../transport/trust.ts";

const NOTHING = Buffer.alloc(0);

/** What all connections of a front share. */
export interface FrontContext {
  readonly dispatcher: Dispatcher;
  readonly tails: HeadTails;
  readonly log: AccessLog | undefined;
  /** Undefined where every request is for the application. */
  readonly intake: RequestIntake | undefined;
  /** Bytes of a request's head. */
  readonly bufferSize: number;
  /** Bytes of a request's body; 0 is no limit. */
  readonly limitPost: number;
  readonly trusted: TrustedProxies;
  readonly connections: Set<Attended>;
  readonly memory: Memory;
  /** The last connection is gone. */
  readonly emptied: () => void;
  /** Each connection is told to close with its next answer: another front takes over. */
  parting: boolean;
  /** The server is going down: no connection is kept. */
  draining: boolean;
}

/** One client connection; the protocols derive from it. */
export abstract class Connection implements Waiting, ChannelUser, Attended {
  protected readonly context: FrontContext;
  protected readonly timeouts: ConnectionTimeouts;
  protected readonly channel: Channel;
  protected readonly socket: Transport;
  protected readonly writer: AnswerWriter;
  protected exchange: Exchange | undefined;
  /** Date.now() at which the sweep ends the connection; 0: never. */
  protected deadline = 0;
  /** Only waiting for the client's end; what it still sends is thrown away. */
  protected closing = false;
  /** The client has closed its half. */
  protected ended = false;
  silent = true;
  /** Not reading the request's body, because the core has enough of it. */
  protected bodyPaused = false;
  #lingerUntil = 0;
  /** Whose core waits for the client. */
  #slow: Exchange | undefined;
  /** What the client had not taken at the last sweep, and until when it has to take some of it. */
  #unsent = 0;
  #takeUntil = 0;

  /** @param sink takes the answers' bytes, if not the channel itself */
  constructor(
    context: FrontContext,
    channel: Channel,
    timeouts: ConnectionTimeouts,
    sink: AnswerSink = channel,
  ) {
    const { socket } = channel;
    this.context = context;
    this.timeouts = timeouts;
    this.channel = channel;
    this.socket = socket;
    this.writer = new AnswerWriter(sink, context.tails, context.log !== undefined);
    context.connections.add(this);
    channel.memory = context.memory;
    channel.use(this);
  }

  bytesCame(data: Buffer): void {
    this.silent = false;
    if (!this.closing) this.received(data);
    else if (this.channel.pending === 0) this.#linger();
  }

  endCame(): void {
    this.ended = true;
    if (!this.closing) this.halfClosed();
  }

  /** Bytes came; they are only lent. */
  protected abstract received(data: Buffer): void;
  /** The client will send no more. */
  protected abstract halfClosed(): void;
  /** The answer to `exchange` (undefined: the front's own) is complete. */
  protected abstract answered(): void;
  /** The server drains: close if nothing is in hand. */
  abstract drain(): void;
  /** What to do when the deadline has passed. */
  protected abstract timedOut(): void;

  /** Closes the connection if nothing is in hand. Whether it did, or had already. */
  giveWay(): boolean {
    if (!this.closing) this.drain();
    return this.socket.writableEnded || this.socket.destroyed;
  }

  /** To be called about every second. */
  sweep(now: number): void {
    if (this.#unsent > 0 || this.channel.pending > 0) this.#checkTaken(now);
    if (this.deadline === 0 || now < this.deadline) return;
    if (this.closing) this.socket.destroy();
    else this.timedOut();
  }

  /** The time for an answer starts anew with every byte that is taken of it. */
  #checkTaken(now: number): void {
    const { unsent } = this.channel;
    if (unsent !== this.#unsent) {
      this.#unsent = unsent;
      this.#takeUntil = now + this.timeouts.writeMs;
    } else if (unsent > 0 && now >= this.#takeUntil) this.socket.destroy();
  }

  answer(status: number, flags: number, head: Buffer, body: Buffer, complete: boolean): void {
    this.writer.answer(status, flags, head, body, complete);
    this.#afterWrite(complete);
  }

  data(flags: number, part: Buffer, complete: boolean, kept = false): void {
    this.writer.data(flags, part, complete, kept);
    this.#afterWrite(complete);
  }

  file({ status, flags, head, file, start, size }: FileAnswer): void {
    const { exchange } = this;
    if (exchange === undefined || file === undefined) {
      file?.close();
      if (exchange !== undefined) this.fail(500);
      return;
    }
    this.answer(status, flags & ~Flag.final, head, NOTHING, false);
    sendFile(file, start, size, this.channel, this)
      .catch(() => {
        if (this.exchange === exchange) this.fail(500);
      })
      .finally(() => file.close());
  }

  fail(status: number): void {
    if (this.writer.begun) this.#breakOff();
    else this.own(status, status === 503 ? "Retry-After: 1\r\n" : "");
  }

  /** Gives an answer of the front's own. */
  protected own(status: number, fields = ""): void {
    this.writer.own(status, fields);
    this.#afterWrite(true);
  }

  pauseBody(): void {
    this.bodyPaused = true;
    this.deadline = 0; // it is not the client that is slow
    this.socket.pause();
  }

  resumeBody(): void {
    this.bodyPaused = false;
    if (!this.closing) this.deadline = this.idleDeadline();
    this.socket.resume();
  }

  /** Sends what is left, then waits a little for the client's end. */
  protected close(): void {
    if (this.closing) return;
    this.closing = true;
    this.socket.resume();
    this.socket.end();
    if (this.channel.pending === 0) this.#linger();
    else this.deadline = 0; // allTaken() goes on
  }

  #linger(): void {
    const now = Date.now();
    if (this.#lingerUntil === 0) this.#lingerUntil = now + Timeouts.lingerTotalMs;
    this.deadline = Math.min(now + Timeouts.lingerMs, this.#lingerUntil);
  }

  #afterWrite(complete: boolean): void {
    if (complete && this.writer.cutShort) {
      this.#breakOff();
      return;
    }
    if (complete) {
      this.#account();
      this.exchange = undefined;
      this.deadline = 0;
      this.answered();
      return;
    }
    // What is answered already comes from a file, which waits by itself.
    if (!this.writer.behind || this.exchange?.answered) return;
    this.#slow = this.exchange;
    this.#slow?.core?.pause();
  }

  /** Ends the connection in the middle of an answer, so that the client does not take it for whole. */
  #breakOff(): void {
    this.#account();
    this.exchange = undefined;
    // Where the end of the connection would end the answer only a reset tells.
    if (this.writer.unframed) this.channel.reset();
    else this.socket.destroy();
  }

  /** The client has taken something: once there is room for what the core still has, it goes on. */
  someTaken(): void {
    if (this.#slow === undefined || !this.writer.ahead) return;
    const { core } = this.#slow;
    this.#slow = undefined;
    core?.resume();
  }

  allTaken(): void {
    if (this.closing) this.#linger();
    this.drained();
  }

  /** The client has taken all that there was of the answer. */
  protected drained(): void {}

  /** The deadline of what the client is to send next, from now; 0 when that is nothing. */
  protected abstract idleDeadline(): number;

  /** Counts and logs a request whose answer is complete or broken off. */
  #account(): void {
    const { exchange, writer } = this;
    if (exchange === undefined) return;
    if (exchange.core) exchange.core.worker.tx += writer.headBytes + writer.bodyBytes;
    this.context.log?.request(exchange, writer);
  }

  gone(): void {
    const { context } = this;
    context.connections.delete(this);
    if (context.connections.size === 0) context.emptied();
    const { exchange } = this;
    this.exchange = undefined;
    if (exchange === undefined) return;
    const { core } = exchange;
    context.log?.left(exchange, this.writer.begun ? this.writer : undefined);
    // As uWSGI's: the client went in the middle of the answer, or of the body that the core was reading.
    if (core && this.writer.begun) core.writeErrors++;
    else if (core && !exchange.bodyEnded) core.readErrors++;
    exchange.abandon();
  }
}
