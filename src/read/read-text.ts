/** Text as a parser sees it, with the way back to the text that somebody wrote. */
import type { Source, Span } from "../source.ts";

/** One piece of the written text and the piece that stands for it in the parsed text, as half-open ranges. */
export interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly writtenStart: number;
  readonly writtenEnd: number;
}

/** A source after replacements: what parsers work on. */
export interface ReadText {
  readonly source: Source;
  readonly text: string;
  /** The place in the source of a range of `text`; a replaced piece counts as a whole. */
  readonly span: (start: number, end: number) => Span;
}

/** @param replacements in order, not overlapping */
export function readText(
  source: Source,
  text: string,
  replacements: readonly Replacement[],
): ReadText {
  const span = (start: number, end: number): Span => {
    const from = writtenStart(replacements, start);
    return { source, start: from, end: Math.max(from, writtenEnd(replacements, end)) };
  };
  return { source, text, span };
}

function writtenStart(replacements: readonly Replacement[], offset: number): number {
  const last = lastBefore(replacements, offset + 1);
  if (!last) return offset;
  return offset < last.end ? last.writtenStart : offset - last.end + last.writtenEnd;
}

function writtenEnd(replacements: readonly Replacement[], offset: number): number {
  const last = lastBefore(replacements, offset);
  if (!last) return offset;
  return offset <= last.end ? last.writtenEnd : offset - last.end + last.writtenEnd;
}

/** The last replacement that starts before the offset, by bisection. */
function lastBefore(replacements: readonly Replacement[], offset: number): Replacement | undefined {
  let low = 0;
  let high = replacements.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((replacements[middle]?.start ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  return replacements[low - 1];
}
