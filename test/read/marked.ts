import type { Diagnostic } from "../../src/diagnostic.ts";
import { locate } from "../../src/diagnostic.ts";
import type { Entry } from "../../src/read/entry.ts";
import type { Span } from "../../src/source.ts";

/** Findings as `file:line:column severity rule`. */
export function brief(found: readonly Diagnostic[]): string[] {
  return found.map(
    (diagnostic) => `${locate(diagnostic)} ${diagnostic.severity} ${diagnostic.rule}`,
  );
}

/** The text that a span covers. */
export function textOf({ source, start, end }: Span): string {
  return source.text.slice(start, end);
}

/** What an entry's spans cover. */
export function written({ keySpan, valueSpan }: Entry): [string, string] {
  return [textOf(keySpan), textOf(valueSpan)];
}
