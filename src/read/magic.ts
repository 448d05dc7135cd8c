/**
 * Magic variables: `%` and one letter, replaced in the raw text before anything is parsed, as uWSGI does,
 * so also in comments, keys and headers. `%%` is a percent sign, `%(` stays for placeholders, and `%`
 * before anything else disappears together with what follows it, be that the end of the line.
 */
import type { Report } from "../diagnostic.ts";
import type { Source } from "../source.ts";
import type { Comment, FindComments } from "./comments.ts";
import { Comments } from "./comments.ts";
import type { ReadText, Replacement } from "./read-text.ts";
import { readText } from "./read-text.ts";

/** The text of a magic variable; undefined for a letter that is none. */
export type MagicVariables = (letter: string) => string | undefined;

/** Characters that magic variables may add to one text: no configuration needs more. */
const maxAdded = 4 * 1024 * 1024;
/** Warnings about `%` in one text; the last one says that there are more. */
const maxWarnings = 100;

/** What a format has to do with it. */
export interface MagicStyle {
  readonly comments: FindComments;
  /** Whether a `%` that ends the text stays: uWSGI reads XML without the NUL that it would take with it. */
  readonly keepsLast?: boolean;
}

/** Replaces all magic variables, and warns of a `%` that eats what it should not. */
export function expandMagic(
  source: Source,
  variables: MagicVariables,
  { comments, keepsLast = false }: MagicStyle,
  report: Report,
): ReadText {
  const { text } = source;
  const known = remembered(variables);
  const check = new PercentCheck(source, comments, report);
  const replacements: Replacement[] = [];
  const parts: string[] = [];
  let length = 0;
  let done = 0;
  for (let at = text.indexOf("%"); at >= 0; at = text.indexOf("%", at)) {
    const next = nextCharacter(text, at + 1);
    if (next === "(") {
      at += 2;
      continue;
    }
    if (next === "" && keepsLast) break;
    const value = next === "%" ? "%" : known(next);
    const end = at + 1 + next.length;
    check.warn({ at, end, next, value });
    const start = length + at - done;
    length = start + (value ?? "").length;
    if (length - end > maxAdded) {
      tooLong(source, at, end, report);
      break;
    }
    parts.push(text.slice(done, at), value ?? "");
    replacements.push({ start, end: length, writtenStart: at, writtenEnd: end });
    at = end;
    done = end;
  }
  parts.push(text.slice(done));
  return readText(source, parts.join(""), replacements);
}

/** A variable costs a look at the machine: each is asked for once. */
function remembered(variables: MagicVariables): MagicVariables {
  const values = new Map<string, string | undefined>();
  return (letter) => {
    if (!values.has(letter)) values.set(letter, variables(letter));
    return values.get(letter);
  };
}

/** A whole character, or nothing at the end of the text. */
function nextCharacter(text: string, at: number): string {
  const point = text.codePointAt(at);
  return point === undefined ? "" : String.fromCodePoint(point);
}

function tooLong(source: Source, start: number, end: number, report: Report): void {
  report({
    rule: "magic-too-long",
    severity: "error",
    message: `magic variables make the text longer by more than ${maxAdded} characters; from here on they are left as they are`,
    span: { source, start, end },
    help: "write `%%` for a percent sign",
  });
}

interface Percent {
  readonly at: number;
  readonly end: number;
  /** The character after it. */
  readonly next: string;
  readonly value: string | undefined;
}

interface Warning {
  readonly rule: string;
  readonly message: string;
}

/** Judges each `%` of a text, from the first to the last. */
class PercentCheck {
  readonly #source: Source;
  readonly #comments: Comments;
  readonly #report: Report;
  #warnings = 0;
  /** The line of the last `%`, and whether it sets a log format. */
  #line = { start: -1, end: -1, setsLog: false };

  constructor(source: Source, comments: FindComments, report: Report) {
    this.#source = source;
    this.#comments = new Comments(source.text, comments);
    this.#report = report;
  }

  warn(percent: Percent): void {
    const { at, end, next, value } = percent;
    const comment = this.#comments.at(at);
    const warning =
      next === "\n" ? eatenLine(comment, at) : comment ? undefined : this.#lost(percent);
    if (!warning || this.#warnings >= maxWarnings) return;
    this.#warnings++;
    const last = this.#warnings === maxWarnings;
    const help = value === undefined && /\s/.test(next) ? "write `%%`" : `write \`%%${next}\``;
    this.#report({
      rule: warning.rule,
      severity: "warning",
      message: last ? `${warning.message}; further ones are not shown` : warning.message,
      span: { source: this.#source, start: at, end },
      help,
    });
  }

  #lost({ at, next, value }: Percent): Warning | undefined {
    if (value === undefined) {
      const what = next === "" ? "at the end of the text" : `before ${show(next)}`;
      const also = next === "" ? "disappears" : "disappears together with it";
      return { rule: "percent-eats-character", message: `\`%\` ${what} ${also}` };
    }
    if (next === "%" || !this.#setsLog(at)) return undefined;
    return {
      rule: "magic-in-log-format",
      message: `\`%${next}\` is replaced by a magic variable, \`${value}\`, before the log sees it`,
    };
  }

  #setsLog(at: number): boolean {
    if (at >= this.#line.end) {
      const { text } = this.#source;
      const start = text.lastIndexOf("\n", at - 1) + 1;
      const newline = text.indexOf("\n", at);
      const logOption = /[ \t"'<]*log-?(?:date|format|prefix)/y;
      logOption.lastIndex = start;
      const end = newline < 0 ? text.length : newline;
      this.#line = { start, end, setsLog: logOption.test(text) };
    }
    return this.#line.setsLog;
  }
}

/** A line feed is lost: harmless only in a comment that does not end with the line. */
function eatenLine(comment: Comment | undefined, at: number): Warning | undefined {
  if (comment && comment.end > at + 1) return undefined;
  const result = comment ? "is lost in this comment" : "becomes part of this one";
  return {
    rule: "percent-eats-line",
    message: `\`%\` at the end of a line removes the line break, so the next line ${result}`,
  };
}

function show(character: string): string {
  if (character === " ") return "a blank";
  if (character === "\t") return "a tab";
  return character === "\r" ? "the end of a line" : `\`${character}\``;
}
