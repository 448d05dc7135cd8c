/** Where every value came from, and which values others took the place of. */
import { includeChain } from "../../diagnostic.ts";
import { findOption } from "../../options/find.ts";
import type { OptionType } from "../../options/option-group.ts";
import type { Resolved, ResolvedEntry } from "../../resolve/resolved.ts";
import { rowOf } from "../../settings/classify.ts";
import { valueSpan } from "../../settings/typed-value.ts";
import type { Place } from "../../source.ts";
import { placeOf } from "../../source.ts";

/** One value with its history. */
export interface Origin {
  readonly entry: ResolvedEntry;
  readonly place: Place;
  /** The options that led to its file, the nearest first; without the command line, which names the first. */
  readonly includedFrom: readonly Place[];
  /** The value before it of the same option, where only the last one counts. */
  readonly over: { readonly value: string; readonly place: Place } | undefined;
  /** The value after it that counts in its stead. */
  readonly under: { readonly value: string; readonly place: Place } | undefined;
}

/** One origin an entry, in their order. */
export function originsOf({ entries }: Resolved): Origin[] {
  const before = previous(entries);
  const after = previous(entries.toReversed()).toReversed();
  return entries.map((entry, index) => ({
    entry,
    place: placeOfValue(entry),
    includedFrom: includeChain(entry),
    over: shown(before[index]),
    under: shown(after[index]),
  }));
}

/** For each entry the one of the same option before it, if only one of them can count. */
function previous(entries: readonly ResolvedEntry[]): (ResolvedEntry | undefined)[] {
  const last = new Map<string, ResolvedEntry>();
  return entries.map((entry) => {
    const name = single(entry);
    if (name === undefined) return undefined;
    const found = last.get(name);
    last.set(name, entry);
    return found;
  });
}

const singleTypes: ReadonlySet<OptionType> = new Set(["integer", "flag", "string", "megabytes"]);

/** The name of an option whose last value counts, be it written under its name or an alias. */
function single(entry: ResolvedEntry): string | undefined {
  const group = findOption(entry.key);
  if (!group || entry.placeholder || group.repeatable) return undefined;
  const row = rowOf(entry);
  if (row?.status === "supported") return row.repeats ? undefined : group.name;
  return singleTypes.has(group.type) ? group.name : undefined;
}

function shown(entry: ResolvedEntry | undefined) {
  return entry && { value: entry.value, place: placeOfValue(entry) };
}

function placeOfValue(entry: ResolvedEntry): Place {
  return placeOf(valueSpan(entry));
}
