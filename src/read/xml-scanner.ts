/**
 * The markup of XML 1.0, taken apart as libxml2 does for uWSGI, one piece a call. Whether the pieces fit
 * together is for the tree to see. A DOCTYPE may name its DTD, which nobody reads; declarations in it,
 * and with them entities of one's own, are refused.
 */

import { isXmlCharacter, nameEnd } from "./xml-characters.ts";
import { xmlDeclaration } from "./xml-declaration.ts";
import { xmlDoctype } from "./xml-doctype.ts";
import type { XmlAttribute, XmlFault, XmlMarkup } from "./xml-markup.ts";
import { xmlText } from "./xml-text.ts";

/** Takes a text apart. */
export class XmlScanner {
  readonly #text: string;
  #end: number;
  #at = 0;

  /** @param text a byte order mark at its beginning is passed over */
  constructor(text: string) {
    this.#text = text;
    this.#end = text.length;
    if (text.startsWith("\ufeff")) this.#at = 1;
  }

  /** The next piece; past the last one `end`, again and again. */
  next(): XmlMarkup {
    const markup = this.#markup(this.#at);
    this.#at = markup.end;
    return markup;
  }

  /** Makes the next NUL the end of the text. */
  endAtNul(): void {
    const nul = this.#text.indexOf("\0", this.#at);
    if (nul >= 0) this.#end = nul;
  }

  #markup(start: number): XmlMarkup {
    if (start >= this.#end) return { kind: "end", start, end: start };
    if (this.#text[start] !== "<") return this.#characters(start);
    if (this.#text.startsWith("<!--", start)) return this.#comment(start);
    if (this.#text.startsWith("<![CDATA[", start)) return this.#cdata(start);
    if (this.#text.startsWith("<!DOCTYPE", start)) return xmlDoctype(this.#text, start);
    if (this.#text.startsWith("<?", start)) return this.#instruction(start);
    if (this.#text.startsWith("</", start)) return this.#closing(start);
    return this.#opening(start);
  }

  /** Text up to the next `<`. */
  #characters(start: number): XmlMarkup {
    const open = this.#text.indexOf("<", start);
    const end = open < 0 ? this.#end : open;
    const text = xmlText(this.#text, start, end);
    if (text.kind === "fault") return text;
    const close = this.#text.slice(start, end).indexOf("]]>");
    if (close >= 0) {
      const at = start + close;
      return fault(at, at + 3, "`]]>` cannot stand in a text", "write `]]&gt;`");
    }
    return { kind: "text", start, end, content: text.value };
  }

  #comment(start: number): XmlMarkup {
    const dashes = this.#text.indexOf("--", start + 4);
    if (dashes < 0)
      return fault(start, start + 4, "a comment without its end", "close it with `-->`");
    if (this.#text[dashes + 2] !== ">") {
      return fault(dashes, dashes + 2, "`--` cannot stand in a comment", "write one dash");
    }
    return this.#verbatim("comment", { start, end: dashes + 3 }, start + 4, dashes);
  }

  #cdata(start: number): XmlMarkup {
    const close = this.#text.indexOf("]]>", start + 9);
    if (close < 0)
      return fault(start, start + 9, "a CDATA section without its end", "close it with `]]>`");
    return this.#verbatim("cdata", { start, end: close + 3 }, start + 9, close);
  }

  /** What stands between marks as it is, but for its line ends. */
  #verbatim(
    kind: "comment" | "cdata",
    whole: { readonly start: number; readonly end: number },
    from: number,
    to: number,
  ): XmlMarkup {
    const bad = this.#badCharacter(from, to);
    const content = this.#text.slice(from, to).replace(/\r\n?/g, "\n");
    return bad ?? { kind, ...whole, content, contentStart: from, contentEnd: to };
  }

  #badCharacter(from: number, to: number): XmlFault | undefined {
    for (let at = from; at < to; at++) {
      if (!isXmlCharacter(this.#text.charCodeAt(at))) {
        return fault(at, at + 1, "a control character, which XML does not allow", "take it out");
      }
    }
    return undefined;
  }

  #instruction(start: number): XmlMarkup {
    const targetEnd = nameEnd(this.#text, start + 2);
    const target = this.#text.slice(start + 2, targetEnd);
    const close = this.#text.indexOf("?>", targetEnd);
    if (target === "") return fault(start, start + 2, "`<?` must be followed by a name");
    if (close < 0)
      return fault(start, targetEnd, "an instruction without its end", "close it with `?>`");
    const end = close + 2;
    if (target === "xml") return xmlDeclaration(this.#text, start, end);
    if (target.toLowerCase() === "xml") {
      return fault(start + 2, targetEnd, `\`${target}\` is kept for XML itself`, "write `<?xml`");
    }
    const from = this.#skipBlanks(targetEnd);
    if (from === targetEnd && targetEnd < close) {
      return fault(targetEnd, targetEnd + 1, `a blank is missing after \`<?${target}\``);
    }
    const bad = this.#badCharacter(targetEnd, close);
    const content =
      from < close ? this.#text.slice(from, close).replace(/\r\n?/g, "\n") : undefined;
    return (
      bad ?? { kind: "instruction", start, end, content, contentStart: from, contentEnd: close }
    );
  }

  #closing(start: number): XmlMarkup {
    const from = start + 2;
    const to = nameEnd(this.#text, from);
    if (to === from) return fault(start, from, "`</` must be followed by the name of an element");
    const close = this.#skipBlanks(to);
    const name = this.#text.slice(from, to);
    if (this.#text[close] !== ">") {
      return fault(start, to, `\`</${name}\` without its \`>\``);
    }
    return { kind: "close", start, end: close + 1, name, nameStart: from, nameEnd: to };
  }

  #opening(start: number): XmlMarkup {
    const from = start + 1;
    const to = nameEnd(this.#text, from);
    if (to === from) {
      const help = "write `&lt;` for the character; a name begins with a letter";
      return fault(start, from, "`<` must be followed by the name of an element", help);
    }
    const name = this.#text.slice(from, to);
    const attributes: XmlAttribute[] = [];
    const names = new Set<string>();
    let at = to;
    for (;;) {
      const next = this.#skipBlanks(at);
      const character = this.#text[next];
      if (character === ">" || this.#text.startsWith("/>", next)) {
        const end = character === ">" ? next + 1 : next + 2;
        const empty = character === "/";
        return { kind: "open", start, end, name, nameStart: from, nameEnd: to, attributes, empty };
      }
      if (next >= this.#end) return fault(start, to, `\`<${name}\` without its \`>\``);
      if (next === at) return fault(next, next + 1, "expected a blank, `>` or `/>`");
      const attribute = this.#attribute(next);
      if ("kind" in attribute) return attribute;
      if (names.has(attribute.name)) {
        const end = attribute.nameStart + attribute.name.length;
        return fault(attribute.nameStart, end, `a second attribute \`${attribute.name}\``);
      }
      names.add(attribute.name);
      attributes.push(attribute);
      at = attribute.valueEnd + 1;
    }
  }

  #attribute(start: number): XmlAttribute | XmlFault {
    const to = nameEnd(this.#text, start);
    if (to === start) return fault(start, start + 1, "expected an attribute, `>` or `/>`");
    const name = this.#text.slice(start, to);
    const equals = this.#skipBlanks(to);
    if (this.#text[equals] !== "=") {
      return fault(start, to, `the attribute \`${name}\` has no value`, `write \`${name}="…"\``);
    }
    const open = this.#skipBlanks(equals + 1);
    const quote = this.#text[open];
    if (quote !== '"' && quote !== "'") {
      return fault(
        open,
        Math.min(open + 1, this.#end),
        "the value of an attribute must be in quotes",
      );
    }
    const close = this.#text.indexOf(quote, open + 1);
    if (close < 0) return fault(open, open + 1, "the quote is not closed");
    const less = this.#text.slice(open, close).indexOf("<");
    if (less >= 0) {
      const at = open + less;
      return fault(
        at,
        at + 1,
        "`<` cannot stand in an attribute",
        "write `&lt;`, or close the quote",
      );
    }
    const value = xmlText(this.#text, open + 1, close, "attribute");
    if (value.kind === "fault") return value;
    return { name, nameStart: start, value: value.value, valueStart: open + 1, valueEnd: close };
  }

  #skipBlanks(at: number): number {
    let end = at;
    while (end < this.#end && " \t\r\n".includes(this.#text[end] ?? "")) end++;
    return end;
  }
}

function fault(start: number, end: number, message: string, help?: string): XmlFault {
  return { kind: "fault", start, end, message, ...(help === undefined ? {} : { help }) };
}
