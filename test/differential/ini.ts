/** Generated ini files. */
import fc from "fast-check";
import type { Pair } from "./values.ts";
import { blockEnd, blockStart, key, longValue, special, value } from "./values.ts";

/** How much of the language a file may use. */
export interface Features {
  /** Blocks: loops and conditions. */
  readonly logic: boolean;
  /** Lines that read other files. */
  readonly includes: readonly string[];
}

/** The text of a file; its sections are `uwsgi`, `dev` and oddities. */
export function iniFile(features: Features): fc.Arbitrary<string> {
  return fc
    .record({
      before: fc.oneof(
        { weight: 5, arbitrary: fc.constant([]) },
        fc.array(line(features), { maxLength: 2 }),
      ),
      header: fc.oneof({ weight: 9, arbitrary: fc.constant("[uwsgi]") }, header),
      lines: fc.array(line(features), { maxLength: 10 }),
      end: fc.constantFrom("\n", "\n", "\n", "\r\n"),
      last: fc.boolean(),
    })
    .map(({ before, header: first, lines, end, last }) =>
      [...before, first, ...lines].join(end).concat(last ? end : ""),
    );
}

const blank = fc.constantFrom("", "", "", " ", "  ", "\t", " \t ");

const header = fc.constantFrom(
  ...[
    "[uwsgi]",
    "[dev]",
    "[other]",
    "  [uwsgi]\t ",
    "[ uwsgi ]",
    "[uwsgi] ; x",
    "[uwsgix",
    "[x]=2",
  ],
  ...["[UWSGI]", "[]", "[", "[%n]", "[uwsgi]]"],
);

const comment = fc
  .tuple(blank, fc.constantFrom(";", "#", "; x = 1", "# 100%", "; %(a) $(A) @(v.txt)", "# 5 % of"))
  .map(([indent, text]) => indent + text);

function line(features: Features): fc.Arbitrary<string> {
  const option = fc.oneof(
    { weight: 12, arbitrary: written(fc.tuple(key, value)) },
    { weight: 4, arbitrary: written(special) },
    { weight: 1, arbitrary: written(fc.tuple(key, longValue)) },
    { weight: 1, arbitrary: written(fc.tuple(value, value)).filter((text) => !reads.test(text)) },
  );
  const others = fc.oneof(
    { weight: 2, arbitrary: comment },
    { weight: 1, arbitrary: blank },
    { weight: 1, arbitrary: header },
    { weight: 1, arbitrary: fc.tuple(blank, key, blank).map((parts) => parts.join("")) },
  );
  const logic = fc.oneof(
    written(blockStart),
    written(fc.tuple(blockEnd, fc.constant(""))),
    written(fc.tuple(key, fc.constantFrom("%(_)", "<%(_)>", "%(_) %(a)", "%(_)%(_)"))),
    blockEnd,
  );
  return fc.oneof(
    { weight: 8, arbitrary: option },
    { weight: 2, arbitrary: others },
    ...(features.logic ? [{ weight: 6, arbitrary: logic }] : []),
    ...(features.includes.length > 0
      ? [{ weight: 2, arbitrary: fc.constantFrom(...features.includes) }]
      : []),
  );
}

/** A key made of random pieces must not be one that does something. */
const reads = /^\s*[a-z]/;

function written(pairs: fc.Arbitrary<Pair>): fc.Arbitrary<string> {
  return fc
    .tuple(blank, pairs, blank, blank, blank)
    .map(
      ([indent, [name, text], left, right, end]) => `${indent}${name}${left}=${right}${text}${end}`,
    );
}
