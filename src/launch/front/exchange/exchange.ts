/** One request: from the moment its head is known until its answer is complete or given up. */
import { marshalPair } from "../../protocol/environ.ts";
import { Flag, FRAME_HEADER, Kind, placeBytes, writeHeader } from "../../protocol/frame.ts";
import type { Memory } from "../transport/memory.ts";
import { Via } from "./access-record.ts";
import { BodyParts } from "./body-parts.ts";
import type { Spool } from "./spool.ts";
import type { Waiting } from "./waiting.ts";

/** Bodies up to here are gathered before a core gets the request; larger ones are streamed from then on. */
export const GATHER_BYTES = 256 * 1024;
/** Bytes of body that may wait for a core before the client is paused. */
const STREAM_AHEAD_BYTES = 256 * 1024;
/** Bytes that are read of a spooled body at a time, for a core that cannot open it. */
const PUMP_BYTES = 64 * 1024;

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);
const NO_PARTS: Buffer[] = [];
const NOTHING = Buffer.alloc(0);
const DICT_END = Buffer.from("0");

/** The core that has a request, as far as the request and its connection need it. */
export interface Holder {
  readonly worker: {
    readonly id: number;
    readonly pid: number;
    readonly requests: number;
    tx: number;
  };
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

/** How bodies are kept until a core gets the request. */
export interface BodyRules {
  /** Where gathered bodies are added up. */
  readonly memory: Memory;
  /** Bytes of a body that is complete before a core gets it; what is longer is spooled. 0: none is. */
  readonly inMemory: number;
  /** Cores can open the files of spooled bodies. */
  shared: boolean;
  /** @throws Error when there can be no file */
  openSpool(wrote: (error: Error | undefined) => void): Spool;
}

/** Where requests wait for a core. */
export interface Queue {
  /** Undefined where nothing of it is wanted. */
  readonly bodies?: BodyRules | undefined;
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
  /** How many requests its worker had served with it, once it was lent a file; else 0. */
  serial = 0;
  /** Its number at the core that has it. */
  number = 0;
  /** The client has gone: the answer is of no use. */
  abandoned = false;
  answered = false;
  /** How its answer comes about, see Via; for the access log. */
  via = 0;
  /**
   * The client has gone, and the access log waits for the application's answer: gets its status, or that of a
   * failure, and the bytes of its first part.
   */
  departed: ((status: number, bytes: number) => void) | undefined;
  /** The body did not fit into the frame; BODY frames follow. */
  streamed = false;
  bodyEnded = false;
  readonly #queue: Queue;
  #held = false;
  #addLength = false;
  #kept: BodyParts | undefined;
  #paused = false;
  #spool: Spool | undefined;
  /** How much of the spool was read. */
  #spoolAt = 0;

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

  /** Bytes that were kept of its body. */
  get #bytes(): number {
    return this.#kept === undefined ? 0 : this.#kept.bytes;
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
    if (this.#spool !== undefined) {
      this.#spool.add(Buffer.from(part));
      if (this.#spool.behind) this.#pause();
      return;
    }
    this.#kept ??= new BodyParts();
    this.#kept.add(part);
    this.#count(part.length);
    const full = this.#queue.bodies?.memory.full === true;
    if (this.#held) {
      if (full || this.#bytes > GATHER_BYTES) this.#pause();
    } else if (this.streamed) {
      if (full || this.#bytes > STREAM_AHEAD_BYTES) this.#pause();
    } else this.#gathered(full);
  }

  /** What was gathered may be enough, or too much: the body goes on as a stream, or to a file. */
  #gathered(full: boolean): void {
    const inMemory = this.#queue.bodies?.inMemory ?? 0;
    if (inMemory === 0) {
      if (full || this.#bytes > GATHER_BYTES) this.#submit(true);
    } else if (full || this.#bytes > inMemory) this.#startSpool();
  }

  /**
   * The body is complete.
   * @param addLength tell the application its length, because the client did not
   */
  endBody(addLength: boolean): void {
    this.bodyEnded = true;
    this.#addLength = addLength;
    if (this.#held || this.answered || this.abandoned) return;
    if (this.#spool !== undefined) this.#spooled();
    else if (this.streamed) this.core?.sendBody(NOTHING, Flag.final);
    else this.#submit(false);
  }

  /** A core has the request: what came of the body in the meantime follows. */
  assigned(core: Holder): void {
    this.core = core;
    if (!this.streamed) return;
    if (this.#spool !== undefined) {
      this.#pump(this.#spool, core);
      return;
    }
    for (const part of this.#take()) core.sendBody(part, 0);
    if (this.bodyEnded) core.sendBody(NOTHING, Flag.final);
    if (core.bodyBacklog <= STREAM_AHEAD_BYTES) this.coreDrained();
  }

  /** The core has taken what was sent; go on reading. */
  coreDrained(): void {
    if (this.#spool !== undefined && this.streamed && this.core !== undefined)
      this.#pump(this.#spool, this.core);
    this.#resume();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.waiting.resumeBody();
  }

  /** The answer is complete, so nobody reads what is still to come of the body. */
  finished(): void {
    this.answered = true;
    if (this.#unsent) this.core?.sendBody(NOTHING, Flag.abort);
    this.core = undefined;
    this.#drop();
    this.#resume();
  }

  /** It is answered without a core that would answer: 502, 503 or 504. */
  refuse(status: number): void {
    this.answered = true;
    this.#drop();
    this.waiting.fail(status);
  }

  /** The core expects more of the body. */
  get #unsent(): boolean {
    return this.streamed && (!this.bodyEnded || this.#spool !== undefined);
  }

  /** Nobody needs what was kept of the body. */
  #drop(): void {
    this.#take();
    this.#spool?.close();
    this.#spool = undefined;
  }

  /** The core is done with it, but not the front: the answer's body comes from a file. */
  lent(): void {
    const { core } = this;
    this.finished();
    this.core = core;
    this.via = Via.sendfile;
    if (core !== undefined) this.serial = core.worker.requests + 1;
  }

  /** The client has gone. */
  abandon(): void {
    if (this.abandoned || this.answered) return;
    this.abandoned = true;
    if (this.core === undefined) this.#queue.forget(this);
    else if (this.#unsent) this.core.sendBody(NOTHING, Flag.abort);
    this.bodyEnded = true;
    this.#drop();
    this.core?.abandoned(this);
  }

  /** The parts that were kept, which are the caller's then. */
  #take(): Buffer[] {
    const kept = this.#kept;
    if (kept === undefined) return NO_PARTS;
    this.#kept = undefined;
    this.#count(-kept.bytes);
    return kept.take();
  }

  #count(bytes: number): void {
    const rules = this.#queue.bodies;
    if (rules !== undefined) rules.memory.bytes += bytes;
  }

  /** From here on the body goes to a file, what was gathered first. */
  #startSpool(): void {
    try {
      this.#spool = this.#queue.bodies?.openSpool((error) => {
        if (error) this.#unspooled(error);
        else this.#spooled();
      });
    } catch (error) {
      this.#unspooled(error);
      return;
    }
    for (const part of this.#take()) this.#spool?.add(part);
  }

  /** There is no file, or no room in it. */
  #unspooled(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    console.error(`tsuwsgi: a request's body could not be written to a file: ${reason}`);
    this.refuse(503);
  }

  /** Something was written, or the body has ended: goes on, if that was all. */
  #spooled(): void {
    const spool = this.#spool;
    if (spool === undefined || this.#held) return;
    if (!this.bodyEnded) {
      if (!spool.behind) this.#resume();
    } else if (spool.written) this.#submit(this.#queue.bodies?.shared !== true);
  }

  /** Sends what is in the file to a core that cannot open it, as fast as it takes it. */
  #pump(spool: Spool, core: Holder): void {
    if (!spool.written || core.bodyBacklog > STREAM_AHEAD_BYTES) return;
    if (this.#spoolAt === spool.size) {
      this.#drop();
      core.sendBody(NOTHING, Flag.final);
      return;
    }
    const buffer = Buffer.allocUnsafe(Math.min(PUMP_BYTES, spool.size - this.#spoolAt));
    spool.read(buffer, this.#spoolAt, (count) => {
      if (this.core !== core) return;
      if (count <= 0) {
        core.sendBody(NOTHING, Flag.abort);
        this.#drop();
        return;
      }
      this.#spoolAt += count;
      core.sendBody(buffer.subarray(0, count), 0);
      this.#pump(spool, core);
    });
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
    else {
      this.#gathered(this.#queue.bodies?.memory.full === true);
      if (!this.streamed) this.#resume();
    }
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
    const spool = this.#spool;
    const length = spool?.size ?? this.#bytes;
    if (this.#addLength) pieces.push(marshalPair("CONTENT_LENGTH", String(length)));
    const parts = spool === undefined ? this.#take() : streamed ? NO_PARTS : [placeOf(spool)];
    pieces.push(DICT_END, ...parts);
    const frame = Buffer.concat(pieces);
    const flags = streamed ? Flag.stream : spool === undefined ? 0 : Flag.spooled;
    const inFrame = parts.reduce((sum, part) => sum + part.length, 0);
    writeHeader(frame, frame.length - FRAME_HEADER, Kind.request, flags, inFrame);
    this.frame = frame;
    this.#queue.submit(this);
  }
}

/** Where a spooled body is, for a core that can open it. */
function placeOf({ file, inode, size }: Spool): Buffer {
  const place = { pid: process.pid, descriptor: file.fd, inode, offset: 0, length: size };
  return placeBytes(place);
}
