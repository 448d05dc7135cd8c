/** What a JSON string says, as yajl 2 decodes it. */
import { escapeLength } from "./json-scanner.ts";

/** A decoded string, and what uWSGI makes of it that nobody can have meant. */
export interface JsonText {
  readonly value: string;
  /** The first such escape; its offsets are in the text. */
  readonly flaw?: {
    readonly kind: "nul" | "surrogate";
    readonly start: number;
    readonly end: number;
  };
}

const plain: { readonly [letter: string]: string } = {
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/**
 * Decodes what stands between two quotes. uWSGI takes a `\u0000` for the end; yajl makes a question
 * mark of the first half of a surrogate pair without a second; a second half alone becomes bytes that are
 * no text, U+FFFD here.
 */
export function jsonText(text: string, start: number, end: number): JsonText {
  const inner = text.slice(start, end);
  if (!inner.includes("\\")) return { value: inner };
  const parts: string[] = [];
  let flaw: JsonText["flaw"];
  let done = start;
  for (let at = start; at < end; at = Math.max(at + 1, done)) {
    if (text[at] !== "\\") continue;
    parts.push(text.slice(done, at));
    const length = escapeLength(text, at) || 2;
    done = at + length;
    if (length === 2) {
      const letter = text[at + 1] ?? "";
      parts.push(plain[letter] ?? letter);
      continue;
    }
    const unit = Number.parseInt(text.slice(at + 2, at + 6), 16);
    if (unit === 0)
      return { value: parts.join(""), flaw: flaw ?? { kind: "nul", start: at, end: done } };
    const character = unicode(text, unit, done, end);
    if (character.broken) flaw ??= { kind: "surrogate", start: at, end: done };
    parts.push(character.value);
    done = character.end;
  }
  parts.push(text.slice(Math.min(done, end), end));
  return { value: parts.join(""), ...(flaw ? { flaw } : {}) };
}

/** The character that begins with a 16-bit unit, whose escape ends at `at`. */
function unicode(text: string, unit: number, at: number, end: number) {
  if ((unit & 0xfc00) === 0xdc00) return { value: "\ufffd", end: at, broken: true };
  if ((unit & 0xfc00) !== 0xd800)
    return { value: String.fromCharCode(unit), end: at, broken: false };
  if (text[at] === "\\" && text[at + 1] === "u" && at < end) {
    const second = Number.parseInt(text.slice(at + 2, at + 6), 16);
    const point = 0x10000 + ((unit & 0x3ff) << 10) + (second & 0x3ff);
    const broken = (second & 0xfc00) !== 0xdc00;
    return { value: String.fromCodePoint(point), end: at + 6, broken };
  }
  return { value: "?", end: at, broken: true };
}
