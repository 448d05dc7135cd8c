/**
 * XML as uWSGI reads it with libxml2: the elements under `<uwsgi>` are the options, the first thing in
 * each is its value, an empty one is 1. What uWSGI would lose, misread or crash at is an error.
 */
import type { Report } from "../diagnostic.ts";
import type { Span } from "../source.ts";
import type { Entry } from "./entry.ts";
import type { ReadText } from "./read-text.ts";
import { missingSection } from "./section.ts";
import { xmlApp } from "./xml-app.ts";
import { checkAttributes, checkRest } from "./xml-checks.ts";
import type { XmlContent, XmlFault } from "./xml-markup.ts";
import type { XmlElement, XmlNode } from "./xml-tree.ts";
import { xmlTree } from "./xml-tree.ts";
import { XmlView } from "./xml-view.ts";

/**
 * The options of one section, in order, none when the text is not XML; never throws.
 * @param id the `id` that was asked for; empty when none was, which is not the same as `uwsgi`
 */
export function readXml(text: ReadText, id: string, report: Report): Entry[] {
  const root = xmlTree(text.text);
  const view = new XmlView(text, report);
  if (root.kind === "fault") return notXml(root, view);
  cutAtNul(view);
  const section = root.name === "uwsgi" ? root : firstSection(root, id, view);
  if (!section) return [];
  if (section.children.every(({ kind }) => kind !== "element" && kind !== "cdata")) {
    view.report("empty-file", "`<uwsgi>` holds no options", view.name(section), {
      severity: "warning",
    });
  }
  return section.children.flatMap((child) => (excluded(child, id) ? [] : options(child, view)));
}

function notXml({ start, end, message, help }: XmlFault, view: XmlView): [] {
  view.report("xml-syntax", `not XML: ${message}`, view.span(start, end), { help });
  return [];
}

/** libxml2 ends the text at a NUL after the root; before its end it is a fault. */
function cutAtNul(view: XmlView): void {
  const nul = view.text.text.indexOf("\0");
  if (nul < 0) return;
  const help = "take it out";
  view.report("nul-byte", "a NUL byte: uWSGI drops the rest of the text", view.span(nul, nul + 1), {
    help,
  });
}

/** The first `<uwsgi>` in another root that has no `id`, or the right one. */
function firstSection(root: XmlElement, id: string, view: XmlView): XmlElement | undefined {
  const sections = root.children.filter((child) => child.kind === "element");
  const named = sections.filter(({ name }) => name === "uwsgi");
  const [first, ...rest] = named.filter((element) => !excluded(element, id));
  if (!first) {
    noSection({ root, named, sections, id }, view);
    return undefined;
  }
  for (const element of rest) {
    if (attribute(element, "id")?.value !== attribute(first, "id")?.value) continue;
    const help = "move its options into the first one, or give it an `id` of its own";
    view.report(
      "xml-repeated-section",
      "a second `<uwsgi>` is not read by uWSGI",
      view.name(element),
      { help },
    );
  }
  return first;
}

function noSection(
  found: {
    readonly root: XmlElement;
    readonly named: readonly XmlElement[];
    readonly sections: readonly XmlElement[];
    readonly id: string;
  },
  view: XmlView,
): void {
  const { root, named, sections, id } = found;
  const byId = named.length > 0;
  const present = byId
    ? named.flatMap((element) => {
        const given = attribute(element, "id");
        return given ? [{ name: given.value, span: view.attribute(given) }] : [];
      })
    : [root, ...sections].map((element) => ({ name: element.name, span: view.name(element) }));
  const show = (name: string) => (byId ? `\`<uwsgi id="${name}">\`` : `\`<${name}>\``);
  // An empty root is taken as it is, whatever its name.
  const then = root.children.length === 0 ? "goes on" : "stops";
  missingSection(byId ? id : "uwsgi", present, view.name(root), show, view.reporter, then);
}

/** What has another `id` than the one asked for is not for this start. */
function excluded(node: XmlNode, id: string): boolean {
  if (node.kind !== "element" || id === "") return false;
  const given = attribute(node, "id");
  return given !== undefined && given.value !== id;
}

function attribute({ attributes }: XmlElement, name: string) {
  return attributes.find((candidate) => candidate.name === name);
}

/** The options that a child of `<uwsgi>` is. */
function options(child: XmlNode, view: XmlView): Entry[] {
  switch (child.kind) {
    case "comment":
    case "instruction":
      return [];
    case "text":
      strayText(child, view);
      return [];
    case "cdata":
      return [evaluated(child, view)];
    case "element":
      checkAttributes(child, view);
      return child.name === "app" ? xmlApp(child, view) : option(child, view);
  }
}

/** Text between the options is nothing to uWSGI. */
function strayText({ start, content, end }: XmlContent, view: XmlView): void {
  if (content === undefined || /^\s*$/.test(content)) return;
  const help = "write `<option>value</option>`";
  const from = start + (view.text.text.slice(start, end).search(/\S/) || 0);
  view.report(
    "xml-stray-text",
    "text outside the options is dropped by uWSGI",
    view.span(from, end),
    { help },
  );
}

/** CDATA among the options is Python code. */
function evaluated(child: Exclude<XmlContent, { kind: "text" }>, view: XmlView): Entry {
  const keySpan = view.span(child.start, child.contentStart);
  return { key: "eval", value: child.content ?? "", keySpan, valueSpan: view.content(child) };
}

function option(element: XmlElement, view: XmlView): Entry[] {
  const keySpan = view.name(element);
  const [first] = element.children;
  if (!first) {
    const end: Span = { ...keySpan, start: keySpan.end };
    return [{ key: element.name, value: "1", keySpan, valueSpan: end }];
  }
  if (first.kind === "element" || first.content === undefined) {
    crash(element, first, view);
    return [];
  }
  checkRest(element, 0, view);
  return [{ key: element.name, value: first.content, keySpan, valueSpan: view.content(first) }];
}

function crash(element: XmlElement, first: XmlNode, view: XmlView): void {
  const what = first.kind === "element" ? `\`<${first.name}>\`` : "an instruction";
  const message = `\`<${element.name}>\` begins with ${what} and not with text: uWSGI crashes at that`;
  const help = "write the options without a level above them";
  const span = first.kind === "element" ? view.name(first) : view.span(first.start, first.end);
  view.report("xml-nested-element", message, span, { help });
}
