/**
 * The head of an SCGI request: a netstring (decimal length, `:`, that many bytes, `,`) of variables, each
 * name and value ended by a NUL. The first is CONTENT_LENGTH, and one is `SCGI` = `1`; the body follows.
 */
import type { CgiVariables } from "./cgi-variables.ts";
import { digits } from "./head-bytes.ts";

/** Digits that a length may have: more than any buffer-size. */
const LENGTH_DIGITS = 6;

const COLON = 0x3a;
const COMMA = 0x2c;
const ZERO = 0x30;

/** Where a head lies in what has come of it. */
export interface Netstring {
  /** Offset of the first byte of the variables. */
  readonly start: number;
  /** Offset behind the last one, where the comma is. */
  readonly end: number;
}

/**
 * Reads the length at the beginning of a head.
 * @returns undefined when more bytes are needed, false when this is no netstring
 */
export function netstring(data: Buffer): Netstring | undefined | false {
  const colon = data.subarray(0, LENGTH_DIGITS + 1).indexOf(COLON);
  const known = colon < 0 ? Math.min(data.length, LENGTH_DIGITS + 1) : colon;
  for (let at = 0; at < known; at++) if (!isDigit(data[at])) return false;
  if (colon < 0) return data.length > LENGTH_DIGITS ? false : undefined;
  // A length has no zeros in front, and an empty netstring has no CONTENT_LENGTH.
  if (colon === 0 || data[0] === ZERO) return false;
  const start = colon + 1;
  return { start, end: start + digits(data, 0, colon) };
}

/**
 * Reads a head's variables.
 * @param data at least the whole head with its comma
 * @returns false when they are not well-formed
 */
export function readVariables(
  data: Buffer,
  { start, end }: Netstring,
  variables: CgiVariables,
): boolean {
  if (data[end] !== COMMA || data[end - 1] !== 0) return false;
  variables.begin(end - start);
  let first = true;
  let isScgi = false;
  for (let at = start; at < end; ) {
    const nameEnd = data.indexOf(0, at);
    const valueEnd = data.indexOf(0, nameEnd + 1);
    if (nameEnd === at || nameEnd >= end || valueEnd < 0 || valueEnd >= end) return false;
    const name = data.toString("latin1", at, nameEnd);
    // Once and first, and with a value.
    if (first !== (name === "CONTENT_LENGTH") || (first && valueEnd === nameEnd + 1)) return false;
    if (name === "SCGI") isScgi = data.toString("latin1", nameEnd + 1, valueEnd) === "1";
    if (!variables.add(data, at, nameEnd, nameEnd + 1, valueEnd)) return false;
    first = false;
    at = valueEnd + 1;
  }
  if (!isScgi) return false;
  variables.complete();
  return true;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= 0x39;
}
