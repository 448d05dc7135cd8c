/**
 * Odd texts and what uWSGI 2.0.21 made of them as `a.FORMAT`: the list of its `--show-config`, or that it
 * stopped. Most were generated; those that lead to the same findings were left out.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { collector } from "../../src/diagnostic.ts";
import type { Format } from "../../src/read/read.ts";
import { formatOf, read } from "../../src/read/read.ts";

interface Recorded {
  readonly text: string;
  readonly section?: string;
  readonly shows?: string;
  readonly stops?: true;
}

/** Findings with which uWSGI stops, or crashes. All other errors are about what it loses. */
const stopping = [
  "json-syntax",
  "json-section",
  "no-section",
  "xml-nested-element",
  "xml-syntax",
  "yaml-syntax",
];

const folder = join(import.meta.dirname, "recorded");

describe.each(readdirSync(folder))("%s", (file) => {
  const format = formatOf(file.replace(/^(\w+)\.json$/, "a.$1")) ?? "ini";
  const cases: Recorded[] = JSON.parse(readFileSync(join(folder, file), "utf8"));
  test.each(cases.map((recorded) => [JSON.stringify(recorded.text), recorded] as const))(
    "%s",
    (_, { text, section = "", shows, stops }) => {
      const { list, stopped } = listOf(format, text, section);
      expect(stopped).toBe(stops === true);
      if (!stops) expect(list).toBe(shows);
    },
  );
});

function listOf(format: Format, text: string, section: string) {
  const { report, found } = collector();
  const variables = new Map(Object.entries({ n: "a", e: format, s: `a.${format}` }));
  const source = { name: `a.${format}`, text };
  const entries = read(format, source, section, (letter) => variables.get(letter), report);
  return {
    list: entries.map(({ key, value }) => `${key} = ${value}\n`).join(""),
    stopped: found.some(({ rule, severity }) => severity === "error" && stopping.includes(rule)),
  };
}
