/** Findings as people read them: place, message, the line with the fault underlined, what to do. */
import type { Diagnostic } from "../diagnostic.ts";
import { includeChain, locate } from "../diagnostic.ts";
import type { Place, Span } from "../source.ts";
import { placeOf } from "../source.ts";

/** Characters of a source line that are shown; longer ones are cut around the fault. */
const shownWidth = 160;

/**
 * The findings as text, each ending with a line feed.
 * @param color whether to use ANSI colours
 */
export function pretty(found: readonly Diagnostic[], color: boolean): string {
  const paint = color ? ansi : plain;
  return found.map((diagnostic) => block(diagnostic, paint)).join("");
}

type Style = "error" | "warning" | "bold" | "faint";
type Paint = (style: Style, text: string) => string;

const codes: { readonly [style in Style]: string } = {
  error: "31;1",
  warning: "33;1",
  bold: "1",
  faint: "2",
};
const ansi: Paint = (style, text) => `\u001b[${codes[style]}m${text}\u001b[0m`;
const plain: Paint = (_style, text) => text;

function block(diagnostic: Diagnostic, paint: Paint): string {
  const { severity, message, rule, span, help } = diagnostic;
  const at = locate(diagnostic);
  const lines = [
    `${at === "" ? "" : `${paint("bold", visible(at))}: `}${paint(severity, severity)}: ${visible(message)} ${paint("faint", `[${rule}]`)}`,
  ];
  const excerpt = span && excerptOf(span);
  const margin = " ".repeat(excerpt ? String(excerpt.line).length : 1);
  if (excerpt) {
    lines.push(` ${paint("faint", `${excerpt.line} |`)} ${excerpt.text}`);
    lines.push(
      ` ${paint("faint", `${margin} |`)} ${excerpt.indent}${paint(severity, excerpt.mark)}`,
    );
  }
  for (const { file, line, column } of includeChain(diagnostic)) {
    const from = `included from ${file}:${line}:${column}`;
    lines.push(` ${paint("faint", `${margin} =`)} ${visible(from)}`);
  }
  if (help !== undefined) lines.push(` ${paint("faint", `${margin} = help:`)} ${visible(help)}`);
  return `${lines.join("\n")}\n`;
}

interface Excerpt {
  readonly line: number;
  readonly text: string;
  /** Blanks (and tabs) that bring the mark under the fault. */
  readonly indent: string;
  readonly mark: string;
}

/** The first line of a span; undefined where there is nothing to show. */
function excerptOf(span: Span): Excerpt | undefined {
  const place = placeOf(span);
  const start = span.start - (place.column - 1);
  const next = span.source.text.indexOf("\n", start);
  const full = span.source.text.slice(start, next < 0 ? undefined : next).replace(/\r$/, "");
  if (full.trim() === "") return undefined;
  const from = Math.max(0, Math.min(place.column - 1 - shownWidth / 2, full.length - shownWidth));
  const text = full.slice(from, from + shownWidth);
  const before = text.slice(0, place.column - 1 - from);
  return {
    line: place.line,
    text: visible(text),
    indent: before.replace(/[^\t]/g, " "),
    mark: "^".repeat(markWidth(place, text.length - before.length)),
  };
}

function markWidth(place: Place, rest: number): number {
  const wanted = place.endLine === place.line ? place.endColumn - place.column : rest;
  return Math.max(1, Math.min(wanted, rest));
}

/** Control characters would move the cursor or change colours: they are shown as a question mark. */
function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g, "?");
}
