/**
 * The text of an option as a typed value. uWSGI reads numbers with atoi and takes every word but four
 * for true, so a comment, a quote or a unit changes the meaning without a word; here that is an error,
 * or, when lenient, uWSGI's reading with a warning.
 */
import type { Report } from "../diagnostic.ts";
import { parseBoolean, parseInteger } from "../options/value.ts";
import type { ResolvedEntry } from "../resolve/resolved.ts";
import type { Span } from "../source.ts";
import type { Value } from "./draft.ts";
import type { Oddity } from "./oddity.ts";
import { oddity } from "./oddity.ts";
import type { HonouredOption } from "./option.ts";

/**
 * The typed value of an entry.
 * @returns undefined when the text has no acceptable reading; that was reported
 */
export function typedValue(
  row: HonouredOption,
  entry: ResolvedEntry,
  lenient: boolean,
  report: Report,
): Value | undefined {
  const text = isBare(entry) && row.bare !== undefined ? row.bare : entry.value;
  const odd = (found: Oddity, reading: string) =>
    report({
      rule: found.rule,
      severity: lenient ? "warning" : "error",
      message: `\`${entry.key}\` must be ${row.expected}, and is ${shown(text)}${lenient ? `: read as ${reading}, as uWSGI does` : ""}`,
      span: valueSpan(entry),
      help: found.help,
    });
  switch (row.kind) {
    case "boolean":
      return booleanValue(text, row, entry, lenient, odd);
    case "integer":
      return integerValue(text, row, entry, lenient, odd);
    case "string": {
      const found = textOddity(text, row, entry);
      if (found) odd(found, `\`${text}\``);
      return found && !lenient ? undefined : text;
    }
  }
}

/** The value's place, or the key's when nothing was written. */
export function valueSpan(entry: ResolvedEntry): Span {
  return entry.valueSpan.end > entry.valueSpan.start ? entry.valueSpan : entry.keySpan;
}

/** A value in a message: as it was written, or the word `empty`. */
export function shown(text: string): string {
  return text === "" ? "empty" : `\`${text}\``;
}

/** How uWSGI reads a flag: only these four words, in any case, are false (the empty text is true). */
export function isTrue(text: string): boolean {
  return !/^(false|off|no|0)$/i.test(text);
}

type Odd = (found: Oddity, reading: string) => void;

function booleanValue(
  text: string,
  row: HonouredOption,
  entry: ResolvedEntry,
  lenient: boolean,
  odd: Odd,
): boolean | undefined {
  const value = parseBoolean(text);
  if (value.ok) return value.value;
  odd(oddity(text, row, entry) ?? unclear, "true");
  return lenient ? isTrue(text) : undefined;
}

const unclear: Oddity = {
  rule: "not-a-boolean",
  help: "uWSGI takes every word but `false`, `off`, `no` and `0` for true; write `true` or `false`",
};

function integerValue(
  text: string,
  row: HonouredOption,
  entry: ResolvedEntry,
  lenient: boolean,
  odd: Odd,
): number | undefined {
  const value = parseInteger(text.trim());
  if (value.ok) return value.value;
  // More digits than a number can hold: the schema says what is too much.
  if (/^[+-]?\d+$/.test(text)) return Number(text);
  const reading = atoi(text);
  odd(oddity(text, row, entry) ?? notANumber, `${reading}`);
  return lenient ? reading : undefined;
}

const notANumber: Oddity = {
  rule: "not-a-number",
  help: "uWSGI would read only the digits in front, and 0 where there are none; write a plain number",
};

/** The leading digits count, the rest is dropped, no digits are 0 (C's atoi). */
function atoi(text: string): number {
  return Number(/^\s*([+-]?\d+)/.exec(text)?.[1] ?? 0);
}

/** Text that is a path, a name or an address: quotes and comments would become part of it. */
function textOddity(text: string, row: HonouredOption, entry: ResolvedEntry): Oddity | undefined {
  // Environment variables and directives may hold anything.
  if (row.status === "directive" || row.name === "env" || row.freeText) return undefined;
  const found = oddity(text, row, entry);
  return found?.rule === "inline-comment" || found?.rule === "quoted-value" ? found : undefined;
}

/** Given alone on the command line: the reader says `true` where no value was written. */
function isBare(entry: ResolvedEntry): boolean {
  return entry.value === "true" && entry.valueSpan.end === entry.valueSpan.start;
}
