/** Generated JSON files. */
import fc from "fast-check";
import { blockEnd, blockStart, key, special, value, word } from "./values.ts";

/** The text of a file with a `uwsgi` object and perhaps others. */
export function jsonFile(): fc.Arbitrary<string> {
  return fc
    .record({
      before: fc.constantFrom(
        "",
        "",
        "",
        '"other":{"z":1},',
        '"version":2,',
        '"uwsgi":1,',
        '"x":[{"uwsgi":{}}],',
      ),
      name: fc.oneof(
        { weight: 9, arbitrary: fc.constant('"uwsgi"') },
        fc.constantFrom('"dev"', '"\\u0075wsgi"'),
      ),
      members: fc.array(fc.tuple(gap, member, gap), { maxLength: 8 }),
      after: fc.constantFrom("", "", "", ',"uwsgi":{"b":2}', ',"dev":{"a":1}'),
      end: fc.oneof(
        { weight: 12, arbitrary: fc.constantFrom("", "\n") },
        fc.constantFrom(" {}", "x", " // c", ","),
      ),
    })
    .map(({ before, name, members, after, end }) => {
      const inside = members.map((parts) => parts.join("")).join(",");
      return `{${before}${name}:{${inside}}${after}}${end}`;
    });
}

const gap = fc.constantFrom(
  "",
  "",
  "",
  " ",
  "\n",
  "\t",
  "\r\n",
  " // c\n",
  "/* x */",
  " /* %(a) 100%% */ ",
);

const text = fc.oneof(
  { weight: 4, arbitrary: value.map((plain) => JSON.stringify(plain)) },
  { weight: 1, arbitrary: word.map((plain) => JSON.stringify(plain)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...[
        '"a\\/b"',
        '"\\u00e9\\u0041"',
        '"\\ud83d\\ude42"',
        '"\\ud83d"',
        '"\\b\\f\\n\\r\\t"',
        '"\\\\"',
      ],
      ...['"a\\"b"', '""', '"\\u0000x"', '"é"', '"tab\there"', '"\\q"', '"it\'s"'],
    ),
  },
);

const scalar = fc.oneof(
  { weight: 8, arbitrary: text },
  { weight: 2, arbitrary: fc.constantFrom("true", "false", "null") },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ...["1", "0", "-3", "1.50", "1e3", "1E+2", "-0", "12345678901234567890", "0.1e-2"],
    ),
  },
);

const odd = fc.constantFrom(
  ...[
    "{}",
    '{"y":1}',
    '[["n"],1]',
    "[{}]",
    "[]",
    "[1,[2,[3]],4]",
    '[{"o":[1]},"z"]',
    '{"y":{"z":[1]}}',
  ],
  ...["01", "1.", ".5", "+1", "NaN", "'x'", "True", "x", '"', "[1,]", "[,1]", "1 2"],
);

const member: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc
      .tuple(key, gap, scalar)
      .map(([name, space, it]) => `"${name}"${space}:${space}${it}`),
  },
  { weight: 3, arbitrary: special.map(([name, it]) => `"${name}":${JSON.stringify(it)}`) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(key, fc.array(scalar, { maxLength: 3 }))
      .map(([name, items]) => `"${name}":[${items.join(", ")}]`),
  },
  { weight: 1, arbitrary: blockStart.map(([name, it]) => `"${name}":${JSON.stringify(it)}`) },
  { weight: 1, arbitrary: blockEnd.map((name) => `"${name}":""`) },
  { weight: 1, arbitrary: fc.tuple(key, odd).map(([name, it]) => `"${name}":${it}`) },
);
