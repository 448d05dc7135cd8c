/** Checks typed values against the generated schema and says which entry is at fault. */

import type { SchemaError } from "../../schemas/validate-values.mjs";
import validateValues from "../../schemas/validate-values.mjs";
import type { Report } from "../diagnostic.ts";
import type { KnownEntry } from "./classify.ts";
import type { Value } from "./draft.ts";
import { shown, valueSpan } from "./typed-value.ts";

/** An entry with its typed value. */
export interface TypedEntry extends KnownEntry {
  readonly value: Value;
}

/**
 * The entries whose values the schema accepts, in order; the others are reported.
 * The validator is the code that ajv makes from the schema at build time, so that the server, which this
 * process becomes, does not carry ajv itself (13 MB).
 */
export function validate(entries: readonly TypedEntry[], report: Report): TypedEntry[] {
  const faults = new Map<TypedEntry, SchemaError>();
  for (const round of rounds(entries)) {
    validateValues(valuesOf(round));
    for (const error of validateValues.errors ?? []) {
      const [name = "", index = "0"] = error.instancePath.slice(1).split("/");
      const entry = round.get(name)?.[Number(index)];
      if (entry && !faults.has(entry)) faults.set(entry, error);
    }
  }
  for (const [entry, error] of faults) report(finding(entry, error));
  return entries.filter((entry) => !faults.has(entry));
}

type Round = Map<string, TypedEntry[]>;

/** The schema knows one value for an option that does not repeat; what stands there twice is checked twice. */
function rounds(entries: readonly TypedEntry[]): Round[] {
  const all: Round[] = [];
  const depth = new Map<string, number>();
  for (const entry of entries) {
    const { name, repeats } = entry.row;
    const at = repeats ? 0 : (depth.get(name) ?? 0);
    depth.set(name, at + 1);
    const round = all[at] ?? new Map<string, TypedEntry[]>();
    all[at] = round;
    const here = round.get(name);
    if (here) here.push(entry);
    else round.set(name, [entry]);
  }
  return all;
}

function valuesOf(round: Round): { [name: string]: Value | Value[] | undefined } {
  const values = [...round].map(([name, entries]) => [
    name,
    entries[0]?.row.repeats ? entries.map((entry) => entry.value) : entries[0]?.value,
  ]);
  return Object.fromEntries(values);
}

function finding({ entry, row }: TypedEntry, error: SchemaError): Parameters<Report>[0] {
  return {
    rule: ["pattern", "enum"].includes(error.keyword) ? "invalid-value" : "out-of-range",
    severity: "error",
    message: `\`${entry.key}\` must be ${row.expected}, and is ${shown(entry.value)}`,
    span: valueSpan(entry),
    help: row.summary,
  };
}
