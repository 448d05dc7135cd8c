/** The text between tags or quotes: entities and line ends resolved. */
import { isXmlCharacter, nameEnd } from "./xml-characters.ts";
import type { XmlFault } from "./xml-markup.ts";

const entities: ReadonlyMap<string, string> = new Map([
  ["lt", "<"],
  ["gt", ">"],
  ["amp", "&"],
  ["quot", '"'],
  ["apos", "'"],
]);

/**
 * What a range of a text says: the five entities of XML and numeric ones are resolved, CR and CR LF are
 * LF; in an attribute tabs and line ends are blanks (XML 1.0, sections 2.11, 3.3.3 and 4.6).
 */
export function xmlText(
  text: string,
  start: number,
  end: number,
  where: "content" | "attribute" = "content",
): { readonly kind: "value"; readonly value: string } | XmlFault {
  const parts: string[] = [];
  let done = start;
  for (let at = start; at < end; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 0x26) {
      const entity = reference(text, at, end);
      if ("kind" in entity) return entity;
      parts.push(plain(text.slice(done, at), where), entity.value);
      done = entity.end;
      at = done - 1;
    } else if (!isXmlCharacter(unit)) {
      const message = "a control character, which XML does not allow";
      return { kind: "fault", start: at, end: at + 1, message, help: "take it out" };
    }
  }
  parts.push(plain(text.slice(done, end), where));
  return { kind: "value", value: parts.join("") };
}

function plain(text: string, where: "content" | "attribute"): string {
  const lines = text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
  return where === "attribute" ? lines.replace(/[\t\n]/g, " ") : lines;
}

function reference(text: string, start: number, limit: number) {
  const numeric = text[start + 1] === "#";
  const nameStart = numeric ? start + 2 : start + 1;
  const end = numeric ? numberEnd(text, nameStart) : nameEnd(text, nameStart);
  const name = text.slice(nameStart, Math.min(end, limit));
  if (name === "" || text[end] !== ";" || end >= limit) {
    const help = "write `&amp;` for the character";
    return fault(
      start,
      Math.max(start + 1, Math.min(end, limit)),
      "`&` must begin an entity such as `&amp;`",
      help,
    );
  }
  const value = numeric ? character(name) : entities.get(name);
  if (value === undefined) return unknown(start, end + 1, name, numeric);
  return { value, end: end + 1 };
}

function numberEnd(text: string, start: number): number {
  let end = start;
  while (/^[\da-zA-Z]$/.test(text[end] ?? "")) end++;
  return end;
}

/** The character of `65` or `x41`; undefined when there is none, or none that XML allows. */
function character(digits: string): string | undefined {
  const hexadecimal = digits.startsWith("x");
  if (!(hexadecimal ? /^x[\da-fA-F]+$/ : /^\d+$/).test(digits)) return undefined;
  const point = hexadecimal ? Number.parseInt(digits.slice(1), 16) : Number(digits);
  if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return undefined;
  if (point <= 0xffff && !isXmlCharacter(point)) return undefined;
  return String.fromCodePoint(point);
}

function unknown(start: number, end: number, name: string, numeric: boolean): XmlFault {
  const shown = name.length > 40 ? `${name.slice(0, 40)}…` : name;
  if (numeric) return fault(start, end, `\`&#${shown};\` is no character of XML`);
  const help = "only `&lt;`, `&gt;`, `&amp;`, `&quot;`, `&apos;` and numbers are known";
  return fault(start, end, `the entity \`&${shown};\` is not known`, help);
}

function fault(start: number, end: number, message: string, help?: string): XmlFault {
  return { kind: "fault", start, end, message, ...(help === undefined ? {} : { help }) };
}
