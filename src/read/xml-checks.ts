/** What uWSGI leaves out of an element without a word. */
import type { XmlElement, XmlNode } from "./xml-tree.ts";
import type { XmlView } from "./xml-view.ts";

/**
 * Reports what stands in an element beside the one child that uWSGI takes the value from, and a comment
 * that it takes for the value.
 * @param taken the index of that child
 */
export function checkRest({ name, children }: XmlElement, taken: number, view: XmlView): void {
  const value = children[taken];
  if (value?.kind === "comment" || value?.kind === "instruction") {
    const message = `uWSGI takes this ${value.kind} for the value of \`${name}\``;
    const help = "put it outside the element";
    view.report("xml-comment-value", message, view.span(value.start, value.end), { help });
    return;
  }
  const lost = children.find((child, index) => index !== taken && says(child));
  if (!lost) return;
  const message = `uWSGI takes only the first piece of what \`${name}\` holds; this is lost`;
  const help =
    lost.kind === "element"
      ? "write the options without a level above them"
      : "write the value in one piece, with no comment or CDATA in it";
  const span = lost.kind === "element" ? view.name(lost) : view.content(lost);
  view.report("xml-lost-content", message, span, { help });
}

function says(node: XmlNode): boolean {
  if (node.kind === "element" || node.kind === "cdata") return true;
  return node.kind === "text" && /\S/.test(node.content);
}

/** Reports attributes that uWSGI does not look at. */
export function checkAttributes({ name, attributes }: XmlElement, view: XmlView): void {
  const known = name === "app" ? ["id", "mountpoint", "domain"] : ["id"];
  for (const attribute of attributes) {
    if (known.includes(attribute.name)) continue;
    const { nameStart } = attribute;
    const message =
      attribute.name === "mode"
        ? "`mode` has no effect: uWSGI sets it after the files are read"
        : `uWSGI does not look at the attribute \`${attribute.name}\``;
    const help = attribute.name === "mode" ? "use `id`" : `write \`<${name}>value</${name}>\``;
    const span = view.span(nameStart, attribute.valueStart - 1);
    view.report("xml-attribute", message, span, { help });
  }
}
