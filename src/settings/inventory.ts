/**
 * Every option that there is, uWSGI's and tsuwsgi's own, with what tsuwsgi does about it. For those who
 * want all of them: a start looks into the tables behind it, since this takes some 20 ms to put together.
 */
import { catalogue } from "../options/catalogue.ts";
import { findOption } from "../options/find.ts";
import type { OptionGroup, OptionType } from "../options/option-group.ts";
import { honoured, honouredOption } from "./honoured.ts";
import type { HonouredOption } from "./option.ts";
import type { Refusal } from "./refused.ts";
import { refusal } from "./refused.ts";

/** `supported`: acted on. `moot`: accepted, nothing to do. `refused`: stops the start, unless `lenient`. */
export type OptionStatus = "supported" | "moot" | "refused";

/** One option under all its names. */
export interface KnownOption {
  readonly name: string;
  /** Other names that mean the same. */
  readonly aliases: readonly string[];
  readonly type: OptionType;
  readonly status: OptionStatus;
  /** One sentence; of a refused option only what it is about. */
  readonly summary: string;
  /** uWSGI's facts; absent for tsuwsgi's own options. */
  readonly group?: OptionGroup;
  /** How its values are read; absent for a refused one. */
  readonly row?: HonouredOption;
  /** Why it stops the start, for a refused one only. */
  readonly refusal?: Refusal;
}

/** All options: first those that something is done about, in the documentation's order, then the others. */
export const inventory: readonly KnownOption[] = [
  ...honoured.map(acted),
  ...catalogue.filter(({ name }) => honouredOption(name) === undefined).map(refused),
];

const byName = new Map(
  inventory.flatMap((option) => [option.name, ...option.aliases].map((name) => [name, option])),
);

/** The option of that exact name or alias. */
export function knownOption(name: string): KnownOption | undefined {
  return byName.get(name);
}

function acted(row: HonouredOption): KnownOption {
  const group = findOption(row.name);
  const { name, summary } = row;
  const status = row.status === "moot" ? "moot" : "supported";
  const known = { name, status, summary, row } as const;
  if (!group) return { ...known, aliases: [], type: ownType(row) };
  return { ...known, aliases: group.aliases, type: group.type, group };
}

/** Of an option of our own: what the catalogue says of uWSGI's. */
function ownType(row: HonouredOption): KnownOption["type"] {
  if (row.repeats) return "list";
  return row.kind === "boolean" ? "flag" : row.kind;
}

function refused(group: OptionGroup): KnownOption {
  const { name, aliases, type } = group;
  const reason = refusal(group);
  const { topic } = reason;
  // Not the name "uWSGI".
  const first = /^[a-z][a-z ]/.test(topic) ? topic.charAt(0).toUpperCase() : topic.charAt(0);
  const summary = `${first}${topic.slice(1)}.`;
  return { name, aliases, type, status: "refused", summary, group, refusal: reason };
}
