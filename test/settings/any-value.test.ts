import fc from "fast-check";
import { expect, test } from "vitest";
import { honoured } from "../../src/settings/honoured.ts";
import { resolvedFrom } from "./resolved.ts";
import { settled } from "./settled.ts";

const names = [
  ...honoured.map(({ name }) => name),
  "workers",
  "__proto__",
  "constructor",
  "nonsense",
];
const values = fc.oneof(
  fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\n", " ")),
  fc.integer().map(String),
  fc.constantFrom(
    "true",
    "off",
    "4 ; x",
    '"q"',
    "64k",
    ":0",
    ":70000",
    "a=b",
    "=",
    "@",
    "a:b:c",
    "-",
  ),
);
const lines = fc.array(fc.tuple(fc.constantFrom(...names), values), { maxLength: 12 });

test("no configuration whatever makes settling throw, and what it settles is usable", () => {
  fc.assert(
    fc.property(lines, (pairs) => {
      const text = pairs.map(([name, value]) => `${name} = ${value}`).join("\n");
      const { settings } = settled(resolvedFrom(text));
      expect(settings.processes).toBeGreaterThanOrEqual(1);
      expect(settings.processes).toBeLessThanOrEqual(1024);
      expect(settings.threads).toBeGreaterThanOrEqual(1);
      expect(settings.bufferSize).toBeLessThanOrEqual(65535);
      expect(settings.chdir.startsWith("/")).toBe(true);
      for (const path of settings.pythonpath) expect(path.startsWith("/")).toBe(true);
      expect(JSON.parse(JSON.stringify(settings)).sockets).toHaveLength(settings.sockets.length);
    }),
    { numRuns: 500 },
  );
});
