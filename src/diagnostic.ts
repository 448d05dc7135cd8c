/** Findings about a configuration: values that every stage reports and nobody throws. */
import type { Place, Source, Span } from "./source.ts";
import { placeOf } from "./source.ts";

/** `error` stops the start; `warning` is shown and the start goes on. */
export type Severity = "error" | "warning";

/** One finding. `span` is absent only when the fault has no place in any text (a missing file given as `-`). */
export interface Diagnostic {
  /** Stable kebab-case name of the rule, e.g. `unknown-option`. */
  readonly rule: string;
  readonly severity: Severity;
  /** What is wrong and what was expected, one sentence without a final full stop. */
  readonly message: string;
  readonly span: Span | undefined;
  /** What to do about it; absent when the message says it all. */
  readonly help?: string;
  /** The `ini = …` values that led to the text at fault, outermost first. */
  readonly includes?: readonly Span[];
}

/** Takes a finding; never throws. Every stage gets one. */
export type Report = (diagnostic: Diagnostic) => void;

/** A report that keeps what it was given. */
export function collector(): { report: Report; found: Diagnostic[] } {
  const found: Diagnostic[] = [];
  return { report: (diagnostic) => found.push(diagnostic), found };
}

/**
 * Sorts findings by source, place, rule and message, and drops repeats.
 * Sources keep the order in which they first appear; findings without a place come first.
 */
export function sortDiagnostics(found: readonly Diagnostic[]): Diagnostic[] {
  const order = new Map<Source | undefined, number>([[undefined, -1]]);
  for (const { span } of found) if (!order.has(span?.source)) order.set(span?.source, order.size);
  const rank = (d: Diagnostic) => order.get(d.span?.source) ?? 0;
  const sorted = [...found].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      (a.span?.start ?? 0) - (b.span?.start ?? 0) ||
      compareText(a.rule, b.rule) ||
      compareText(a.message, b.message),
  );
  return sorted.filter((d, i) => i === 0 || !same(d, sorted[i - 1]));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function same(a: Diagnostic, b: Diagnostic | undefined): boolean {
  return (
    b !== undefined &&
    a.rule === b.rule &&
    a.message === b.message &&
    a.span?.source === b.span?.source &&
    a.span?.start === b.span?.start
  );
}

/** `file:line:column` of a finding, or an empty string when it has no place. */
export function locate(diagnostic: Diagnostic): string {
  if (!diagnostic.span) return "";
  const { file, line, column } = placeOf(diagnostic.span);
  return `${file}:${line}:${column}`;
}

/**
 * The options that led to the file of a finding, the nearest first. What the command line or the
 * environment named is not among them: there is nothing to look up there.
 */
export function includeChain({ includes = [] }: Pick<Diagnostic, "includes">): Place[] {
  return includes
    .filter(({ source }) => !source.name.startsWith("("))
    .map(placeOf)
    .reverse();
}
