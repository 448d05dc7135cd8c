/** DOCUMENT -> ini: one option a line. Nothing can be quoted, so not every text fits. */
import type { Document, Unwritable, Writer } from "./document.ts";
import { gapBefore } from "./document.ts";

/** Writes ini files. */
export const iniWriter: Writer = {
  write,
  unwritable,
  sectionFault: (section) =>
    /[\n\0]/.test(section) ? "the name of a section must fit in one line" : undefined,
};

function write({ section, lines }: Document): string {
  const body = lines.map((line) => {
    if (line.kind === "comment") return `${gapBefore(line)}# ${line.text}`.trimEnd();
    const { key, value } = line.entry;
    return `${gapBefore(line)}${key === "" ? "" : `${key} `}=${value === "" ? "" : ` ${value}`}`;
  });
  return [`[${section}]`, ...body, ""].join("\n");
}

function unwritable(key: string, value: string): Unwritable | undefined {
  const because = keyFault(key) ?? undefined;
  if (because !== undefined) return { at: "key", because };
  const valueFault = textFault(value);
  return valueFault === undefined ? undefined : { at: "value", because: valueFault };
}

function keyFault(key: string): string | undefined {
  if (key.includes("=")) return "a name ends at the first `=`";
  if (key.startsWith("[")) return "a line that begins with `[` is a section's header";
  if (/^[;#]/.test(key)) return `a line that begins with \`${key[0]}\` is a comment`;
  return textFault(key);
}

function textFault(text: string): string | undefined {
  if (text.includes("\n")) return "a line break ends an option";
  if (text.includes("\0")) return "a NUL byte ends an option";
  return /^[ \t\r]|[ \t\r]$/.test(text) ? "blanks at either end are dropped" : undefined;
}
