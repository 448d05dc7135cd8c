/** One core of a worker as the front sees it: its connection, what it has in hand, and its counters. */
import type { CoreCounters } from "../../protocol/counters.ts";
import { takeBack } from "../../protocol/counters.ts";
import type { FrameSink } from "../../protocol/frame.ts";
import {
  bodyFrame,
  Flag,
  FrameReader,
  openedFrame,
  type Place,
  quitFrame,
} from "../../protocol/frame.ts";
import { Via } from "../exchange/access-record.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { OpenFiles } from "../exchange/open-files.ts";
import type { Channel } from "../transport/channel.ts";
import type { CoreWorker } from "./core-worker.ts";

/** Requests that a core may hold: enough to share the system calls, few enough to take back soon. */
export const CORE_DEPTH = 16;
/** BODY frames are cut to this, so that a worker's buffer for them stays small. */
const BODY_FRAME_BYTES = 64 * 1024;
/** Numbers start over long before 32 bits are full; the core has to be idle for that. */
const RENUMBER_AT = 2 ** 30;

/** What a core tells the dispatcher. */
export interface CoreOwner {
  /** Requests were finished or skipped: the core may take more. */
  progressed(core: Core): void;
  /** A request was skipped that was not taken back: it is to be given to another core. */
  returned(exchange: Exchange): void;
  /** A request was answered; `microseconds` is how long it had the core. */
  finished(core: Core, microseconds: number): void;
  /** A worker should be replaced, and why. */
  worn(worker: CoreWorker, reason: string): void;
  /** The request in hand has so many seconds from now; 0: no such limit. */
  deadline(exchange: Exchange, seconds: number): void;
}

/** The counters of a core, with what the front may do to them when the core is idle. */
export interface OwnedCounters extends CoreCounters {
  /** Tells the worker that nobody waits for the answer to this request any more. */
  writeGone(number: number): void;
  /** Tells the worker to end this request alone; 0: none. */
  writeOverdue(number: number): void;
  /** Sets all to 0. */
  reset(): void;
}

/** A connected core. */
export class Core implements FrameSink {
  readonly worker: CoreWorker;
  readonly index: number;
  /** Requests in hand that the core will run, without those that were taken back. */
  inFlight = 0;
  requests = 0;
  writeErrors = 0;
  readErrors = 0;
  /** performance.now() at which the request at the head began, or would begin. */
  since = 0;
  /** No request may be queued behind the one in hand: its body is still being streamed. */
  exclusive = false;
  /** Opens what this worker lends; undefined when the front cannot. */
  files: OpenFiles | undefined;
  /** Files that the worker has to keep open, because they are being opened here. */
  lending = 0;
  /** The request in hand was answered with 504, and its thread or greenlet is told to end. */
  overdue = false;
  /** `since` when it got its place in the pool's list. */
  rank = 0;
  /** Where the pool has it: on its worker's stack, or in the list between these two. */
  resting = false;
  listed = false;
  newer: Core | undefined = undefined;
  older: Core | undefined = undefined;
  /** Known to the dispatcher as having more than one request in hand. */
  stacked = false;
  /** What the watch for stuck workers keeps of its request, see stalls.ts. */
  watched = false;
  patienceMs = 0;
  lookAt = 0;
  heard = 0;
  readonly #channel: Channel;
  readonly #counters: OwnedCounters;
  readonly #owner: CoreOwner;
  readonly #reader: FrameReader;
  /** In the order in which they were sent; undefined: taken back, will be skipped. */
  #queue: (Exchange | undefined)[] = [];
  readonly #base: number;
  #sent: number;
  #done: number;
  #limit = 0;
  #out: Buffer[] = [];
  #flushing = false;
  #answering = false;
  #paused = false;
  /** What `claimed` was when another core got the counters; -1: they are still this one's. */
  #lastClaimed = -1;

  /**
   * @param base the number before that of the first request. With 1 the first can be taken back like any
   *   other; with 0 it cannot, because a limit of 0 is none
   */
  constructor(
    worker: CoreWorker,
    index: number,
    channel: Channel,
    counters: OwnedCounters,
    owner: CoreOwner,
    base = 0,
  ) {
    this.#base = this.#sent = this.#done = base;
    this.worker = worker;
    this.index = index;
    this.#channel = channel;
    this.#counters = counters;
    this.#owner = owner;
    this.#reader = new FrameReader(this);
    counters.reset();
  }

  /** Whether it may be given another request now. */
  get available(): boolean {
    return (
      this.#limit === 0 &&
      this.inFlight < CORE_DEPTH &&
      !this.exclusive &&
      !this.worker.leaving &&
      this.#sent < RENUMBER_AT
    );
  }

  /** The request at the head of the queue. */
  get current(): Exchange | undefined {
    return this.#queue[0];
  }

  /** All that it was given is taken back, and it has not noticed. */
  get deserted(): boolean {
    return this.inFlight === 0 && this.#done !== this.#sent;
  }

  /** Bytes of request bodies that the core has not taken yet. */
  get bodyBacklog(): number {
    let bytes = this.#channel.pending;
    for (const frame of this.#out) bytes += frame.length;
    return bytes;
  }

  /** It has something in hand. */
  get running(): boolean {
    return this.inFlight > 0;
  }

  /** The worker has taken all that was sent. */
  drained(): void {
    this.#queue[0]?.coreDrained();
  }

  /** Takes what the worker sent. @throws Error when it is no frame */
  receive(data: Buffer): void {
    this.#reader.push(data);
    if (this.#limit !== 0 && this.#done === this.#sent) {
      this.#limit = 0;
      this.#counters.writeLimit(0);
    }
    if (this.#sent >= RENUMBER_AT && this.#done === this.#sent) {
      this.#sent = this.#done = this.#base;
      this.#counters.reset();
    }
    this.#owner.progressed(this);
  }

  /** Gives it a request. Frames that are given in one turn of the event loop leave in one write. */
  give(exchange: Exchange): void {
    if (this.inFlight++ === 0) this.since = this.rank = performance.now();
    exchange.number = ++this.#sent;
    const { frame } = exchange;
    frame.writeUInt32LE(exchange.number, 8);
    const flags = frame[5] ?? 0;
    frame[5] = this.files?.room ? flags | Flag.files : flags & ~Flag.files;
    this.#queue.push(exchange);
    this.#write(frame);
    this.exclusive = exchange.streamed;
    exchange.assigned(this);
  }

  /** Sends a part of a streamed body; `flags` as in BODY frames. */
  sendBody(part: Buffer, flags: number): void {
    let at = 0;
    while (part.length - at > BODY_FRAME_BYTES) {
      this.#write(bodyFrame(part.subarray(at, at + BODY_FRAME_BYTES), 0));
      at += BODY_FRAME_BYTES;
    }
    this.#write(bodyFrame(at === 0 ? part : part.subarray(at), flags));
    if (flags !== 0) this.exclusive = false;
    // Small parts that come in one turn leave in one write; large ones are not to pile up.
    if (part.length >= BODY_FRAME_BYTES / 4) this.#flush();
  }

  /** Tells the core to close when it has answered what it has. */
  quit(): void {
    this.#flush();
    this.#channel.write(quitFrame());
    this.#channel.socket.end();
  }

  /** Stop and go on reading answers: the client of the current one is slow. */
  pause(): void {
    this.#paused = true;
    this.#channel.socket.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#channel.socket.resume();
  }

  /** Has the worker end the request in hand alone. */
  endCurrent(): void {
    const current = this.#queue[0];
    if (current === undefined) return;
    this.overdue = true;
    this.#counters.writeOverdue(current.number);
  }

  /** The client of this request has gone: the worker need not go on with its answer. */
  abandoned(exchange: Exchange): void {
    this.resume();
    // There is one word for it: those further back are told when their turn comes.
    if (this.#queue[0] === exchange) this.#counters.writeGone(exchange.number);
  }

  /**
   * Its worker is dead, and the counters are about to be another's: keeps what they say. What the worker
   * sent before is still read; the connection's end follows.
   */
  supersede(): void {
    if (this.#lastClaimed < 0) this.#lastClaimed = this.#counters.readClaimed();
    this.resume();
  }

  destroy(): void {
    this.#channel.socket.destroy();
  }

  /** Whether the worker has begun the request at the head of the queue. */
  currentClaimed(): boolean {
    const current = this.#queue[0];
    return current !== undefined && this.#counters.readClaimed() >= current.number;
  }

  /**
   * Takes back what the core has not begun; nothing can be given to it until it has skipped them.
   * @param movable which requests may be moved
   * @param least take back only when there are so many; with 1 the only one goes too, if it may be moved
   */
  takeBack(movable: (exchange: Exchange) => boolean, least = 2): Exchange[] {
    if (this.#limit !== 0 || this.inFlight < least || this.exclusive) return [];
    if (
      !this.#queue.every((exchange, i) => i === 0 || (exchange !== undefined && movable(exchange)))
    ) {
      return [];
    }
    // The first may have parts of its body behind it already, which nobody could send again.
    const first = this.#queue[0];
    const stays = first !== undefined && (first.streamed || !movable(first));
    this.#limit = takeBack(this.#counters, stays ? first.number : 1);
    const taken: Exchange[] = [];
    this.#queue.forEach((exchange, i) => {
      if (exchange === undefined || exchange.number <= this.#limit) return;
      taken.push(exchange);
      exchange.core = undefined;
      this.#queue[i] = undefined;
      this.inFlight--;
    });
    return taken;
  }

  /**
   * The connection is closed: sorts what was in hand.
   * @returns begun: it was run, or may have been, and must not be run again; others had not begun
   */
  lost(): { begun: Exchange[]; others: Exchange[] } {
    const claimed = this.#lastClaimed < 0 ? this.#counters.readClaimed() : this.#lastClaimed;
    // More than one when the connection broke with answers still in it.
    const begun: Exchange[] = [];
    const others: Exchange[] = [];
    for (const exchange of this.#queue) {
      if (exchange === undefined) continue;
      exchange.core = undefined;
      if (exchange.number <= claimed || exchange.streamed) begun.push(exchange);
      else others.push(exchange);
    }
    this.#queue = [];
    this.inFlight = 0;
    return { begun, others };
  }

  // FrameSink: what the worker says.

  hello(): void {
    throw new Error("a second hello");
  }

  skipped(number: number): void {
    if (this.#queue.length === 0 || this.#limit === 0) {
      throw new Error(`request ${number} was skipped but not taken back`);
    }
    const exchange = this.#queue.shift();
    this.#done++;
    this.since = performance.now();
    this.#next();
    if (exchange === undefined) return;
    // Claimed between the front's two words: left to the core, but the core saw the limit.
    this.inFlight--;
    exchange.core = undefined;
    this.#owner.returned(exchange);
  }

  answer(
    number: number,
    status: number,
    flags: number,
    head: Buffer,
    body: Buffer,
    left: number,
  ): void {
    const exchange = this.#queue[0];
    if (exchange === undefined || exchange.number !== number || this.#answering) {
      throw new Error(`an answer to request ${number}, which is not in hand`);
    }
    const complete = left === 0 && (flags & Flag.final) !== 0;
    this.#answering = true;
    if (flags & (Flag.exception | Flag.file)) this.#mark(exchange, flags);
    if (!exchange.abandoned && !exchange.answered)
      exchange.waiting.answer(status, flags, head, body, complete);
    else exchange.departed?.(status, body.length);
    if (complete) this.#finish(exchange);
  }

  data(flags: number, part: Buffer, left: number): void {
    const exchange = this.#queue[0];
    if (exchange === undefined || !this.#answering) throw new Error("a body without its head");
    const complete = left === 0 && (flags & Flag.final) !== 0;
    if (left === 0 && flags & Flag.exception) this.#excepted(flags);
    if (!exchange.abandoned && !exchange.answered)
      exchange.waiting.data(left === 0 ? flags : 0, part, complete);
    if (complete) this.#finish(exchange);
  }

  file(number: number, status: number, flags: number, head: Buffer, place: Place): void {
    const exchange = this.#queue[0];
    if (exchange === undefined || exchange.number !== number || this.#answering) {
      throw new Error(`a file for request ${number}, which is not in hand`);
    }
    const { files } = this;
    if (files === undefined) throw new Error("a file that was not asked for");
    // Answered already when harakiri was faster than the worker's last word.
    if (exchange.abandoned || exchange.answered) {
      exchange.departed?.(status, place.length);
      this.#write(openedFrame(number));
      this.#finish(exchange);
      return;
    }
    this.lending++;
    const answer = { status, flags, head: Buffer.from(head), start: place.offset };
    files.open(place, (file) => {
      this.lending--;
      this.#write(openedFrame(number));
      exchange.waiting.file({ ...answer, file, size: place.length });
      this.#owner.progressed(this); // it may go now
    });
    exchange.lent();
    this.#finish(exchange);
  }

  /** What is rare about an answer. */
  #mark(exchange: Exchange, flags: number): void {
    if (flags & Flag.exception) this.#excepted(flags);
    else exchange.via = Via.sendfile;
  }

  #excepted(flags: number): void {
    this.worker.exceptions++;
    if (flags & Flag.worn) this.#owner.worn(this.worker, "reload-on-exception");
  }

  deadline(number: number, seconds: number): void {
    const exchange = this.#queue[0];
    if (exchange?.number === number) this.#owner.deadline(exchange, seconds);
  }

  #finish(exchange: Exchange): void {
    this.#queue.shift();
    this.#done++;
    this.#answering = false;
    this.inFlight--;
    this.requests++;
    const now = performance.now();
    const microseconds = (now - this.since) * 1000;
    this.since = now;
    if (exchange.serial === 0) exchange.finished();
    this.exclusive = false;
    if (this.overdue) {
      this.overdue = false;
      this.#counters.writeOverdue(0);
    }
    // The client may still be slow with this answer, but nothing would wake the core any more.
    if (this.#paused) this.resume();
    this.#next();
    this.#owner.finished(this, microseconds);
  }

  /** Another request is at the head of the queue. */
  #next(): void {
    const next = this.#queue[0];
    if (next?.abandoned) this.#counters.writeGone(next.number);
  }

  #write(frame: Buffer): void {
    this.#out.push(frame);
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    const out = this.#out;
    if (out.length === 0) return;
    this.#out = [];
    const first = out[0] as Buffer;
    this.#channel.write(out.length === 1 ? first : Buffer.concat(out));
    // Nothing tells later that it was taken, if the kernel took all of it at once.
    if (this.exclusive && this.#channel.pending === 0) this.drained();
  }
}
