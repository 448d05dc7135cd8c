/** The comments of one section of a file, for a writer to put beside the same options. */
import type { Format } from "../../read/read.ts";
import type { ReadText } from "../../read/read-text.ts";
import { yamlLayout } from "../../read/yaml-nesting.ts";
import type { Span } from "../../source.ts";

/** A comment with its place; `lines` are without its marks, and none is empty at either end. */
export interface Comment {
  readonly span: Span;
  readonly lines: readonly string[];
}

/** A range of the parsed text: the whole comment, and how far its marks reach into it. */
interface Found {
  readonly start: number;
  readonly end: number;
  readonly open: number;
  readonly close: number;
}

/**
 * The comments that stand in a section, or before it when no other section does.
 * @param text without syntax errors
 * @param values places of the options' values, in order: what stands in one is no comment
 */
export function commentsOf(
  format: Format,
  text: ReadText,
  section: string,
  values: readonly Span[],
): Comment[] {
  return find(format, text.text, section)
    .map((found) => comment(text, found))
    .filter(outside(values))
    .filter(({ lines }) => lines.length > 0);
}

/** Says of one comment after the other whether it stands in no value; both are in the order of the text. */
function outside(values: readonly Span[]): (comment: Comment) => boolean {
  let next = 0;
  return ({ span }) => {
    while ((values[next]?.end ?? Number.POSITIVE_INFINITY) <= span.start) next++;
    return (values[next]?.start ?? Number.POSITIVE_INFINITY) >= span.end;
  };
}

function find(format: Format, text: string, section: string): Found[] {
  switch (format) {
    case "ini":
      return iniComments(text, section);
    case "yaml":
      return yamlComments(text, section);
    case "json":
      return jsonComments(text, section);
    case "xml":
      return xmlComments(text);
  }
}

/** The words as somebody wrote them, but for doubled percent signs, which the writer doubles again. */
function comment(text: ReadText, { start, end, open, close }: Found): Comment {
  const { source, ...range } = text.span(start + open, Math.max(start + open, end - close));
  const words = source.text.slice(range.start, range.end).replaceAll("%%", "%");
  const lines = words.split(/\r\n?|\n/).map(clean);
  const from = lines.findIndex((line) => line !== "");
  const to = lines.findLastIndex((line) => line !== "");
  return { span: text.span(start, end), lines: from < 0 ? [] : lines.slice(from, to + 1) };
}

/** One line of words: no format's comment may hold control characters and the rarer line breaks. */
function clean(line: string): string {
  return line
    .replace(/[\p{Cc}\u2028\u2029\ufeff\ufffe\uffff]/gu, " ")
    .replace(/^\s*(?:[*#;]+\s)?/, "")
    .trim();
}

const iniMark = /^[ \t\r]*[;#]/;

function iniComments(text: string, section: string): Found[] {
  const found: Found[] = [];
  let current: string | undefined;
  let start = 0;
  for (const line of text.split("\n")) {
    const content = line.replace(/^\ufeff/, "").replace(/^[ \t\r]+|[ \t\r]+$/g, "");
    if (content.startsWith("[")) current = content.slice(1, -1);
    const mark = iniMark.exec(line.replace(/^\ufeff/, " "))?.[0].length;
    if (mark !== undefined && (current ?? section) === section) {
      found.push({ start, end: start + line.length, open: mark, close: 0 });
    }
    start += line.length + 1;
  }
  return found;
}

function yamlComments(text: string, section: string): Found[] {
  const { scalars, topKeys } = yamlLayout(text);
  const own = topKeys.findIndex(({ value }) => value === section);
  const lower = own > 0 ? (topKeys[own]?.start ?? 0) : 0;
  const upper = topKeys[own + 1]?.start ?? text.length;
  const found: Found[] = [];
  let next = 0;
  for (let at = text.indexOf("#"); at >= 0; at = text.indexOf("#", at + 1)) {
    while ((scalars[next]?.end ?? Number.POSITIVE_INFINITY) <= at) next++;
    const scalar = scalars[next];
    if (scalar && scalar.start <= at) {
      at = scalar.end - 1;
    } else if (/[\s\ufeff]/.test(text[at - 1] ?? "\n")) {
      const newline = text.indexOf("\n", at);
      const end = newline < 0 ? text.length : newline;
      if (at >= lower && at < upper) found.push({ start: at, end, open: 1, close: 0 });
      at = end;
    }
  }
  return found;
}

const jsonToken = /"(?:[^"\\]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\/|[{}[\]]/g;

function jsonComments(text: string, section: string): Found[] {
  const found: Found[] = [];
  let depth = 0;
  /** The member of the outermost object that was named last. */
  let member: string | undefined;
  for (const { 0: token, index } of text.matchAll(jsonToken)) {
    if (/^[{[]/.test(token)) depth++;
    else if (/^[}\]]/.test(token)) depth--;
    else if (token.startsWith('"')) member = depth === 1 ? unquoted(token) : member;
    else if (depth === 0 || (member ?? section) === section) {
      const close = token.startsWith("/*") ? 2 : 0;
      found.push({ start: index, end: index + token.length, open: 2, close });
    }
  }
  return found;
}

function unquoted(token: string): string {
  const value: unknown = JSON.parse(token);
  return String(value);
}

const xmlToken = /<!\[CDATA\[[\s\S]*?\]\]>|<!--[\s\S]*?-->/g;

/** All of the file: another section is another element, and a file of several is rare. */
function xmlComments(text: string): Found[] {
  return [...text.matchAll(xmlToken)]
    .filter(({ 0: token }) => token.startsWith("<!--"))
    .map(({ 0: token, index }) => ({ start: index, end: index + token.length, open: 4, close: 3 }));
}
