/**
 * The WSGI environ as a marshal dict, written straight into a request frame.
 *
 * CPython's marshal (version 4, the format of .pyc files, stable since 3.4) is a type byte and data: a
 * dict is `{`, then key and value alternately, then `0`; a string of ASCII is `z`, a length byte and the
 * bytes, or `a`, a u32 length and the bytes; any other string is `u`, a u32 length and UTF-8. WSGI strings
 * are bytes read as latin-1 (PEP 3333), so a byte from 0x80 on becomes two bytes of UTF-8.
 */
import { FRAME_HEADER } from "./frame.ts";

const DICT = 0x7b;
const END = 0x30;
const SHORT_ASCII = 0x7a;
const ASCII = 0x61;
const UNICODE = 0x75;

/** A string as marshal has it: for keys and values that are written again and again. */
export function marshalText(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  const n = bytes.length;
  if (n < 256 && bytes.every((byte) => byte < 0x80)) {
    const marshalled = Buffer.allocUnsafe(n + 2);
    marshalled[0] = SHORT_ASCII;
    marshalled[1] = n;
    bytes.copy(marshalled, 2);
    return marshalled;
  }
  const writer = new EnvironWriter();
  writer.begin(n);
  const start = writer.at;
  writer.bytes(bytes, 0, n);
  return Buffer.from(writer.buffer.subarray(start, writer.at));
}

/** A key and its value, both of ASCII. */
export function marshalPair(key: string, value: string): Buffer {
  return Buffer.concat([marshalText(key), marshalText(value)]);
}

/** Environs are cut from blocks of this many bytes; one in use keeps its block alive. */
const BLOCK_BYTES = 64 * 1024;

/**
 * Writes one environ after the other, each behind room for its frame's header. An environ is written
 * where it stays: `frame()` is a view of the block, so nothing is copied.
 */
export class EnvironWriter {
  /** The current block; changes with `begin`. */
  buffer: Buffer = Buffer.alloc(0);
  /** Where the next byte goes. */
  at = 0;
  /** Keys written so far, for the access log. */
  count = 0;
  /** Bytes that are written into an environ beside what comes from its head or packet. */
  reserve = 0;
  #start = 0;

  /**
   * Begins a new environ.
   * @param inputBytes of the head or packet that it is made from
   */
  begin(inputBytes: number): void {
    const need = FRAME_HEADER + environLimit(inputBytes) + this.reserve;
    if (this.buffer.length - this.at < need) {
      this.buffer = Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, need));
      this.at = 0;
    }
    this.#start = this.at;
    this.at += FRAME_HEADER;
    this.buffer[this.at++] = DICT;
    this.count = 0;
  }

  /** What was written since `begin`: room for a frame's header, then the environ. */
  frame(): Buffer {
    return this.buffer.subarray(this.#start, this.at);
  }

  /** Ends the environ. */
  end(): void {
    this.buffer[this.at++] = END;
  }

  /** Copies what marshalText or marshalPair made. */
  raw(marshalled: Buffer): void {
    const { buffer } = this;
    let at = this.at;
    const n = marshalled.length;
    if (n > 48) {
      marshalled.copy(buffer, at);
      at += n;
    } else {
      for (let i = 0; i < n; i++) buffer[at++] = marshalled[i] as number;
    }
    this.at = at;
  }

  /** Writes a string from bytes that are read as latin-1. */
  bytes(source: Uint8Array, start: number, end: number): void {
    const { buffer } = this;
    const n = end - start;
    let at = this.at;
    if (n < 256) {
      buffer[at] = SHORT_ASCII;
      buffer[at + 1] = n;
      at += 2;
    } else {
      buffer[at] = ASCII;
      buffer.writeUInt32LE(n, at + 1);
      at += 5;
    }
    for (let i = start; i < end; i++) {
      const byte = source[i] as number;
      if (byte >= 0x80) {
        this.#unicode(source, start, end);
        return;
      }
      buffer[at++] = byte;
    }
    this.at = at;
  }

  /** Writes a string that is the same as its bytes in latin-1. */
  text(value: string): void {
    const bytes = Buffer.from(value, "latin1");
    this.bytes(bytes, 0, bytes.length);
  }

  /** Writes a path with its %XX decoded; a % that is not followed by two hex digits stays. */
  decoded(source: Uint8Array, start: number, end: number): void {
    const plain = decodeBytes(source, start, end);
    this.bytes(plain, 0, plain.length);
  }

  #unicode(source: Uint8Array, start: number, end: number): void {
    const { buffer } = this;
    buffer[this.at] = UNICODE;
    let at = this.at + 5;
    for (let i = start; i < end; i++) {
      const byte = source[i] as number;
      if (byte < 0x80) {
        buffer[at++] = byte;
      } else {
        buffer[at++] = 0xc0 | (byte >> 6);
        buffer[at++] = 0x80 | (byte & 0x3f);
      }
    }
    buffer.writeUInt32LE(at - this.at - 5, this.at + 1);
    this.at = at;
  }
}

/** A path with its %XX decoded, one character a byte. */
export function decodePath(source: Uint8Array, start: number, end: number): string {
  return decodeBytes(source, start, end).toString("latin1");
}

function decodeBytes(source: Uint8Array, start: number, end: number): Buffer {
  const plain = Buffer.allocUnsafe(end - start);
  let n = 0;
  for (let i = start; i < end; i++) {
    let byte = source[i] as number;
    if (byte === 0x25 && i + 2 < end) {
      const high = hexDigit(source[i + 1] as number);
      const low = hexDigit(source[i + 2] as number);
      if (high >= 0 && low >= 0) {
        byte = high * 16 + low;
        i += 2;
      }
    }
    plain[n++] = byte;
  }
  return plain.subarray(0, n);
}

/** The value of a hexadecimal digit's byte, or -1. */
export function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/**
 * Bytes that the environ of a head of `headBytes` bytes can need. Each byte may become two (latin-1 as
 * UTF-8) and the target appears twice; a field of three bytes (`a:` and its line end) needs at most 16 more.
 */
function environLimit(headBytes: number): number {
  return headBytes * 8 + 4096;
}
