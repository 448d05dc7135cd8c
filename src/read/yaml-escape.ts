/** The escapes in double quotes of YAML 1.1. */
import type { YamlFault } from "./yaml-token.ts";
import { yamlFault } from "./yaml-token.ts";

const simple: ReadonlyMap<string, string> = new Map([
  ["0", "\0"],
  ["a", "\x07"],
  ["b", "\b"],
  ["t", "\t"],
  ["\t", "\t"],
  ["n", "\n"],
  ["v", "\v"],
  ["f", "\f"],
  ["r", "\r"],
  ["e", "\x1b"],
  [" ", " "],
  ['"', '"'],
  ["/", "/"],
  ["\\", "\\"],
  ["N", "\x85"],
  ["_", "\xa0"],
  ["L", "\u2028"],
  ["P", "\u2029"],
]);

const digits: ReadonlyMap<string, number> = new Map([
  ["x", 2],
  ["u", 4],
  ["U", 8],
]);

/** The character of the escape at an offset, and where the escape ends. */
export function yamlEscape(
  text: string,
  start: number,
): { readonly value: string; readonly end: number } | YamlFault {
  const letter = text[start + 1] ?? "";
  const value = simple.get(letter);
  if (value !== undefined) return { value, end: start + 2 };
  const length = digits.get(letter);
  if (length === undefined) {
    const end = Math.min(start + 2, text.length);
    return yamlFault(
      start,
      end,
      `\`\\${letter}\` is no escape; write \`\\\\\` for a backslash, or use single quotes`,
    );
  }
  const end = start + 2 + length;
  const code = text.slice(start + 2, end);
  if (!new RegExp(`^[\\da-fA-F]{${length}}$`).test(code)) {
    return yamlFault(
      start,
      start + 2,
      `\`\\${letter}\` must be followed by ${length} hexadecimal digits`,
    );
  }
  const point = Number.parseInt(code, 16);
  if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
    return yamlFault(start, end, `\`\\${letter}${code}\` is no character`);
  }
  return { value: String.fromCodePoint(point), end };
}
