/** The chunked transfer coding of a request body (RFC 9112 7.1), from bytes to parts of the body. */
import { hexDigit } from "./environ.ts";
import { TOKEN, VALUE } from "./head-bytes.ts";

const CR = 0x0d;
const LF = 0x0a;
const COLON = 0x3a;
const SEMICOLON = 0x3b;

/** Bytes of chunk extensions, and of trailers, that one body may have: they are read and thrown away. */
const MAX_EXTENSION_BYTES = 4096;
const MAX_TRAILER_BYTES = 8192;

type State =
  | "size"
  | "extension"
  | "size-lf"
  | "data"
  | "data-cr"
  | "data-lf"
  | "trailer"
  | "trailer-name"
  | "trailer-value"
  | "trailer-lf"
  | "last-lf"
  | "done";

/**
 * Decodes one body. Strict: sizes are hex digits only (no sign, no `0x`, no blanks), lines end in CRLF,
 * chunk data is followed by exactly CRLF, and trailers are field lines as in a head; leniency here is how
 * requests are smuggled.
 */
export class ChunkedDecoder {
  #state: State = "size";
  #left = 0;
  #sizeDigits = 0;
  #extension = 0;
  #trailer = 0;

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
        else if (VALUE[byte] !== 1 || ++this.#extension > MAX_EXTENSION_BYTES) return false;
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
      default:
        return ++this.#trailer <= MAX_TRAILER_BYTES && this.#trailerByte(byte);
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

  /** Trailers are checked like the fields of a head, and then thrown away (RFC 9110 6.5.1). */
  #trailerByte(byte: number): boolean {
    switch (this.#state) {
      case "trailer":
        this.#state = byte === CR ? "last-lf" : "trailer-name";
        return byte === CR || TOKEN[byte] === 1;
      case "trailer-name":
        if (byte === COLON) this.#state = "trailer-value";
        return byte === COLON || TOKEN[byte] === 1;
      case "trailer-value":
        if (byte === CR) this.#state = "trailer-lf";
        return byte === CR || VALUE[byte] === 1;
      case "trailer-lf":
        this.#state = "trailer";
        return byte === LF;
      case "last-lf":
        this.#state = "done";
        return byte === LF;
      default:
        return false;
    }
  }
}
