/** DOCUMENT -> YAML: one mapping under the section's name, a list where a name comes several times in a row. */
import { yamlScalar } from "../yaml-scalar.ts";
import type { Block, Document, Unwritable, Writer } from "./document.ts";
import { blocksOf, gapBefore } from "./document.ts";
import { standIns } from "./keep-magic.ts";

/** UTF-16 units of a name; libyaml takes no more than 1,024 bytes before the colon, quotes and escapes included. */
const maxName = 160;

/** Writes YAML files. */
export const yamlWriter: Writer = {
  write,
  unwritable,
  sectionFault: (section) => (section.length > maxName ? tooLong : nulFault(section)),
};

const tooLong = `a name has at most ${maxName} characters in YAML`;

function write({ section, lines }: Document): string {
  const body = blocksOf(lines).map((block) =>
    block.kind === "comment"
      ? `${gapBefore(block)}  # ${block.text}`.trimEnd()
      : `${gapBefore(block)}${option(block)}`,
  );
  return [`${name(section)}:`, ...body, ""].join("\n");
}

function option({ key, values }: Extract<Block, { kind: "options" }>): string {
  const [first = "", ...more] = values;
  if (more.length === 0) return `  ${name(key)}: ${value(first, "    ")}`;
  const items = values.map((item) => `    - ${value(item, "      ")}`);
  return [`  ${name(key)}:`, ...items].join("\n");
}

function name(text: string): string {
  return yamlScalar(text, { opaque: standIns });
}

function value(text: string, indent: string): string {
  return yamlScalar(text, { indent, opaque: standIns });
}

function unwritable(key: string, value: string): Unwritable | undefined {
  const because = key.length > maxName ? tooLong : nulFault(key);
  if (because !== undefined) return { at: "key", because };
  const fault = nulFault(value);
  return fault === undefined ? undefined : { at: "value", because: fault };
}

function nulFault(text: string): string | undefined {
  return text.includes("\0") ? "uWSGI drops what follows a NUL byte" : undefined;
}
