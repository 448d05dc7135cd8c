/**
 * `<!DOCTYPE name SYSTEM "…">`: it may name a DTD, which nobody reads. Declarations in it, and with them
 * entities of one's own, are refused.
 */
import { nameEnd } from "./xml-characters.ts";
import type { XmlFault, XmlMarkup } from "./xml-markup.ts";

/** The declaration that begins at an offset. */
export function xmlDoctype(text: string, start: number): XmlMarkup {
  const keyword = start + "<!DOCTYPE".length;
  const name = skipBlanks(text, keyword);
  const afterName = nameEnd(text, name);
  const afterId = externalId(text, afterName);
  let at = skipBlanks(text, afterId ?? afterName);
  if (afterId !== undefined && text[at] === "[") {
    const inner = skipBlanks(text, at + 1);
    if (text[inner] !== "]") return declarations(at);
    at = skipBlanks(text, inner + 1);
  }
  if (afterName === name || afterId === undefined || text[at] !== ">") {
    const message = "a `<!DOCTYPE` that is not written as XML wants it";
    return { kind: "fault", start, end: keyword, message, help: "take it out" };
  }
  return { kind: "doctype", start, end: at + 1 };
}

/** The end of `SYSTEM "…"` or `PUBLIC "…" "…"`, of nothing when there is none, undefined when it is malformed. */
function externalId(text: string, start: number): number | undefined {
  const at = skipBlanks(text, start);
  const literals = text.startsWith("PUBLIC", at) ? 2 : text.startsWith("SYSTEM", at) ? 1 : 0;
  if (literals === 0) return start;
  if (at === start) return undefined;
  let end = at + 6;
  for (let count = 0; count < literals; count++) {
    const open = skipBlanks(text, end);
    const quote = text[open];
    if (open === end || (quote !== '"' && quote !== "'")) return undefined;
    const close = text.indexOf(quote, open + 1);
    if (close < 0) return undefined;
    end = close + 1;
  }
  return end;
}

function declarations(start: number): XmlFault {
  const message = "declarations in a `<!DOCTYPE`, and with them entities, are not supported";
  const help = "write the text of the entities out, and take the declarations out here";
  return { kind: "fault", start, end: start + 1, message, help };
}

function skipBlanks(text: string, at: number): number {
  let end = at;
  while (end < text.length && " \t\r\n".includes(text[end] ?? "")) end++;
  return end;
}
