import { expect, test } from "vitest";
import { readable, StaticRules } from "../../../../src/launch/front/static/static-rules.ts";
import { noStatics, type StaticSettings } from "../../../../src/settings/static-settings.ts";

const rules = (settings: Partial<StaticSettings>) =>
  new StaticRules({ ...noStatics(), ...settings });
const subjects = {
  file: "/d/a.css",
  "path-info": "/s/a.css",
  uri: "/s/a.css?v=1",
  type: "text/css",
};

test("Expires: the file, then the path, the URI and the type; the time from now before the other", () => {
  const all = [
    { subject: "type", pattern: "text/css", seconds: 1, fromChange: false },
    { subject: "uri", pattern: "v=1$", seconds: 2, fromChange: false },
    { subject: "path-info", pattern: "^/s/", seconds: 3, fromChange: true },
    { subject: "path-info", pattern: "^/s/a", seconds: 4, fromChange: false },
    { subject: "file", pattern: "^/d/", seconds: 5, fromChange: true },
  ] as const;
  const at = (count: number) =>
    rules({ expires: all.slice(0, count) }).expiry(subjects, 100_000, 900_000);
  expect([0, 1, 2, 3, 4, 5].map(at)).toEqual([
    undefined,
    901_000,
    902_000,
    103_000,
    904_000,
    105_000,
  ]);
});

test("the first of one kind counts, and a type is no pattern", () => {
  const rule = (pattern: string, seconds: number) =>
    ({ subject: "type", pattern, seconds, fromChange: false }) as const;
  const expires = [rule("text/.*", 1), rule("text/css", 2), rule("text/css", 3)];
  expect(rules({ expires }).expiry(subjects, 0, 0)).toBe(2000);
});

test.each<[Partial<StaticSettings>, boolean]>([
  [{}, false],
  [{ gzipAll: true }, true],
  [{ gzipPrefixes: ["/other", "/d"] }, true],
  [{ gzipPrefixes: ["/d/b"] }, false],
  [{ gzipEnds: [".css"] }, true],
  [{ gzipEnds: ["/a"] }, false],
  [{ gzipPatterns: ["a\\.[a-z]+$"] }, true],
  [{ gzipPatterns: ["^a"] }, false],
])("%j looks for a compressed /d/a.css: %s", (settings, wanted) => {
  const made = rules(settings);
  expect(made.compressed("/d/a.css")).toBe(wanted);
  expect(made.compresses).toBe(Object.keys(settings).length > 0);
});

test("names are matched as people write them", () => {
  expect(readable("caf\u00c3\u00a9")).toBe("caf\u00e9");
});
