/** Recognises what people write into values that uWSGI does not understand, and says what to write instead. */
import type { ResolvedEntry } from "../resolve/resolved.ts";
import type { HonouredOption } from "./option.ts";

/** A recognised slip: the rule's name and what to do about it. */
export interface Oddity {
  readonly rule: string;
  readonly help: string;
}

/** The slip behind a value that cannot be read; undefined when none is recognised. */
export function oddity(
  text: string,
  row: HonouredOption,
  entry: ResolvedEntry,
): Oddity | undefined {
  return (
    comment(text) ?? quotes(text) ?? (row.kind === "integer" ? number(text, row, entry) : undefined)
  );
}

/** uWSGI knows comments only at the beginning of a line. */
function comment(text: string): Oddity | undefined {
  const before = /^(.*?)\s+(?:[;#]|\/\/)/.exec(text)?.[1];
  if (before === undefined) return undefined;
  const help = `a value runs to the end of its line: put the comment on a line of its own and leave \`${before}\``;
  return { rule: "inline-comment", help };
}

/** uWSGI keeps quotes as part of the value. */
function quotes(text: string): Oddity | undefined {
  const inside = /^(["'])(.*)\1$/.exec(text)?.[2];
  if (inside === undefined) return undefined;
  return { rule: "quoted-value", help: `quotes become part of the value: write \`${inside}\`` };
}

function number(text: string, row: HonouredOption, entry: ResolvedEntry): Oddity | undefined {
  const suffixed = /^(\d[\d_]*)\s*([a-z]*)$/i.exec(text);
  if (suffixed?.[1] !== undefined && suffixed[2] !== undefined) {
    return unitSuffix(Number(suffixed[1].replaceAll("_", "")), suffixed[2], row.unit);
  }
  if (text === "" || /[$%]\(/.test(text) || /^auto$/i.test(text))
    return missingNumber(text, row, entry);
  if (!/^(true|on|yes|false|off|no)$/i.test(text)) return undefined;
  return {
    rule: "not-a-number",
    help: `uWSGI reads \`${text}\` as 0; write ${row.expected}${inUnit(row.unit)}`,
  };
}

const factors = {
  bytes: { k: 1024, kb: 1024, m: 1024 ** 2, mb: 1024 ** 2, g: 1024 ** 3, gb: 1024 ** 3 },
  seconds: { s: 1, sec: 1, m: 60, min: 60, h: 3600 },
  count: { k: 1000, m: 1_000_000 },
} as const;

function unitSuffix(amount: number, suffix: string, unit: keyof typeof factors): Oddity {
  const factor = new Map<string, number>(Object.entries(factors[unit])).get(suffix.toLowerCase());
  const plain = suffix === "" ? amount : factor === undefined ? undefined : amount * factor;
  const write = plain === undefined ? "write a plain number" : `write \`${plain}\``;
  return {
    rule: "unit-suffix",
    help: `uWSGI reads the leading digits and drops the rest; ${write}${inUnit(unit)}`,
  };
}

function missingNumber(text: string, row: HonouredOption, entry: ResolvedEntry): Oddity {
  const written = entry.written.trim();
  const unset = text === "" ? written !== "" : !/^auto$/i.test(text);
  const cause = unset ? `nothing sets \`${written}\`; ` : "";
  const cpus = row.name === "processes" ? ", or `%k` for the number of processors" : "";
  return {
    rule: "not-a-number",
    help: `${cause}uWSGI reads 0 here; write ${row.expected}${inUnit(row.unit)}${cpus}`,
  };
}

function inUnit(unit: keyof typeof factors): string {
  return unit === "count" ? "" : ` (${unit})`;
}
