/** Where text came from, and how to point at a part of it. */

/** One text that entries are read from: a file, standard input, the environment or the command line. */
export interface Source {
  /** What messages call it: a path as the person gave it, or `(command line)`. */
  readonly name: string;
  readonly text: string;
}

/** A half-open range of UTF-16 offsets in a source. */
export interface Span {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

/** A span as people read it: lines and columns count from 1, the end is exclusive. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** The place of a span, ready to print; columns count UTF-16 units, and past the end is the end. */
export function placeOf(span: Span): Place {
  const from = lineColumn(span.source, span.start);
  const to = span.end === span.start ? from : lineColumn(span.source, span.end);
  return {
    file: span.source.name,
    line: from.line,
    column: from.column,
    endLine: to.line,
    endColumn: to.column,
  };
}

/** Where the lines of a text begin, found once: thousands of findings may ask for their places. */
const lineTables = new WeakMap<Source, readonly number[]>();

function lineColumn(source: Source, offset: number): { line: number; column: number } {
  const starts = lineStarts(source);
  const at = Math.min(offset, source.text.length);
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return { line: low, column: at - (starts[low - 1] ?? 0) + 1 };
}

function lineStarts(source: Source): readonly number[] {
  const known = lineTables.get(source);
  if (known) return known;
  const starts = [0];
  for (let at = source.text.indexOf("\n"); at >= 0; at = source.text.indexOf("\n", at + 1)) {
    starts.push(at + 1);
  }
  lineTables.set(source, starts);
  return starts;
}
