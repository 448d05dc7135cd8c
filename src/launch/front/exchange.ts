/** One request: from the moment its head is known until its answer is complete or given up. */
import { marshalPair } from "../protocol/environ.ts";
import { Flag, FRAME_HEADER, Kind, writeHeader } from "../protocol/frame.ts";

/** Bodies up to here are gathered before a core gets the request; larger ones are streamed from then on. */
export const GATHER_BYTES = 256 * 1024;
/** Bytes of body that may wait for a core before the client is paused. */
const STREAM_AHEAD_BYTES = 256 * 1024;
/** Parts smaller than this are put together. */
const PART_BYTES = 16 * 1024;

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);
/** Stands for no parts, so that a request without a body makes no list. */
const NO_PARTS: Buffer[] = [];
const NO_SLAB = Buffer.alloc(0);
const DICT_END = Buffer.from("0");

/** Who waits for the answer: the connection that the request came on. */
export interface Waiting {
  /** The answer's head and the first part of its body. Buffers are only lent for the call. */
  answer(status: number, flags: number, head: Buffer, body: Buffer, complete: boolean): void;
  /** More of the body. `flags` has Flag.abort when the rest will not come. */
  data(flags: number, part: Buffer, complete: boolean): void;
  /** There is no answer, or no more of it: 502, 503 or 504. */
  fail(status: number): void;
  /** Stop, or go on, reading the request's body from the client. */
  pauseBody(): void;
  resumeBody(): void;
}

/** The core that has a request, as far as the request and its connection need it. */
export interface Holder {
  readonly worker: { readonly pid: number; readonly requests: number; tx: number };
  readonly index: number;
  writeErrors: number;
  readErrors: number;
  /** Bytes of request bodies that it has not taken yet. */
  readonly bodyBacklog: number;
  /** Sends a part of a streamed body; `flags` as in BODY frames. */
  sendBody(part: Buffer, flags: number): void;
  /** The client of a request that it has is gone. */
  abandoned(exchange: Exchange): void;
  /** Stop, or go on, reading answers: the client of the current one is slow. */
  pause(): void;
  resume(): void;
}

/** Where requests wait for a core. */
export interface Queue {
  submit(exchange: Exchange): void;
  /** Drops a request that waits. */
  forget(exchange: Exchange): void;
}

/** What the access log tells of a request. */
export interface RequestInfo {
  readonly method: string;
  readonly uri: string;
  readonly protocol: string;
  readonly remoteAddress: string;
  /** Variables in the environ, and the bytes that they came in. */
  readonly vars: number;
  readonly bytes: number;
}

/** Whether a method only reads (RFC 9110 9.2.1). */
export function isSafe(method: string): boolean {
  return SAFE_METHODS.has(method);
}

/** The life of one request. */
export class Exchange {
  /** Who takes the answer; changed by what looks at answers on their way. */
  waiting: Waiting;
  /** Undefined where nothing is logged. */
  info: RequestInfo | undefined;
  /** Its environ has an end, because there is no body. */
  readonly whole: boolean;
  /** May be repeated without harm (RFC 9110 9.2.1), so may be taken back where the fence is not shown. */
  safe: boolean;
  /** The request as the core gets it; complete once it was submitted. */
  frame: Buffer;
  /** Milliseconds (performance.now) at which the dispatcher got the request; 0 when nothing is logged. */
  submittedAt = 0;
  core: Holder | undefined;
  /** Its number at the core that has it. */
  number = 0;
  /** The client has gone: the answer is of no use. */
  abandoned = false;
  answered = false;
  /** The body did not fit into the frame; BODY frames follow. */
  streamed = false;
  bodyEnded = false;
  readonly #queue: Queue;
  #held = false;
  #addLength = false;
  #parts = NO_PARTS;
  /** Where small parts go until they are many, and how much of it is in use. */
  #slab = NO_SLAB;
  #used = 0;
  #bytes = 0;
  #paused = false;

  /**
   * @param environ FRAME_HEADER free bytes, then a marshal dict
   * @param whole the dict has its end, and `submit` will be called: there is no body. Else it has none, and
   *   `body` and `endBody` follow
   */
  constructor(
    queue: Queue,
    waiting: Waiting,
    environ: Buffer,
    safe: boolean,
    whole: boolean,
    info: RequestInfo | undefined,
  ) {
    this.#queue = queue;
    this.waiting = waiting;
    this.frame = environ;
    this.safe = safe;
    this.whole = whole;
    this.info = info;
  }

  /** Bytes that this request holds while it waits. */
  get held(): number {
    // The same from its submission on: what was added to a sum is what will be subtracted.
    return this.frame.length + (this.streamed ? STREAM_AHEAD_BYTES : 0);
  }

  /** Takes a part of the body; it is only lent. */
  body(part: Buffer): void {
    if (this.abandoned || this.answered || part.length === 0) return;
    const core = this.streamed ? this.core : undefined;
    if (core !== undefined) {
      core.sendBody(part, 0);
      if (core.bodyBacklog > STREAM_AHEAD_BYTES) this.#pause();
      return;
    }
    this.#gather(part);
    if (this.#held) {
      if (this.#bytes > GATHER_BYTES) this.#pause();
    } else if (!this.streamed && this.#bytes > GATHER_BYTES) this.#submit(true);
    else if (this.streamed && this.#bytes > STREAM_AHEAD_BYTES) this.#pause();
  }

  /**
   * The body is complete.
   * @param addLength tell the application its length, because the client did not
   */
  endBody(addLength: boolean): void {
    this.bodyEnded = true;
    this.#addLength = addLength;
    if (this.#held || this.answered || this.abandoned) return;
    if (this.streamed) this.core?.sendBody(DICT_END.subarray(0, 0), Flag.final);
    else this.#submit(false);
  }

  /** A core has the request: what came of the body in the meantime follows. */
  assigned(core: Holder): void {
    this.core = core;
    if (!this.streamed) return;
    for (const part of this.#take()) core.sendBody(part, 0);
    if (this.bodyEnded) core.sendBody(DICT_END.subarray(0, 0), Flag.final);
    if (core.bodyBacklog <= STREAM_AHEAD_BYTES) this.coreDrained();
  }

  /** The core has taken what was sent; go on reading. */
  coreDrained(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.waiting.resumeBody();
  }

  /** The answer is complete, so nobody reads what is still to come of the body. */
  finished(): void {
    this.answered = true;
    if (this.streamed && !this.bodyEnded) this.core?.sendBody(DICT_END.subarray(0, 0), Flag.abort);
    this.core = undefined;
    if (this.#bytes > 0) this.#take();
    this.coreDrained();
  }

  /** The client has gone. */
  abandon(): void {
    if (this.abandoned || this.answered) return;
    this.abandoned = true;
    if (this.core === undefined) this.#queue.forget(this);
    else if (this.streamed && !this.bodyEnded) {
      this.bodyEnded = true;
      this.core.sendBody(DICT_END.subarray(0, 0), Flag.abort);
    }
    this.core?.abandoned(this);
  }

  /** Keeps a part. Small ones are put together, or a body that trickles in would cost many times its size. */
  #gather(part: Buffer): void {
    this.#bytes += part.length;
    if (part.length > this.#slab.length - this.#used) {
      this.#seal();
      if (part.length >= PART_BYTES) {
        this.#parts.push(Buffer.from(part));
        this.#slab = NO_SLAB; // sealed: nothing may be written there again
        return;
      }
      // The first is just right for the small body that comes in one piece; more of them double.
      const size = Math.min(PART_BYTES, Math.max(part.length, 2 * this.#slab.length));
      this.#slab = Buffer.allocUnsafe(size);
    }
    part.copy(this.#slab, this.#used);
    this.#used += part.length;
  }

  #seal(): void {
    if (this.#parts === NO_PARTS) this.#parts = [];
    if (this.#used > 0) this.#parts.push(this.#slab.subarray(0, this.#used));
    this.#used = 0;
  }

  /** The parts that were kept, which are the caller's then. */
  #take(): Buffer[] {
    if (this.#used > 0) this.#seal();
    const parts = this.#parts;
    this.#parts = NO_PARTS;
    this.#slab = NO_SLAB;
    this.#bytes = 0;
    return parts;
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.waiting.pauseBody();
  }

  /** Keeps it from the cores until `release` or `claim`. */
  hold(): void {
    this.#held = true;
  }

  /**
   * It is for the application after all.
   * @param environ in place of the one that it had, in the same form
   */
  release(environ = this.frame): void {
    this.#held = false;
    if (this.abandoned) return;
    this.frame = environ;
    if (this.whole) {
      if (this.bodyEnded) this.submit();
    } else if (this.bodyEnded) this.#submit(false);
    else if (this.#bytes > GATHER_BYTES) this.#submit(true);
  }

  /**
   * Another than a core answers it, and gets its body as one would: what came of it, then the rest.
   */
  divert(holder: Holder): void {
    this.#held = false;
    this.streamed = true;
    this.bodyEnded ||= this.whole;
    this.assigned(holder);
  }

  /** It is answered without a core: what comes of its body is thrown away. */
  claim(): void {
    this.#held = false;
    this.finished();
  }

  /** Hands a request without a body to the dispatcher. */
  submit(): void {
    this.bodyEnded = true;
    if (this.#held || this.core !== undefined) return;
    writeHeader(this.frame, this.frame.length - FRAME_HEADER, Kind.request, 0, 0);
    this.#queue.submit(this);
  }

  #submit(streamed: boolean): void {
    this.streamed = streamed;
    const pieces = [this.frame];
    const bytes = this.#bytes;
    if (this.#addLength) pieces.push(marshalPair("CONTENT_LENGTH", String(bytes)));
    pieces.push(DICT_END, ...this.#take());
    const frame = Buffer.concat(pieces);
    writeHeader(
      frame,
      frame.length - FRAME_HEADER,
      Kind.request,
      streamed ? Flag.stream : 0,
      bytes,
    );
    this.frame = frame;
    this.#queue.submit(this);
  }
}
