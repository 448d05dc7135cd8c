import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { collector } from "../../src/diagnostic.ts";
import { read } from "../../src/read/read.ts";
import { brief, textOf, written } from "./marked.ts";

const variables = (letter: string) => (letter === "d" ? "/srv/app/" : undefined);

function readYaml(text: string, section = "uwsgi") {
  const { report, found } = collector();
  const source = { name: "a.yaml", text };
  return { entries: read("yaml", source, section, variables, report), found };
}

test("places of names and values, without quotes", () => {
  const { entries, found } = readYaml(
    'uwsgi:\n  chdir: %dx # c\n  a: "b c"\n  env: [A=1, B=2]\n  t: |\n    l\n',
  );
  expect(found).toEqual([]);
  expect(entries.map(written)).toEqual([
    ["chdir", "%dx"],
    ["a", "b c"],
    ["env", "A=1"],
    ["env", "B=2"],
    ["t", "    l\n"],
  ]);
});

describe("findings", () => {
  test.each([
    ["no value", "uwsgi:\n  vacuum:\n", "2:3 warning yaml-no-value"],
    ["an empty item", "uwsgi:\n  env:\n    -\n    - A=1\n", "2:3 warning yaml-no-value"],
    ["an anchor", "uwsgi:\n  a: &x 1\n", "2:6 error yaml-anchor"],
    ["an alias", "uwsgi:\n  a: 1\n  b: *x\n", "3:6 error yaml-anchor"],
    ["a tag", "uwsgi:\n  a: !!str 1\n", "2:6 error yaml-anchor"],
    ["a nested mapping", "uwsgi:\n  a:\n    b: 1\n", "2:3 error yaml-nested-mapping"],
    ["a mapping in a list", "uwsgi:\n  a:\n    - b: 1\n", "3:7 error yaml-nested-list"],
    ["a list of options", "uwsgi:\n  - a: 1\n", "2:3 error yaml-list-section"],
    ["a section in braces", "uwsgi: {a: 1}\n", "1:8 error yaml-flow-section"],
    ["a text for a section", "uwsgi: a\n", "1:8 error yaml-section"],
    ["an empty section", "uwsgi:\n", "1:1 warning empty-file"],
    ["nothing", "# only a comment\n", "1:1 warning empty-file"],
    ["no section", "app:\n  a: 1\n", "1:1 error missing-section"],
    ["a section in capitals", "x: 1\nuWSGI:\n  a: 1\n", "2:1 error missing-section"],
    ["a second section", "uwsgi:\n  a: 1\nuwsgi:\n  b: 1\n", "3:1 error yaml-repeated-section"],
    ["a list for a name", "uwsgi:\n  [x]: 1\n", "2:3 error yaml-key"],
    ["a percent sign at the beginning", "uwsgi:\n  b: %(x)\n", "2:6 error yaml-syntax"],
    ["an at sign at the beginning", "uwsgi:\n  b: @x\n", "2:6 error yaml-syntax"],
    ["a tab", "uwsgi:\n\ta: 1\n", "2:1 error yaml-syntax"],
    ["no blank after a colon", "uwsgi:\n  a:1\n  b: 2\n", "2:4 error yaml-syntax"],
    ["a colon and a blank", "uwsgi:\n  a: b: c\n", "2:7 error yaml-syntax"],
    ["another fault", 'uwsgi:\n  a: "b\n', "2:6 error yaml-syntax"],
    ["a lost character", "uwsgi:\n  a: 5%q # 7%q\n", "2:7 warning percent-eats-character"],
  ])("%s", (_, text, expected) => {
    expect(brief(readYaml(text).found)).toEqual([`a.yaml:${expected}`]);
  });

  test("say what to do", () => {
    const [found] = readYaml("uwsgi:\n  b: %(x)\n").found;
    expect(found?.message).toBe("a value cannot begin with `%` in YAML");
    expect(found?.help).toBe("put the whole value in quotes");
  });
});

test("any text is read without a throw, with places inside it", () => {
  const piece = fc.constantFrom(
    "uwsgi:",
    "\n",
    "  ",
    "- ",
    ": ",
    "a",
    "%",
    "%d",
    "%(x)",
    "{",
    "}",
    "[",
    "]",
    '"',
    "'",
    "&x ",
    "*x",
    "!t ",
    "|",
    "# c",
    "\t",
    "---\n",
    "? ",
    ",",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (parts) => {
      const text = `uwsgi:\n  a: 1\n${parts.join("")}`;
      const { entries, found } = readYaml(text);
      const spans = [
        ...entries.flatMap(({ keySpan, valueSpan }) => [keySpan, valueSpan]),
        ...found.flatMap(({ span }) => (span ? [span] : [])),
      ];
      for (const span of spans) {
        expect(span.start).toBeGreaterThanOrEqual(0);
        expect(span.end).toBeGreaterThanOrEqual(span.start);
        expect(span.end).toBeLessThanOrEqual(text.length);
        expect(textOf(span)).toHaveLength(span.end - span.start);
      }
    }),
    { numRuns: 1000 },
  );
});
