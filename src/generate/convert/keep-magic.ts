/**
 * Magic variables that stay in the text: uWSGI replaces them before it parses, so a parser must see
 * something in their place, and a writer puts them back. Each known `%x` becomes one character of a plane
 * of Unicode that is not assigned, which every format takes for a letter; `%%` and `%[` become what they
 * mean, and what uWSGI would drop is dropped.
 */
import type { MagicVariables } from "../../read/magic.ts";
import type { ReadText, Replacement } from "../../read/read-text.ts";
import { readText } from "../../read/read-text.ts";
import type { Source } from "../../source.ts";

/** Begins a range of 128 characters, one for each ASCII letter that may follow the percent sign. */
const firstStandIn = 0x40000;

/** Matches a character that stands for a magic variable. */
export const standIns = /[\u{40000}-\u{4007f}]/u;

/** Whether a text already holds one of those characters, as no real one does. */
export function holdsStandIn(text: string): boolean {
  return standIns.test(text);
}

/** The text with every magic variable kept as one character. */
export function keepMagic(source: Source, variables: MagicVariables): ReadText {
  const { text } = source;
  const replacements: Replacement[] = [];
  let out = "";
  let done = 0;
  for (const found of text.matchAll(/%(?:\(|[^(]|$)/gsu)) {
    const [pair] = found;
    if (pair === "%(") continue;
    out += text.slice(done, found.index);
    const start = out.length;
    out += meaning(pair.slice(1), variables);
    done = found.index + pair.length;
    replacements.push({ start, end: out.length, writtenStart: found.index, writtenEnd: done });
  }
  return readText(source, out + text.slice(done), replacements);
}

function meaning(letter: string, variables: MagicVariables): string {
  if (letter === "%") return "%";
  const value = letter === "" ? undefined : variables(letter);
  if (value === undefined) return "";
  if (letter === "[") return value;
  const code = letter.codePointAt(0) ?? 0;
  return code < 0x80 ? String.fromCodePoint(firstStandIn + code) : value;
}

/** The value that a text with kept variables has once they are replaced. */
export function expandKept(text: string, variables: MagicVariables): string {
  return text.replace(new RegExp(standIns, "gu"), (kept) => variables(letterOf(kept)) ?? "");
}

/** A text with the kept variables as `%x` again, for messages. */
export function showMagic(text: string): string {
  return text.replace(new RegExp(standIns, "gu"), (kept) => `%${letterOf(kept)}`);
}

/** The kept variables of a text, as their letters. */
export function keptLetters(text: string): string[] {
  return [...text.matchAll(new RegExp(standIns, "gu"))].map(([kept]) => letterOf(kept));
}

/**
 * A text as it stands in a file: the kept variables again as `%x`, every other percent sign doubled, or
 * it would begin one. `%(` begins none. An escape character, which only an ini holds unquoted, is `%[`.
 */
export function writeMagic(text: string): string {
  return showMagic(text.replace(/%(?!\()/g, "%%").replaceAll("\x1b", "%["));
}

function letterOf(kept: string): string {
  return String.fromCodePoint((kept.codePointAt(0) ?? 0) - firstStandIn);
}
