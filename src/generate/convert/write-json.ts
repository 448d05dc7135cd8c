/** DOCUMENT -> JSON with `//` comments, as yajl reads it: an array where a name comes several times in a row. */
import type { Document, Unwritable, Writer } from "./document.ts";
import { blocksOf, gapBefore } from "./document.ts";

/** Writes JSON files. */
export const jsonWriter: Writer = {
  write,
  unwritable,
  sectionFault: (section) => nulFault(section),
};

function write({ section, lines }: Document): string {
  const blocks = blocksOf(lines);
  const last = blocks.findLastIndex(({ kind }) => kind === "options");
  const body = blocks.map((block, index) => {
    if (block.kind === "comment") return `${gapBefore(block)}    // ${block.text}`.trimEnd();
    const [first = "", ...more] = block.values;
    const value = more.length === 0 ? scalar(first) : list(block.values);
    return `${gapBefore(block)}    ${quoted(block.key)}: ${value}${index === last ? "" : ","}`;
  });
  return ["{", `  ${quoted(section)}: {`, ...body, "  }", "}", ""].join("\n");
}

function list(values: readonly string[]): string {
  return `[\n${values.map((item) => `      ${scalar(item)}`).join(",\n")}\n    ]`;
}

/** A number is kept as it is written, so what looks like one may be one. `true` is `1`, so that may not. */
function scalar(text: string): string {
  return /^(?:0|-?[1-9]\d{0,14})$/.test(text) ? text : quoted(text);
}

function quoted(text: string): string {
  return JSON.stringify(text).replaceAll("\x7f", "\\u007f");
}

function unwritable(key: string, value: string): Unwritable | undefined {
  const because = nulFault(key);
  if (because !== undefined) return { at: "key", because };
  const fault = nulFault(value);
  return fault === undefined ? undefined : { at: "value", because: fault };
}

function nulFault(text: string): string | undefined {
  return text.includes("\0") ? "uWSGI drops what follows a NUL byte" : undefined;
}
