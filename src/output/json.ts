/** Findings as JSON, for editors and scripts. */
import type { Diagnostic } from "../diagnostic.ts";
import { includeChain } from "../diagnostic.ts";
import { placeOf } from "../source.ts";

/**
 * An array of `{file, line, column, endLine, endColumn, rule, severity, message, help}` and a line feed.
 * A finding in an included file has `includedFrom` as well, `{file, line, column}` of each option that led
 * there, the nearest first. Lines and columns count from 1, the end is exclusive; findings without a place have null there.
 */
export function json(found: readonly Diagnostic[]): string {
  const rows = found.map((diagnostic) => {
    const { span, rule, severity, message, help } = diagnostic;
    const place = span ? placeOf(span) : nowhere;
    const { file, line, column, endLine, endColumn } = place;
    const row = { file, line, column, endLine, endColumn, rule, severity, message };
    const chain = includeChain(diagnostic).map(({ file, line, column }) => ({
      file,
      line,
      column,
    }));
    return { ...row, help: help ?? null, ...(chain.length > 0 ? { includedFrom: chain } : {}) };
  });
  return `${JSON.stringify(rows, undefined, 2)}\n`;
}

const nowhere = { file: null, line: null, column: null, endLine: null, endColumn: null };
