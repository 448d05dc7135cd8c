/** A tree's way back to the text, and the findings about it. */
import type { Report, Severity } from "../diagnostic.ts";
import type { Span } from "../source.ts";
import type { ReadText } from "./read-text.ts";
import type { XmlAttribute, XmlContent } from "./xml-markup.ts";
import type { XmlElement } from "./xml-tree.ts";

/** What the readers of a tree need to point at it. */
export class XmlView {
  readonly text: ReadText;
  readonly reporter: Report;

  constructor(text: ReadText, report: Report) {
    this.text = text;
    this.reporter = report;
  }

  /** Reports an error, unless another severity is given. */
  report(
    rule: string,
    message: string,
    span: Span,
    more: { readonly help?: string | undefined; readonly severity?: Severity } = {},
  ): void {
    const { help, severity = "error" } = more;
    this.reporter({ rule, severity, message, span, ...(help === undefined ? {} : { help }) });
  }

  span(start: number, end: number): Span {
    return this.text.span(start, end);
  }

  /** The name in an element's start tag. */
  name({ nameStart, nameEnd }: XmlElement): Span {
    return this.span(nameStart, nameEnd);
  }

  /** The value of an attribute, without quotes. */
  attribute({ valueStart, valueEnd }: XmlAttribute): Span {
    return this.span(valueStart, valueEnd);
  }

  /** What stands between the marks, or the text. */
  content(node: XmlContent): Span {
    if (node.kind === "text") return this.span(node.start, node.end);
    return this.span(node.contentStart, node.contentEnd);
  }
}
