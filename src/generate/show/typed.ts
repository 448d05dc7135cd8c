/** Resolved options with the types of uWSGI's table, for programs that read YAML or JSON. */
import { findOption } from "../../options/find.ts";
import { parseBoolean, parseInteger } from "../../options/value.ts";
import type { ResolvedEntry } from "../../resolve/resolved.ts";
import { rowOf } from "../../settings/classify.ts";

/** A value; text stays text where it is no valid number or flag. */
export type Typed = string | number | boolean;

/** One option with all its values. */
export interface Member {
  readonly key: string;
  /** Whether it is to be written as a list: it may come several times, or did. */
  readonly list: boolean;
  readonly values: readonly { readonly value: Typed; readonly index: number }[];
}

/** The options in the order in which each first comes. `index` counts the entries. */
export function members(entries: readonly ResolvedEntry[]): Member[] {
  const byKey = new Map<string, { value: Typed; index: number }[]>();
  entries.forEach((entry, index) => {
    const values = byKey.get(entry.key) ?? [];
    values.push({ value: typed(entry), index });
    byKey.set(entry.key, values);
  });
  return [...byKey].map(([key, values]) => {
    const [first] = values;
    const entry = first && entries[first.index];
    return { key, values, list: values.length > 1 || (entry !== undefined && repeats(entry)) };
  });
}

function repeats(entry: ResolvedEntry): boolean {
  if (entry.placeholder) return false;
  return findOption(entry.key)?.repeatable === true || rowOf(entry)?.repeats === true;
}

function typed(entry: ResolvedEntry): Typed {
  const type = entry.placeholder ? undefined : findOption(entry.key)?.type;
  const read =
    type === "integer" || type === "megabytes"
      ? parseInteger(entry.value)
      : type === "flag"
        ? parseBoolean(entry.value)
        : undefined;
  return read?.ok ? read.value : entry.value;
}
