/** What every reader produces: the options of one text, in order, untouched but for the format's own quoting. */
import type { Span } from "../source.ts";

/** One option as it was written. */
export interface Entry {
  readonly key: string;
  /** The text that uWSGI would see: the empty string for a bare key in an ini, `true` for a bare flag in argv. */
  readonly value: string;
  readonly keySpan: Span;
  /** Empty, at the end of the key, when nothing was written. */
  readonly valueSpan: Span;
}

/** A flag that stands alone on the command line: uWSGI keeps no value for it, and shows `true`. */
export function isBareFlag({ value, valueSpan }: Entry): boolean {
  return value === "true" && valueSpan.end === valueSpan.start;
}
