import { describe, expect, test } from "vitest";
import { collector } from "../../src/diagnostic.ts";
import { read } from "../../src/read/read.ts";
import { brief, written } from "./marked.ts";

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

describe("tokens, not documents", () => {
  const pairs = (text: string, section = "uwsgi") =>
    readYaml(text, section).entries.map(({ key, value }) => `${key}=${value}`);

  test("a section anywhere counts, and what follows it does not", () => {
    expect(pairs("x:\n  uwsgi:\n    a: 1\n")).toEqual(["a=1"]);
    const { entries, found } = readYaml("uwsgi:\n  a: 1\nb: {{\n\t@\n");
    expect(entries).toHaveLength(1);
    expect(brief(found)).toEqual(["a.yaml:4:2 warning yaml-syntax"]);
  });

  test("anchors before lists and sections do no harm, before texts they end the reading", () => {
    expect(readYaml("uwsgi: &x\n  a: &y\n    - 1\n  b: 2\n").found).toEqual([]);
    const { entries, found } = readYaml("uwsgi:\n  a: 1\n  b: &y 2\n  c: 3\n");
    expect(entries.map(({ key }) => key)).toEqual(["a"]);
    expect(brief(found)).toEqual(["a.yaml:3:6 error yaml-anchor"]);
  });

  test("an alias loses its value only", () => {
    const { entries, found } = readYaml("uwsgi:\n  a: [*x, 1]\n  b: *x\n  c: 3\n");
    expect(entries.map(({ key, value }) => key + value)).toEqual(["a1", "c3"]);
    expect(brief(found)).toEqual(["a.yaml:2:7 error yaml-anchor", "a.yaml:3:6 error yaml-anchor"]);
  });

  test("a list in a list loses what follows in the outer one", () => {
    const { entries, found } = readYaml("uwsgi:\n  a: [1, [2], 3]\n  b: 4\n");
    expect(entries.map(({ key, value }) => key + value)).toEqual(["a1", "a2", "b4"]);
    expect(brief(found)).toEqual(["a.yaml:2:10 error yaml-nested-list"]);
  });

  test("brackets that do not match", () => {
    expect(brief(readYaml("uwsgi:\n  a: ]\n  b: 1\n").found)).toEqual([
      "a.yaml:2:6 error yaml-brackets",
    ]);
    const { entries, found } = readYaml("uwsgi:\n  a: [1\n  b: 2\n");
    expect(entries.map(({ key, value }) => key + value)).toEqual(["a1 b", "a2"]);
    expect(brief(found)).toContain("a.yaml:2:6 error yaml-brackets");
  });

  test("a directive loses its first letter to the magic variables, and the reading ends", () => {
    expect(brief(readYaml("%YAML 1.1\n---\nuwsgi:\n  a: 1\n").found)).toEqual([
      "a.yaml:1:1 warning percent-eats-character",
      "a.yaml:1:3 error yaml-stop",
    ]);
    expect(pairs("%%YAML 1.1\n---\nuwsgi:\n  a: 1\n")).toEqual(["a=1"]);
  });

  test("scalars are folded, escaped and chomped", () => {
    expect(
      pairs(`uwsgi:
  a: "x\\
      y\\x41\\u00e9\\U0001F600"
  b: 'it''s

    two'
  c: >-
    1
    2

     3
    4
  d: |+
    5

  e: |2
      6
  f: one
   two
`),
    ).toEqual(["a=xyAé😀", "b=it's\ntwo", "c=1 2\n\n 3\n4", "d=5\n\n", "e=  6\n", "f=one two"]);
  });

  test("a key has up to 1024 characters", () => {
    expect(pairs(`uwsgi:\n  ${"💡".repeat(1024)}: 1\n`)).toHaveLength(1);
    expect(brief(readYaml(`uwsgi:\n  ${"k".repeat(1025)}: 1\n`).found)).toEqual([
      "a.yaml:2:1028 error yaml-syntax",
    ]);
  });
});

describe("texts that look like something else", () => {
  test.each([
    ["~", "2:6 warning yaml-null"],
    ["null", "2:6 warning yaml-null"],
    ["0o17", "2:6 warning yaml-number"],
    ["0x1F", "2:6 warning yaml-number"],
    ["1_000", "2:6 warning yaml-number"],
  ])("%s", (value, expected) => {
    expect(brief(readYaml(`uwsgi:\n  a: ${value}\n`).found)).toEqual([`a.yaml:${expected}`]);
    expect(readYaml(`uwsgi:\n  a: "${value}"\n`).found).toEqual([]);
  });

  test.each(["022", "yes", "true", "1.50", "1:30", "12:30:00"])(
    "%s is what it looks like",
    (value) => {
      expect(readYaml(`uwsgi:\n  a: ${value}\n`).found).toEqual([]);
    },
  );
});

describe("what is no YAML", () => {
  test.each([
    ["an unknown escape", 'a: "\\q"', "2:7", "`\\q` is no escape"],
    ["half an escape", 'a: "\\x4"', "2:7", "2 hexadecimal digits"],
    ["a surrogate", 'a: "\\ud800"', "2:7", "is no character"],
    ["an open quote", "a: 'x", "2:6", "the quote is not closed"],
    ["a document in a quote", 'a: "x\n---\n"', "2:6", "before the end of the document"],
    ["text after a block's header", "a: | x", "2:6", "must begin in the line after"],
    ["no indentation", "a: |0\n    x", "2:7", "must be 1 to 9"],
    ["an alias without a name", "a: * x", "2:6", "letters and digits must follow `*`"],
    ["a malformed tag", "a: !<x y", "2:6", "a malformed tag"],
    ["a list after a key", "a: - b", "2:6", "an item of a list must begin its line"],
    ["a control character", "a: \u0007", "2:6", "a control character"],
    ["a line that is none", "a: 1\n  bcd\n  e: 2", "3:3", "neither `option: value`"],
    ["depth", `a: ${"[".repeat(1001)}`, "2:1006", "more than 1000 brackets"],
  ])("%s", (_, line, place, message) => {
    const { entries, found } = readYaml(`uwsgi:\n  ${line}\n`);
    expect(entries).toEqual([]);
    expect(brief(found)).toEqual([`a.yaml:${place} error yaml-syntax`]);
    expect(found[0]?.message).toContain(message);
  });
});
