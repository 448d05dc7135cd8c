/** OPTIONS and COMMENTS -> lines in one order, with the blank lines of the original between them. */
import type { Entry } from "../../read/entry.ts";
import type { Comment } from "./comments.ts";
import type { DocumentLine } from "./document.ts";

/**
 * One list of lines. A comment that stands behind an option, on its line, comes to stand above it,
 * because an ini has no such comments.
 */
export function arrange(entries: readonly Entry[], comments: readonly Comment[]): DocumentLine[] {
  const placed: Placed[] = [];
  let next = 0;
  const placeUpTo = (offset: number) => {
    for (let comment = comments[next]; comment; comment = comments[++next]) {
      if (comment.span.start >= offset) break;
      place(placed, comment);
    }
  };
  for (const entry of entries) {
    placeUpTo(entry.valueSpan.start);
    placed.push({ kind: "option", entry, ...optionRange(entry) });
  }
  placeUpTo(Number.POSITIVE_INFINITY);
  return placed.flatMap((item, index): DocumentLine[] => {
    const gap = hasGap(placed[index - 1], item);
    if (item.kind === "option") return [{ kind: "option", entry: item.entry, gap }];
    return item.comment.lines.map((text, line) => ({
      kind: "comment",
      text,
      gap: gap && line === 0,
    }));
  });
}

type Placed =
  | { readonly kind: "option"; readonly entry: Entry; readonly start: number; readonly end: number }
  | {
      readonly kind: "comment";
      readonly comment: Comment;
      readonly start: number;
      readonly end: number;
    };

/** An item of a list has its own place, the name of the list another's. */
function optionRange({ keySpan, valueSpan }: Entry): { start: number; end: number } {
  return { start: valueSpan.start, end: Math.max(keySpan.end, valueSpan.end) };
}

function place(placed: Placed[], comment: Comment): void {
  const { source, start, end } = comment.span;
  const last = placed.at(-1);
  const item = { kind: "comment" as const, comment, start, end };
  // A value of several lines ends with its last line break.
  if (last?.kind === "option" && !source.text.slice(last.end - 1, start).includes("\n")) {
    placed.splice(-1, 0, { ...item, start: last.start, end: last.start });
  } else {
    placed.push(item);
  }
}

/** Whether a blank line stood above it. */
function hasGap(before: Placed | undefined, item: Placed): boolean {
  if (!before) return false;
  const span = item.kind === "option" ? item.entry.keySpan : item.comment.span;
  const start = span.start < before.end ? item.start : span.start;
  const between = span.source.text.slice(Math.max(0, before.end - 1), start);
  return /\n[ \t\r]*\n[^\n]*$/.test(between);
}
