/** Generated YAML files. */
import fc from "fast-check";
import { blockEnd, blockStart, key, special, value, word } from "./values.ts";

/** The text of a file with a `uwsgi` mapping and perhaps others. */
export function yamlFile(): fc.Arbitrary<string> {
  const section = fc
    .tuple(
      fc.oneof({ weight: 8, arbitrary: fc.constant("uwsgi:") }, oddHeader),
      fc.constantFrom(1, 2, 2, 4),
      fc.array(fc.oneof({ weight: 30, arbitrary: entry }, { weight: 1, arbitrary: oddEntry }), {
        maxLength: 7,
      }),
    )
    .map(([header, width, entries]) => [
      header,
      ...entries.flat().map((line) => (line === "" ? line : " ".repeat(width) + line)),
    ]);
  return fc
    .record({
      before: fc.constantFrom([], [], ["---"], ["# c", ""], ["other:", "  z: 1"], ["version: 2"]),
      section,
      after: fc.constantFrom([], [], [], ["dev:", "  a: dev"], ["uwsgi:", "  b: 2"], ["..."]),
      end: fc.constantFrom("\n", "\n", "\n", "\r\n"),
    })
    .map(({ before, section: lines, after, end }) =>
      [...before, ...lines, ...after].join(end).concat(end),
    );
}

const oddHeader = fc.constantFrom(
  ...['"uwsgi":', "'uwsgi':", "uwsgi: # c", "uwsgi :", "dev:", "? uwsgi\n:"],
);

/** A scalar on one line, in one of its styles. */
const scalar = fc.oneof(
  { weight: 4, arbitrary: value.map((text) => JSON.stringify(text)) },
  { weight: 4, arbitrary: value.map(singleQuoted) },
  { weight: 4, arbitrary: word },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      ...["true", "no", "~", "null", "022", "1.50", "127.0.0.1:80", ":3031", "a b", "x%(a)", "%d"],
      ...["a#b", "a # c", "x'y", "<%(b)>", "-1", "- x", "?x", "a,b", "x: y", "*.x", "=", "$(A)"],
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ...['"l1\\nl2"', '"\\x41\\u00e9"', '"\\t"', '""', "''", "'it''s'", '"\\_\\N\\e"', '"a\\/b"'],
    ),
  },
  { weight: 1, arbitrary: value.map((text) => `w${text}`) },
);

/** The lines of one option, without the indent of the section. */
const entry: fc.Arbitrary<string[]> = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(key, separator(), scalar).map((parts) => [parts.join("")]) },
  { weight: 3, arbitrary: special.map(([name, text]) => [`${name}: ${singleQuoted(text)}`]) },
  { weight: 2, arbitrary: fc.tuple(key, list()).map(([name, items]) => [`${name}:`, ...items]) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(key, fc.array(scalar, { maxLength: 3 }))
      .map(([name, items]) => [`${name}: [${items.join(", ")}]`]),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(key, fc.constantFrom("|", ">", "|-", ">-", "|+", ">+", "|2", "> # c"), block())
      .map(([name, style, lines]) => [`${name}: ${style}`, ...lines]),
  },
  { weight: 2, arbitrary: blockStart.map(([name, text]) => [`${name}: ${singleQuoted(text)}`]) },
  { weight: 2, arbitrary: blockEnd.map((name) => [`${name}: ""`]) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<string[][]>(["# c"], [""], ["x: 1 # c"], ["# 100%", "y: 2"]),
  },
);

const oddEntry: fc.Arbitrary<string[]> = fc.oneof(
  key.map((name) => [`${name}:`]),
  fc.tuple(key, key, scalar).map(([name, inner, text]) => [`${name}:`, `  ${inner}: ${text}`]),
  fc.tuple(key, key, word).map(([name, inner, text]) => [`${name}: {${inner}: ${text}}`]),
  fc.tuple(key, key, word).map(([name, inner, text]) => [`${name}:`, ` - ${inner}: ${text}`]),
  fc.tuple(key, word).map(([name, text]) => [`${name}: &v ${text}`]),
  fc.tuple(key, word).map(([name, text]) => [`${name}: !!str ${text}`]),
  fc.tuple(key, word).map(([name, text]) => [`${name}: ${text}`, "  more"]),
  fc.tuple(key, word).map(([name, text]) => [`"${name}": ${text}`]),
  fc.tuple(key, word).map(([name, text]) => [`${name}:${text}`]),
  fc.tuple(key, word).map(([name, text]) => [`- ${name}: ${text}`]),
  fc.constantFrom<string[][]>(
    ["\tx: 1"],
    ["x"],
    ["- a"],
    ["x: [a"],
    ["x: 'a"],
    ["x: @(v.txt)"],
    ["x: %(a)"],
  ),
);

function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function separator(): fc.Arbitrary<string> {
  return fc.constantFrom(": ", ": ", ": ", ":  ", " : ", ":\t");
}

function list(): fc.Arbitrary<string[]> {
  return fc
    .tuple(fc.constantFrom("", "  "), fc.array(scalar, { minLength: 1, maxLength: 3 }))
    .map(([indent, items]) => items.map((item) => `${indent}- ${item}`));
}

function block(): fc.Arbitrary<string[]> {
  const line = fc.oneof(
    { weight: 4, arbitrary: word.map((text) => `  ${text}`) },
    {
      weight: 1,
      arbitrary: fc.constantFrom("", "    more", "  %(a) $(A)", "  # no comment", "  x: 1"),
    },
  );
  return fc
    .tuple(word, fc.array(line, { maxLength: 3 }))
    .map(([first, more]) => [`  ${first}`, ...more]);
}
