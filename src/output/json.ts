/** Findings as JSON, for editors and scripts. */
import type { Diagnostic } from "../diagnostic.ts";
import { placeOf } from "../source.ts";

/**
 * An array of `{file, line, column, endLine, endColumn, rule, severity, message, help}` and a line feed.
 * Lines and columns count from 1, the end is exclusive; findings without a place have null there.
 */
export function json(found: readonly Diagnostic[]): string {
  const rows = found.map(({ span, rule, severity, message, help }) => {
    const place = span ? placeOf(span) : nowhere;
    const { file, line, column, endLine, endColumn } = place;
    return { file, line, column, endLine, endColumn, rule, severity, message, help: help ?? null };
  });
  return `${JSON.stringify(rows, undefined, 2)}\n`;
}

const nowhere = { file: null, line: null, column: null, endLine: null, endColumn: null };
