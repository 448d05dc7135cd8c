/** Whatever a file holds: nothing throws, places are in the text, and a megabyte is read in one pass. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { collector } from "../../src/diagnostic.ts";
import { decode } from "../../src/read/decode.ts";
import type { Format } from "../../src/read/read.ts";
import { read } from "../../src/read/read.ts";
import { placeOf } from "../../src/source.ts";
import { reading } from "./reading.ts";

/** A text like the ones that people write, and what else may stand in one. */
const samples: { readonly [format in Format]: readonly [string, readonly string[]] } = {
  ini: [
    "[uwsgi]\n; comment\nmodule = app:app\nsocket = %d/app.sock\nenv = A=%(x)\n[dev]\nini = :uwsgi\n",
    ["[uwsgi]", "[", "]", "=", "%d", "%x", "%", "%(", ";", "#", "key = value\n"],
  ],
  yaml: [
    "uwsgi:\n  module: app:app # comment\n  env: [A=1, 'B=2']\n  socket:\n    - \"%d\"\n  t: |\n    text\n",
    ["uwsgi:", "  ", "- ", ": ", "{", "}", "[", "]", '"', "'", "&x ", "*x", "!t ", "|", "? ", ","],
  ],
  json: [
    '{"uwsgi": {"module": "app:app", // comment\n"env": ["A=1", "\\u00e9"], "a": -1.5e3, "b": null}}',
    ["{", "}", "[", "]", ":", ",", '"', "\\", "\\ud83d", "\\u0000", "true", "/*", "//", "01", "%"],
  ],
  xml: [
    '<?xml version="1.0"?>\n<r><uwsgi id="a"><module>a&amp;b</module><!-- c --><app mountpoint="/">x</app></uwsgi></r>',
    [
      "<",
      ">",
      "/>",
      "</a>",
      "<a>",
      "&lt;",
      "&",
      "<![CDATA[",
      "]]>",
      "<!--",
      "-->",
      "<?p",
      "?>",
      '"',
    ],
  ],
};
const formats: readonly Format[] = ["ini", "yaml", "json", "xml"];

const oddities = ["\n", "\r", "\t", "\0", "\ufeff", "é", "💡", "\ud800", "\u2028", "a", " "];

/** A sample with pieces put in, taken out and doubled. */
function mutated(format: Format): fc.Arbitrary<string> {
  const [sample, pieces] = samples[format];
  const edit = fc.record({
    at: fc.nat(sample.length),
    drop: fc.nat(4),
    put: fc.constantFrom("", ...pieces, ...oddities),
  });
  return fc
    .array(edit, { maxLength: 8 })
    .map((edits) =>
      edits.reduce(
        (text, { at, drop, put }) => text.slice(0, at) + put + text.slice(at + drop),
        sample,
      ),
    );
}

function pieced(format: Format): fc.Arbitrary<string> {
  const piece = fc.constantFrom(...samples[format][1], ...oddities, "uwsgi", "%d", "%q");
  return fc.array(piece, { maxLength: 40 }).map((parts) => parts.join(""));
}

function expectPlaces(format: Format, text: string): void {
  const { entries, found } = reading(format, text);
  for (const { span } of found) expect(span).toBeDefined();
  const spans = [
    ...entries.flatMap(({ keySpan, valueSpan }) => [keySpan, valueSpan]),
    ...found.flatMap(({ span }) => (span ? [span] : [])),
  ];
  for (const span of spans) {
    expect(span.start).toBeGreaterThanOrEqual(0);
    expect(span.end).toBeGreaterThanOrEqual(span.start);
    expect(span.end).toBeLessThanOrEqual(text.length);
    expect(placeOf(span).column).toBeGreaterThanOrEqual(1);
  }
}

describe.each(formats)("%s", (format) => {
  test("any text is read without a throw, with places inside it", () => {
    const text = fc.oneof(fc.string({ unit: "binary" }), mutated(format), pieced(format));
    fc.assert(
      fc.property(text, (any) => expectPlaces(format, any)),
      { numRuns: 1500 },
    );
  });

  test("any bytes are", () => {
    const text = new TextEncoder().encode(samples[format][0]);
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .tuple(fc.nat(text.length), fc.uint8Array({ maxLength: 4 }))
        .map(([at, put]) =>
          Uint8Array.from([...text.slice(0, at), ...put, ...text.slice(at + put.length)]),
        ),
    );
    fc.assert(
      fc.property(bytes, (any) => {
        const { report } = collector();
        const place = { source: { name: "a", text: "" }, start: 0, end: 0 };
        const source = decode("a", any, place, report);
        if (source) expectPlaces(format, source.text);
      }),
      { numRuns: 300 },
    );
  });
});

test("what is read of a text without quotes or magic is what stands at its places", () => {
  const name = fc.stringMatching(/^[a-w][a-z0-9-]{0,8}$/);
  const value = fc.stringMatching(/^[a-z0-9/][a-z0-9/:=;]{0,8}[a-z0-9]$/);
  const writers: readonly [Format, (pairs: readonly (readonly [string, string])[]) => string][] = [
    ["ini", (pairs) => `[uwsgi]\n${pairs.map(([a, b]) => `\t${a} = ${b} \r\n`).join("")}`],
    ["yaml", (pairs) => `uwsgi:\n${pairs.map(([a, b]) => `  ${a}: ${b} # c\n`).join("")}`],
    ["json", (pairs) => `{"uwsgi":{${pairs.map(([a, b]) => `"${a}" : "${b}"`).join(",\n")}}}`],
    ["xml", (pairs) => `<uwsgi>${pairs.map(([a, b]) => `<${a}>${b}</${a}>\n`).join("")}</uwsgi>`],
  ];
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { minLength: 1 }), (pairs) => {
      for (const [format, write] of writers) {
        const { entries } = reading(format, write(pairs));
        expect(entries.map(({ key, value: read }) => [key, read])).toEqual(pairs);
        for (const { key, value: read, keySpan, valueSpan } of entries) {
          const { text } = keySpan.source;
          expect(text.slice(keySpan.start, keySpan.end)).toBe(key);
          expect(text.slice(valueSpan.start, valueSpan.end)).toBe(read);
        }
      }
    }),
    { numRuns: 200 },
  );
});

/**
 * A megabyte of one thing. Read in one pass it takes a fraction of a second, and if its time grew with the
 * square it would not come to an end in this life: the test needs no clock. What comes out is counted.
 */
describe("a megabyte", () => {
  const size = 1024 * 1024;
  const many = (piece: string) => piece.repeat(Math.ceil(size / piece.length));
  const lines = (line: (index: number) => string) =>
    Array.from({ length: 20_000 }, (_, index) => line(index)).join("\n");
  const long = "some value that is about forty characters";

  test.each<[string, Format, string, number, number]>([
    ["20,000 lines", "ini", `[uwsgi]\n${lines((n) => `key-${n} = ${long}`)}`, 20_000, 0],
    ["one line", "ini", `[uwsgi]\na = ${many("x")}`, 1, 0],
    ["percent signs", "ini", `[uwsgi]\na = ${many("%q")}`, 1, 100],
    ["doubled percent signs", "ini", `[uwsgi]\na = ${many("%%")}`, 1, 0],
    ["magic variables", "ini", `[uwsgi]\na = ${many("%d")}`, 1, 0],
    ["percent signs in comments", "ini", `[uwsgi]\n${many("; 5% q\n")}`, 0, 1],
    ["percent signs at line ends", "ini", `[uwsgi]\n${many("a%\n")}`, 1, 100],
    ["sections", "ini", many("[section]\n"), 0, 1],
    ["20,000 lines", "yaml", `uwsgi:\n${lines((n) => `  key-${n}: ${long}`)}`, 20_000, 0],
    ["one line", "yaml", `uwsgi:\n  a: ${many("x ")}`, 1, 0],
    ["lines of one text", "yaml", `uwsgi:\n  a: ${many("x\n    ")}`, 1, 0],
    ["lines of one block", "yaml", `uwsgi:\n  a: |\n${many("    x\n")}`, 1, 0],
    ["blank lines in quotes", "yaml", `uwsgi:\n  a: "${many("\n")}"`, 1, 0],
    ["brackets", "yaml", `uwsgi:\n  a: ${many("[")}`, 0, 1],
    [
      "items in deep brackets",
      "yaml",
      `uwsgi:\n  a: ${"[".repeat(900)}${many("x,")}`,
      size / 2,
      900,
    ],
    ["dashes", "yaml", `uwsgi:\n  a:\n    ${many("- ")}`, 0, size / 2],
    ["other sections", "yaml", many("other: 1\n"), 0, 1],
    [
      "20,000 lines",
      "json",
      `{"uwsgi":{${lines((n) => `"key-${n}": "${long}",`)}"z":1}}`,
      20_001,
      0,
    ],
    ["one text", "json", `{"uwsgi":{"a":"${many("x")}"}}`, 1, 0],
    ["escapes", "json", `{"uwsgi":{"a":"${many("\\u0041")}"}}`, 1, 0],
    ["backslashes without an end", "json", `{"a":"${many('\\"')}`, 0, 1],
    ["items", "json", `{"uwsgi":{"a":[${many("1,")}1]}}`, size / 2 + 1, 0],
    ["brackets", "json", many("["), 0, 1],
    ["comments", "json", `${many("/**/")}{"uwsgi":{"a":1}}`, 1, 0],
    ["20,000 lines", "xml", `<uwsgi>${lines((n) => `<k${n}>${long}</k${n}>`)}</uwsgi>`, 20_000, 0],
    ["one text", "xml", `<uwsgi><a>${many("x")}</a></uwsgi>`, 1, 0],
    ["entities", "xml", `<uwsgi><a>${many("&lt;")}</a></uwsgi>`, 1, 0],
    ["elements inside each other", "xml", many("<a>"), 0, 1],
    ["neighbouring CDATA", "xml", `<uwsgi>${many("<![CDATA[x]]>")}</uwsgi>`, 1, 0],
    ["comments", "xml", `<uwsgi><a/>${many("<!-- -->")}</uwsgi>`, 1, 0],
    ["attributes", "xml", `<uwsgi><a ${lines((n) => `attribute-${n}="1"`)}/></uwsgi>`, 1, 20_000],
  ])("of %s in %s", (_, format, text, entries, findings) => {
    const { report, found } = collector();
    const magic = (letter: string) => (letter === "d" ? "/srv/app/" : undefined);
    const list = read(format, { name: "a", text }, "", magic, report);
    expect([list.length, found.length]).toEqual([entries, findings]);
    for (const { span } of found) expect(span && placeOf(span).line).toBeGreaterThan(0);
  });

  test("of magic variables that stand for much comes to an end", () => {
    const { report, found } = collector();
    const source = { name: "a.ini", text: `[uwsgi]\na = ${many("%p")}` };
    const [entry] = read("ini", source, "", () => "x".repeat(4096), report);
    expect(found.map(({ rule }) => rule)).toEqual(["magic-too-long"]);
    expect(entry?.value.length).toBeLessThan(6 * size);
  });
});
