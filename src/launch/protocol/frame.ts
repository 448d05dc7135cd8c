/**
 * Frames between the front and one core of a worker, over a stream socket. Mirrored by
 * python/tsuwsgi/frames.py.
 *
 * Every frame is a header of 16 bytes, little-endian, and a payload:
 *
 *     u32 length   bytes of payload
 *     u8  kind     see Kind
 *     u8  flags    see Flag
 *     u16 status   ANSWER: the HTTP status
 *     u32 number   which request of this core, from 1
 *     u32 part     REQUEST: bytes of body at the end of the payload; ANSWER, FILE: bytes of head at its start
 *
 * Front to core: REQUEST (a marshal dict, then the body as far as it is known), BODY, OPENED, QUIT.
 * Core to front: HELLO (JSON) once, then for each request either SKIPPED, or ANSWER (head and the first
 * part of the body) and DATA until one of them has FINAL, or FILE (head, and a Place in place of the body):
 * the front opens that file and says so with OPENED. DEADLINE, before the answer: how many seconds the request
 * has from now, in place of `part`; 0 takes that back.
 * Answers come in the order of the requests.
 */

export const FRAME_HEADER = 16;

/** What a frame is. */
export const Kind = {
  request: 1,
  body: 2,
  quit: 3,
  opened: 4,
  hello: 16,
  answer: 17,
  data: 18,
  skipped: 19,
  file: 20,
  deadline: 21,
} as const;

/** Bits of a frame's flags; which kinds they belong to is in the name's comment. */
export const Flag = {
  /** REQUEST: the rest of the body comes in BODY frames. */
  stream: 1,
  /** REQUEST: the answer may be a FILE. */
  files: 2,
  /** REQUEST: the body is a file, whose Place takes its place. */
  spooled: 4,
  /** BODY, ANSWER, DATA: nothing follows. */
  final: 1,
  /** BODY, ANSWER, DATA: what was sent so far is not the whole, and the rest will not come. */
  abort: 2,
  /** ANSWER: the head has a Content-Length. */
  length: 4,
  /** ANSWER: the head has a Date. */
  date: 8,
  /** ANSWER: the head has a Server. */
  server: 64,
  /** ANSWER: the application asks to close the connection. */
  close: 16,
  /** ANSWER, DATA: the application raised. */
  exception: 32,
  /** ANSWER without exception: the body is that of a wsgi.file_wrapper. */
  file: 128,
  /** ANSWER, DATA with exception: the worker should be replaced for that. */
  worn: 128,
} as const;

/** Writes a header at the start of `frame`. */
export function writeHeader(
  frame: Buffer,
  length: number,
  kind: number,
  flags: number,
  part: number,
): void {
  frame.writeUInt32LE(length, 0);
  frame[4] = kind;
  frame[5] = flags;
  frame[6] = 0;
  frame[7] = 0;
  frame.writeUInt32LE(0, 8);
  frame.writeUInt32LE(part, 12);
}

/** A BODY frame for a part of a streamed body. */
export function bodyFrame(part: Buffer, flags: number): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEADER + part.length);
  writeHeader(frame, part.length, Kind.body, flags, 0);
  frame.set(part, FRAME_HEADER);
  return frame;
}

/** The QUIT frame: the core closes when it has answered what came before. */
export function quitFrame(): Buffer {
  const header = Buffer.allocUnsafe(FRAME_HEADER);
  writeHeader(header, 0, Kind.quit, 0, 0);
  return header;
}

/** The OPENED frame: what was lent for this request may be closed. */
export function openedFrame(number: number): Buffer {
  const header = Buffer.allocUnsafe(FRAME_HEADER);
  writeHeader(header, 0, Kind.opened, 0, 0);
  header.writeUInt32LE(number, 8);
  return header;
}

/** Where a process has bytes in an open file: u32 pid, u32 descriptor, u64 inode, u64 offset, u64 length. */
export interface Place {
  readonly pid: number;
  readonly descriptor: number;
  /** So that a descriptor that means another file by now is noticed. */
  readonly inode: bigint;
  readonly offset: number;
  readonly length: number;
}

const PLACE_BYTES = 32;

/** The bytes of a Place. */
export function placeBytes(place: Place): Buffer {
  const bytes = Buffer.allocUnsafe(PLACE_BYTES);
  bytes.writeUInt32LE(place.pid, 0);
  bytes.writeUInt32LE(place.descriptor, 4);
  bytes.writeBigUInt64LE(place.inode, 8);
  bytes.writeBigUInt64LE(BigInt(place.offset), 16);
  bytes.writeBigUInt64LE(BigInt(place.length), 24);
  return bytes;
}

/** @throws Error when it is none */
function readPlace(bytes: Buffer): Place {
  if (bytes.length !== PLACE_BYTES) throw new Error(`a file's place of ${bytes.length} bytes`);
  const place = {
    pid: bytes.readUInt32LE(0),
    descriptor: bytes.readUInt32LE(4),
    inode: bytes.readBigUInt64LE(8),
    offset: Number(bytes.readBigUInt64LE(16)),
    length: Number(bytes.readBigUInt64LE(24)),
  };
  if (!Number.isSafeInteger(place.offset + place.length)) throw new Error("a file without bounds");
  return place;
}

/** What a FrameReader finds. Buffers are only lent for the duration of the call. */
export interface FrameSink {
  hello(payload: Buffer): void;
  skipped(number: number): void;
  /** `body` is what has arrived of it; `bodyLeft` bytes of this frame come later through `data`. */
  answer(
    number: number,
    status: number,
    flags: number,
    head: Buffer,
    body: Buffer,
    bodyLeft: number,
  ): void;
  /** More of a body; `flags` are the frame's, `left` bytes of the frame come later. */
  data(flags: number, chunk: Buffer, left: number): void;
  /** An answer whose body is in a file. */
  file(number: number, status: number, flags: number, head: Buffer, place: Place): void;
  /** So many seconds from now the request may take; 0: no such limit. */
  deadline(number: number, seconds: number): void;
}

/** Heads larger than this are a broken worker, not an answer. */
const MAX_HEAD_BYTES = 16 * 1024 * 1024;

/**
 * Cuts what a core sends into frames, whatever the pieces it arrives in. Payloads of bodies are handed on
 * as they come, so a large one is never gathered.
 */
export class FrameReader {
  readonly #sink: FrameSink;
  #rest: Buffer | undefined;
  /** Payload bytes of the current frame that have not arrived, and its flags. */
  #left = 0;
  #flags = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /**
   * Takes the next bytes, which are only lent for the call.
   * @throws Error when they are not frames: the worker is broken and its connection must be closed
   */
  push(chunk: Buffer): void {
    let data = chunk;
    if (this.#rest !== undefined) {
      data = Buffer.concat([this.#rest, chunk]);
      this.#rest = undefined;
    }
    let at = 0;
    while (at < data.length) {
      if (this.#left > 0) {
        const end = Math.min(data.length, at + this.#left);
        this.#left -= end - at;
        const part = at === 0 && end === data.length ? data : data.subarray(at, end);
        at = end;
        this.#sink.data(this.#flags, part, this.#left);
        continue;
      }
      const used = this.#frame(data, at);
      if (used === 0) break;
      at += used;
    }
    // Copied, because it is only lent.
    if (at < data.length) this.#rest = Buffer.from(data.subarray(at));
  }

  /** Reads one frame at `at`; returns the bytes used, 0 when more are needed first. */
  #frame(data: Buffer, at: number): number {
    const have = data.length - at - FRAME_HEADER;
    if (have < 0) return 0;
    const length = data.readUInt32LE(at);
    const kind = data[at + 4];
    const flags = data[at + 5] ?? 0;
    const number = data.readUInt32LE(at + 8);
    const start = at + FRAME_HEADER;
    switch (kind) {
      case Kind.answer: {
        const head = data.readUInt32LE(at + 12);
        if (head > length || head > MAX_HEAD_BYTES) throw new Error(`answer head of ${head} bytes`);
        if (have < head) return 0;
        const bodyEnd = start + Math.min(have, length);
        this.#left = length - (bodyEnd - start);
        this.#flags = flags;
        this.#sink.answer(
          number,
          data.readUInt16LE(at + 6),
          flags,
          data.subarray(start, start + head),
          data.subarray(start + head, bodyEnd),
          this.#left,
        );
        return bodyEnd - at;
      }
      case Kind.data: {
        const end = start + Math.min(have, length);
        this.#left = length - (end - start);
        this.#flags = flags;
        this.#sink.data(flags, data.subarray(start, end), this.#left);
        return end - at;
      }
      case Kind.file: {
        const head = data.readUInt32LE(at + 12);
        if (head + PLACE_BYTES !== length || head > MAX_HEAD_BYTES)
          throw new Error(`a file's head of ${head} bytes in ${length}`);
        if (have < length) return 0;
        this.#sink.file(
          number,
          data.readUInt16LE(at + 6),
          flags,
          data.subarray(start, start + head),
          readPlace(data.subarray(start + head, start + length)),
        );
        return FRAME_HEADER + length;
      }
      case Kind.deadline:
        if (length > 0) throw new Error(`deadline frame of ${length} bytes`);
        this.#sink.deadline(number, data.readUInt32LE(at + 12));
        return FRAME_HEADER;
      case Kind.skipped:
        if (length > 0) throw new Error(`skipped frame of ${length} bytes`);
        this.#sink.skipped(number);
        return FRAME_HEADER;
      case Kind.hello:
        if (length > MAX_HEAD_BYTES) throw new Error(`hello of ${length} bytes`);
        if (have < length) return 0;
        this.#sink.hello(data.subarray(start, start + length));
        return FRAME_HEADER + length;
      default:
        throw new Error(`frame of unknown kind ${kind}`);
    }
  }
}
