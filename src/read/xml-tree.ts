/** The pieces of an XML text put together to a tree, as libxml2 does for uWSGI. */
import type { XmlAttribute, XmlContent, XmlFault, XmlMarkup, XmlOpen } from "./xml-markup.ts";
import { XmlScanner } from "./xml-scanner.ts";

/** One node; offsets are UTF-16. */
export type XmlNode = XmlElement | XmlContent;

/** An element. Its name, and those of its attributes, are without a prefix that stands for a namespace. */
export interface XmlElement {
  readonly kind: "element";
  readonly name: string;
  /** Of the start tag. */
  readonly start: number;
  readonly end: number;
  readonly nameStart: number;
  readonly nameEnd: number;
  /** Without declarations of namespaces. */
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlNode[];
}

/** libxml2 goes no deeper. */
const maxDepth = 257;

/** The root of a text, or the first reason why it is not XML. */
export function xmlTree(text: string): XmlElement | XmlFault {
  return new TreeBuilder(text).build();
}

/** An element whose end has not come. */
interface Open {
  readonly element: XmlElement & { readonly children: XmlNode[] };
  /** The name as it was written. */
  readonly written: string;
  readonly prefixes: ReadonlySet<string>;
}

class TreeBuilder {
  readonly #scanner: XmlScanner;
  readonly #open: Open[] = [];
  #root: XmlElement | undefined;
  #doctype = false;

  constructor(text: string) {
    this.#scanner = new XmlScanner(text);
  }

  build(): XmlElement | XmlFault {
    for (;;) {
      const markup = this.#scanner.next();
      if (markup.kind === "end") return this.#end(markup.start);
      const fault = this.#take(markup);
      if (fault) return fault;
      if (this.#root && this.#open.length === 0) this.#scanner.endAtNul();
    }
  }

  #end(at: number): XmlElement | XmlFault {
    const open = this.#open.at(-1);
    if (open) {
      const { nameStart, nameEnd } = open.element;
      return fault(
        nameStart,
        nameEnd,
        `\`<${open.written}>\` is not closed`,
        `add \`</${open.written}>\``,
      );
    }
    return this.#root ?? fault(at, at, "there is no element", "write `<uwsgi>…</uwsgi>`");
  }

  #take(markup: XmlMarkup): XmlFault | undefined {
    switch (markup.kind) {
      case "fault":
        return markup;
      case "open":
        return this.#opening(markup);
      case "close":
        return this.#closing(markup);
      case "text":
      case "cdata":
      case "comment":
      case "instruction":
        return this.#content(markup);
      case "doctype":
        if (!this.#root && !this.#doctype) {
          this.#doctype = true;
          return undefined;
        }
        return fault(
          markup.start,
          markup.end,
          "`<!DOCTYPE` must stand once, before the first element",
        );
      case "declaration":
      case "end":
        return undefined;
    }
  }

  #opening(markup: XmlOpen): XmlFault | undefined {
    const { start, end, name, nameStart, nameEnd } = markup;
    const parent = this.#open.at(-1);
    if (!parent && this.#root) {
      const message = `\`<${name}>\` after the end of \`<${this.#root.name}>\`, which must hold everything`;
      return fault(nameStart, nameEnd, message);
    }
    if (this.#open.length >= maxDepth) {
      return fault(nameStart, nameEnd, `more than ${maxDepth} elements inside each other`);
    }
    const prefixes = declared(markup.attributes, parent?.prefixes ?? onlyXml);
    const element = {
      kind: "element" as const,
      name: localName(name, prefixes),
      start,
      end,
      nameStart,
      nameEnd,
      attributes: markup.attributes
        .filter((attribute) => !/^xmlns(?::|$)/.test(attribute.name))
        .map((attribute) => ({ ...attribute, name: localName(attribute.name, prefixes) })),
      children: [],
    };
    if (parent) parent.element.children.push(element);
    else this.#root = element;
    if (!markup.empty) this.#open.push({ element, written: name, prefixes });
    return undefined;
  }

  #closing({ name, nameStart, nameEnd }: XmlMarkup & { kind: "close" }): XmlFault | undefined {
    const open = this.#open.pop();
    if (!open) return fault(nameStart, nameEnd, `\`</${name}>\` closes nothing`);
    if (open.written === name) return undefined;
    const message = `\`</${name}>\` where \`<${open.written}>\` must be closed first`;
    return fault(nameStart, nameEnd, message, `write \`</${open.written}>\``);
  }

  #content(content: XmlContent): XmlFault | undefined {
    const siblings = this.#open.at(-1)?.element.children;
    if (!siblings) return this.#outside(content);
    const last = siblings.at(-1);
    if (content.kind === "cdata" && last?.kind === "cdata") {
      // libxml2 makes one section of neighbours.
      siblings[siblings.length - 1] = {
        ...last,
        end: content.end,
        content: (last.content ?? "") + (content.content ?? ""),
        contentEnd: content.contentEnd,
      };
    } else {
      siblings.push(content);
    }
    return undefined;
  }

  #outside(content: XmlContent): XmlFault | undefined {
    if (content.kind === "comment" || content.kind === "instruction") return undefined;
    const { start, end } = content;
    const stray = content.kind === "text" ? content.content.search(/[^ \t\n\r]/) : 0;
    if (stray < 0) return undefined;
    const where = this.#root ? "after the last element" : "before the first element";
    const help = this.#root ? "take it out" : "the file must begin with `<`";
    return fault(start, end, `text ${where}`, help);
  }
}

const onlyXml: ReadonlySet<string> = new Set(["xml"]);

/** The prefixes that stand for a namespace inside an element. */
function declared(
  attributes: readonly XmlAttribute[],
  outer: ReadonlySet<string>,
): ReadonlySet<string> {
  const names = attributes.map(({ name }) => name).filter((name) => name.startsWith("xmlns:"));
  return names.length === 0 ? outer : new Set([...outer, ...names.map((name) => name.slice(6))]);
}

/** A prefix that was not declared is part of the name. */
function localName(name: string, prefixes: ReadonlySet<string>): string {
  const colon = name.indexOf(":");
  if (colon <= 0 || colon === name.length - 1) return name;
  return prefixes.has(name.slice(0, colon)) ? name.slice(colon + 1) : name;
}

function fault(start: number, end: number, message: string, help?: string): XmlFault {
  return { kind: "fault", start, end, message, ...(help === undefined ? {} : { help }) };
}
