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

/**
 * The line and column of an offset.
 * @param text the whole text
 * @param offset UTF-16 offset; past the end counts as the end
 * @returns line and column, both from 1; columns count UTF-16 units
 */
function lineColumn(text: string, offset: number): { line: number; column: number } {
  const end = Math.min(offset, text.length);
  let line = 1;
  let start = 0;
  for (let at = text.indexOf("\n"); at >= 0 && at < end; at = text.indexOf("\n", at + 1)) {
    line++;
    start = at + 1;
  }
  return { line, column: end - start + 1 };
}

/** The place of a span, ready to print. */
export function placeOf(span: Span): Place {
  const from = lineColumn(span.source.text, span.start);
  const to = lineColumn(span.source.text, span.end);
  return {
    file: span.source.name,
    line: from.line,
    column: from.column,
    endLine: to.line,
    endColumn: to.column,
  };
}
