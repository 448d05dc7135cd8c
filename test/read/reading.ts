import { collector } from "../../src/diagnostic.ts";
import type { Format } from "../../src/read/read.ts";
import { read } from "../../src/read/read.ts";

const variables = new Map([
  ["d", "/srv/app/"],
  ["n", "a"],
  ["x", ""],
]);

/** The entries and findings of a text called `a.FORMAT`; `%d`, `%n` and `%x` are magic. */
export function reading(format: Format, text: string, section = "") {
  const { report, found } = collector();
  const source = { name: `a.${format}`, text };
  const magic = (letter: string) => variables.get(letter);
  return { entries: read(format, source, section, magic, report), found };
}
