/** DOCUMENT -> XML: an element an option, whose first child is its value (core/xmlconf.c). */
import type { Document, Unwritable, Writer } from "./document.ts";
import { gapBefore } from "./document.ts";
import { standIns } from "./keep-magic.ts";

/** Writes XML files. */
export const xmlWriter: Writer = {
  write,
  unwritable,
  sectionFault: (section) =>
    isText(section) && !/[\t\n\r]/.test(section)
      ? undefined
      : "the name of a section is an attribute, which has no control characters",
};

function write({ section, lines }: Document): string {
  const id = section === "uwsgi" ? "" : ` id="${escaped(section).replaceAll('"', "&quot;")}"`;
  const body = lines.map((line) => {
    const gap = gapBefore(line);
    if (line.kind === "comment") return `${gap}  <!-- ${comment(line.text)} -->`;
    const { key, value } = line.entry;
    return `${gap}  <${key}>${content(value)}</${key}>`;
  });
  return [`<?xml version="1.0" encoding="UTF-8"?>`, `<uwsgi${id}>`, ...body, "</uwsgi>", ""].join(
    "\n",
  );
}

/** Two dashes may not stand in a comment. */
function comment(text: string): string {
  return text.replace(/-(?=-)/g, "- ");
}

/** An element with nothing in it has the value 1, so what is or may become empty is an empty CDATA section. */
function content(value: string): string {
  const maybeEmpty = value.replace(new RegExp(standIns, "gu"), "") === "";
  return maybeEmpty ? `<![CDATA[${value}]]>` : escaped(value);
}

/** A carriage return would be read as a line feed. */
function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("\r", "&#13;");
}

function unwritable(key: string, value: string): Unwritable | undefined {
  if (!elementName.test(key)) {
    return { at: "key", because: "the name of an element has only letters, digits, `.`, `-`, `_`" };
  }
  if (key === "app" && value !== "") {
    return { at: "key", because: "uWSGI makes a `mount` of the element `app`" };
  }
  if (isText(value)) return undefined;
  return { at: "value", because: "XML has no control characters" };
}

/** NameStartChar and NameChar of XML 1.0, without the colon, which belongs to namespaces. */
const start =
  "A-Z_a-z\\u{c0}-\\u{d6}\\u{d8}-\\u{f6}\\u{f8}-\\u{2ff}\\u{370}-\\u{37d}\\u{37f}-\\u{1fff}\\u{200c}\\u{200d}\\u{2070}-\\u{218f}\\u{2c00}-\\u{2fef}\\u{3001}-\\u{d7ff}\\u{f900}-\\u{fdcf}\\u{fdf0}-\\u{fffd}\\u{10000}-\\u{effff}";
const elementName = new RegExp(
  `^[${start}][${start}.0-9\\u{b7}\\u{300}-\\u{36f}\\u{203f}\\u{2040}-]*$`,
  "u",
);

/** Whether all characters are Char of XML 1.0. */
function isText(text: string): boolean {
  return /^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]*$/u.test(text);
}
