/**
 * Magic variables: `%` and one letter, replaced in the raw text before anything is parsed, as uWSGI does,
 * so also in comments, keys and headers. `%%` is a percent sign, `%(` stays for placeholders, and `%`
 * before anything else disappears together with what follows it, be that the end of the line.
 */
import type { Report } from "../diagnostic.ts";
import type { Source } from "../source.ts";
import type { ReadText, Replacement } from "./read-text.ts";
import { readText } from "./read-text.ts";

/** The text of a magic variable; undefined for a letter that is none. */
export type MagicVariables = (letter: string) => string | undefined;

/**
 * Replaces all magic variables, and warns of a `%` that eats what it should not.
 * @param comment matches the beginning of a line, up to a `%`, when that `%` stands in a comment
 */
export function expandMagic(
  source: Source,
  variables: MagicVariables,
  comment: RegExp,
  report: Report,
): ReadText {
  const { text } = source;
  const replacements: Replacement[] = [];
  let out = "";
  let done = 0;
  for (let at = text.indexOf("%"); at >= 0; at = text.indexOf("%", at)) {
    const next = nextCharacter(text, at + 1);
    if (next === "(") {
      at += 2;
      continue;
    }
    const value = next === "%" ? "%" : variables(next);
    const end = at + 1 + next.length;
    warn({ source, at, end, next, value, comment }, report);
    out += text.slice(done, at);
    const start = out.length;
    out += value ?? "";
    replacements.push({ start, end: out.length, writtenStart: at, writtenEnd: end });
    at = end;
    done = end;
  }
  return readText(source, out + text.slice(done), replacements);
}

/** A whole character, or nothing at the end of the text. */
function nextCharacter(text: string, at: number): string {
  const point = text.codePointAt(at);
  return point === undefined ? "" : String.fromCodePoint(point);
}

interface Found {
  readonly source: Source;
  readonly at: number;
  readonly end: number;
  readonly next: string;
  readonly value: string | undefined;
  readonly comment: RegExp;
}

function warn(found: Found, report: Report): void {
  const { source, at, end, next, value } = found;
  const before = source.text.slice(source.text.lastIndexOf("\n", at - 1) + 1, at);
  const inComment = found.comment.test(before);
  const warning =
    next === "\n" ? eatenLine(inComment) : inComment ? undefined : lost(found, before);
  if (!warning) return;
  const help = value === undefined && /[\s]/.test(next) ? "write `%%`" : `write \`%%${next}\``;
  const severity = "warning" as const;
  report({ ...warning, severity, span: { source, start: at, end }, help });
}

interface Warning {
  readonly rule: string;
  readonly message: string;
}

function eatenLine(inComment: boolean): Warning {
  const result = inComment ? "is lost in this comment" : "becomes part of this one";
  return {
    rule: "percent-eats-line",
    message: `\`%\` at the end of a line removes the line break, so the next line ${result}`,
  };
}

function lost({ next, value }: Found, before: string): Warning | undefined {
  if (value === undefined) {
    const what = next === "" ? "at the end of the text" : `before ${show(next)}`;
    const also = next === "" ? "disappears" : "disappears together with it";
    return { rule: "percent-eats-character", message: `\`%\` ${what} ${also}` };
  }
  if (next === "%" || !/^[\s"']*log-?(?:date|format|prefix)/.test(before)) return undefined;
  return {
    rule: "magic-in-log-format",
    message: `\`%${next}\` is replaced by a magic variable, \`${value}\`, before the log sees it`,
  };
}

function show(character: string): string {
  if (character === " ") return "a blank";
  if (character === "\t") return "a tab";
  return character === "\r" ? "the end of a line" : `\`${character}\``;
}
