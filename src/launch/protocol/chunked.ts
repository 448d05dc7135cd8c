/** The chunked transfer coding of a request body (RFC 9112 7.1), from bytes to parts of the body. */
import { hexDigit } from "./environ.ts";

const CR = 0x0d;
const LF = 0x0a;
const SEMICOLON = 0x3b;

/** Bytes of chunk extensions, and of trailers, that one body may have: they are read and thrown away. */
const MAX_EXTENSION_BYTES = 4096;
const MAX_TRAILER_BYTES = 8192;

type State = "size" | "extension" | "size-lf" | "data" | "data-cr" | "data-lf" | "trailer" | "done";

/**
 * Decodes one body. Strict: sizes are hex digits only (no sign, no `0x`, no blanks), lines end in CRLF,
 * and chunk data is followed by exactly CRLF; leniency here is how requests are smuggled.
 */
export class ChunkedDecoder {
  #state: State = "size";
  #left = 0;
  #sizeDigits = 0;
  #extension = 0;
  #trailer = 0;
  /** Bytes of the current trailer line; the empty one ends the body. */
  #line = 0;
  #lastWasCr = false;

  /** True when the last chunk and its trailers were read. */
  get done(): boolean {
    return this.#state === "done";
  }

  /**
   * Decodes `data` from `start` on.
   * @param part gets each piece of the body, lent for the call
   * @returns the offset behind what was used (less than the end only when the body is done), or -1 when
   *   the bytes are not a chunked body
   */
  push(data: Buffer, start: number, part: (piece: Buffer) => void): number {
    let at = start;
    while (at < data.length && this.#state !== "done") {
      if (this.#state === "data") {
        const end = Math.min(data.length, at + this.#left);
        this.#left -= end - at;
        part(data.subarray(at, end));
        at = end;
        if (this.#left === 0) this.#state = "data-cr";
      } else if (!this.#byte(data[at++] as number)) {
        return -1;
      }
    }
    return at;
  }

  /** Takes one byte that is not chunk data; false when it may not stand there. */
  #byte(byte: number): boolean {
    switch (this.#state) {
      case "size":
        return this.#size(byte);
      case "extension":
        if (byte === CR) this.#state = "size-lf";
        else if (byte === LF || ++this.#extension > MAX_EXTENSION_BYTES) return false;
        return true;
      case "size-lf":
        if (byte !== LF) return false;
        this.#sizeDigits = 0;
        this.#state = this.#left === 0 ? "trailer" : "data";
        return true;
      case "data-cr":
        this.#state = "data-lf";
        return byte === CR;
      case "data-lf":
        this.#state = "size";
        return byte === LF;
      case "trailer":
        return this.#trailerByte(byte);
      default:
        return false;
    }
  }

  #size(byte: number): boolean {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      // 12 digits are more than any body has, and still exact in a number.
      if (++this.#sizeDigits > 12) return false;
      this.#left = this.#left * 16 + digit;
      return true;
    }
    if (this.#sizeDigits === 0) return false;
    if (byte === CR) this.#state = "size-lf";
    else if (byte === SEMICOLON) this.#state = "extension";
    else return false;
    return true;
  }

  #trailerByte(byte: number): boolean {
    if (++this.#trailer > MAX_TRAILER_BYTES) return false;
    if (this.#lastWasCr) {
      if (byte !== LF) return false;
      this.#lastWasCr = false;
      if (this.#line === 0) this.#state = "done";
      this.#line = 0;
    } else if (byte === CR) {
      this.#lastWasCr = true;
    } else {
      if (byte === LF) return false;
      this.#line++;
    }
    return true;
  }
}
