/** Looking at a head's bytes: where it ends, what is the same, which bytes are of a kind. */

/** 1: token character (RFC 9110 5.6.2). */
export const TOKEN = table(
  "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
);
/** 1: allowed in a field value (RFC 9110 5.5): tab, visible ASCII, space, obs-text. */
export const VALUE = range([0x09, 0x09], [0x20, 0x7e], [0x80, 0xff]);

const CR = 0x0d;
const LF = 0x0a;

/** Up to here it costs less to parse on than to look for the end first. */
const QUICK_HEAD_BYTES = 4096;

/**
 * Where a head ends, or that it cannot be one.
 * @param seen bytes of `data` that were looked through before, in vain: a head that comes byte by byte is
 *   not to cost its square
 * @returns the offset behind an empty line, perhaps not the first; 0 when more bytes are needed; -1 for a line that ends in a
 *   bare LF, or a first byte that begins no head (TLS on this port), which no later byte can mend
 */
export function findHeadEnd(data: Buffer, start: number, limit: number, seen = 0): number {
  const last = data.length;
  // The usual case: nothing behind the empty line. An empty line before it is the parser's to find.
  if (
    last - start >= 4 &&
    last - start <= Math.min(limit, QUICK_HEAD_BYTES) &&
    data[last - 1] === LF &&
    data[last - 2] === CR &&
    data[last - 3] === LF &&
    data[last - 4] === CR
  ) {
    return last;
  }
  const at = data.indexOf("\r\n\r\n", Math.max(start, seen - 3), "latin1");
  if (at >= 0) return at + 4;
  if (start < last && TOKEN[data[start] as number] !== 1 && data[start] !== CR) return -1;
  for (let lf = data.indexOf(LF, Math.max(start, seen)); lf >= 0; lf = data.indexOf(LF, lf + 1)) {
    if (lf === start || data[lf - 1] !== CR) return -1;
  }
  return 0;
}

/** Without blanks and tabs around it; `trim` takes more, and a regular expression can take long. */
export function withoutBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && (text[start] === " " || text[start] === "\t")) start++;
  while (end > start && (text[end - 1] === " " || text[end - 1] === "\t")) end--;
  return text.slice(start, end);
}

/** Whether a name, in lower case, stands in `data`, in whatever case. */
export function sameName(name: Uint8Array, data: Buffer, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let i = 0; i < name.length; i++) {
    let byte = data[start + i] as number;
    if (byte >= 0x41 && byte <= 0x5a) byte |= 0x20;
    if (byte !== name[i]) return false;
  }
  return true;
}

/** Whether these bytes stand in `data`. */
export function sameBytes(bytes: Uint8Array, data: Buffer, start: number, end: number): boolean {
  if (bytes.length !== end - start) return false;
  for (let i = 0; i < bytes.length; i++) if (data[start + i] !== bytes[i]) return false;
  return true;
}

/** A Content-Length, or -1: digits only, and no more than a number can hold exactly. */
export function digits(data: Uint8Array, start: number, end: number): number {
  if (start === end || end - start > 15) return -1;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = (data[i] as number) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** The hash by which names and methods are looked up; it folds case, and some other characters too. */
export function hashOf(bytes: Uint8Array): number {
  let hash = 5381;
  for (const byte of bytes) hash = Math.imul(hash, 33) ^ (byte | 0x20);
  return hash;
}

/** 1 for each of the characters, 0 for all other bytes. */
export function table(characters: string): Uint8Array {
  const allowed = new Uint8Array(256);
  for (let i = 0; i < characters.length; i++) allowed[characters.charCodeAt(i)] = 1;
  return allowed;
}

/** 1 for each byte in one of the ranges, both ends included. */
export function range(...ranges: readonly (readonly [number, number])[]): Uint8Array {
  const allowed = new Uint8Array(256);
  for (const [from, to] of ranges) allowed.fill(1, from, to + 1);
  return allowed;
}
