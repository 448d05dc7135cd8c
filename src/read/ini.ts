/**
 * The ini files of uWSGI (core/ini.c): lines ended by LF; blanks, tabs and CR trimmed round keys and
 * values; `;` and `#` begin a comment only at the beginning of a line; no quotes, no escapes, no
 * continuation; any line that begins with `[` is a header, whose last character is dropped unseen.
 */
import type { Report } from "../diagnostic.ts";
import type { Span } from "../source.ts";
import type { Entry } from "./entry.ts";
import type { ReadText } from "./read-text.ts";
import type { SectionName } from "./section.ts";
import { missingSection } from "./section.ts";

const byteOrderMark = "\ufeff";

/** The options of one section, in order; never throws. What uWSGI would drop in silence is reported. */
export function readIni(text: ReadText, section: string, report: Report): Entry[] {
  const sections: SectionName[] = [];
  const entries: Entry[] = [];
  const strays: Line[] = [];
  for (const line of lines(text, report)) {
    if (line.content.startsWith("[")) {
      sections.push(header(line, section, report));
    } else if (sections.at(-1)?.name === section) {
      entries.push(option(line));
    } else if (sections.length === 0) {
      strays.push(line);
    }
  }
  const [first] = strays;
  const marked = first?.content.startsWith(byteOrderMark) === true;
  const present = sections.find(({ name }) => name === section);
  // Without any header the missing one is the fault: all that stands there would be before it.
  if (first && (marked || sections.length > 0)) stray(first, marked, section, report);
  if (present && entries.length === 0) empty(`\`[${section}]\``, present.span, report);
  else if (sections.length === 0 && !first) empty("the file", text.span(0, 0), report);
  else if (!present && first?.content !== `${byteOrderMark}[${section}]`)
    missingSection(section, sections, text.span(0, 0), (name) => `\`[${name}]\``, report);
  return entries;
}

/** A line without its blanks, with the way to its places. */
interface Line {
  readonly content: string;
  /** A range of `content`. */
  readonly span: (start: number, end: number) => Span;
}

/** All lines that hold something other than blanks and comments. */
function* lines(text: ReadText, report: Report): Generator<Line> {
  let start = 0;
  while (start < text.text.length) {
    const newline = text.text.indexOf("\n", start);
    const end = newline < 0 ? text.text.length : newline;
    const whole = cutAtNul(text, start, end, report);
    const content = trim(whole);
    // A mark before a comment does no harm.
    const seen =
      start === 0 && content.startsWith(byteOrderMark) ? trim(content.slice(1)) : content;
    if (seen !== "" && !/^[;#]/.test(seen)) {
      const at = start + whole.indexOf(content);
      yield { content, span: (from, to) => text.span(at + from, at + to) };
    }
    start = end + 1;
  }
}

/** uWSGI ends a line at a NUL. */
function cutAtNul(text: ReadText, start: number, end: number, report: Report): string {
  const whole = text.text.slice(start, end);
  const nul = whole.indexOf("\0");
  if (nul < 0) return whole;
  report({
    rule: "nul-byte",
    severity: "error",
    message: "a NUL byte: uWSGI drops the rest of the line",
    span: text.span(start + nul, start + nul + 1),
    help: "take it out",
  });
  return whole.slice(0, nul);
}

function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text[start])) start++;
  while (end > start && isBlank(text[end - 1])) end--;
  return text.slice(start, end);
}

function isBlank(character: string | undefined): boolean {
  return character === " " || character === "\t" || character === "\r";
}

function header(line: Line, wanted: string, report: Report): SectionName {
  const { content } = line;
  const span = line.span(0, content.length);
  if (!content.endsWith("]")) {
    report({
      rule: "malformed-section",
      severity: "error",
      message: `a section header must end in \`]\`: uWSGI drops the last character, whatever it is, and reads \`${content.slice(1, -1)}\` as the name`,
      span,
      help: content.includes("\r")
        ? "the lines end in CR alone: save the file with LF"
        : content.startsWith(`[${wanted}]`)
          ? "put a comment on a line of its own"
          : `a line that begins with \`[\` ends the section before it`,
    });
  }
  return { name: content.slice(1, -1), span };
}

function option(line: Line): Entry {
  const { content } = line;
  const equals = content.indexOf("=");
  const key = trim(equals < 0 ? content : content.slice(0, equals));
  const value = equals < 0 ? "" : trim(content.slice(equals + 1));
  const at = value === "" ? key.length : content.length - value.length;
  return {
    key,
    value,
    keySpan: line.span(0, key.length),
    valueSpan: line.span(at, at + value.length),
  };
}

/** An option before any header, or a header that a byte order mark hides. */
function stray(line: Line, marked: boolean, section: string, report: Report): void {
  report({
    rule: marked ? "byte-order-mark" : "outside-section",
    severity: "error",
    message: marked
      ? "a byte order mark before the first line: uWSGI does not see the line"
      : `options before \`[${section}]\` are dropped by uWSGI`,
    span: line.span(0, marked ? 1 : line.content.length),
    help: marked ? "save the file without it" : `put \`[${section}]\` above`,
  });
}

function empty(what: string, span: Span, report: Report): void {
  report({
    rule: "empty-file",
    severity: "warning",
    message: `${what} holds no options`,
    span,
  });
}
