/** Where findings about an option point. */
import type { Entry } from "../read/entry.ts";
import type { Span } from "../source.ts";

/** The value's place, or the key's when no value was written. */
export function spanOrKey({ keySpan, valueSpan }: Entry): Span {
  return valueSpan.end > valueSpan.start ? valueSpan : keySpan;
}

/** A part of a value, where the value was written as it is; else the whole. */
export function partOfValue({ value, valueSpan }: Entry, from: number, to: number): Span {
  const { source, start, end } = valueSpan;
  if (source.text.slice(start, end) !== value) return valueSpan;
  return { source, start: start + from, end: start + to };
}
