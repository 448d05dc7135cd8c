/** `options [TEXT]`: what tsuwsgi does about each option of uWSGI's, and its own. */
import { findOption, nearestNames } from "../options/find.ts";
import { isAccepted } from "../settings/honoured.ts";
import type { KnownOption, OptionStatus } from "../settings/inventory.ts";
import { inventory, knownOption } from "../settings/inventory.ts";
import { exitCodes } from "./exit-codes.ts";
import { explanation, optionTable } from "./options-text.ts";
import type { Output } from "./output.ts";

/** How options are written. */
export type OptionsFormat = "table" | "json";

/** What was asked for beside the text. */
export interface OptionsRequest {
  readonly format: OptionsFormat;
  /** Only options of this status; an exact name is then a text like any other. */
  readonly status?: OptionStatus;
}

/**
 * Explains the option of that exact name or alias, or lists those whose names or summaries have the text
 * in them; all without a text.
 * @returns exit code: 2 when there is no such option
 */
export function options(
  text: string | undefined,
  { format, status }: OptionsRequest,
  output: Output,
): number {
  const name = text?.trim().replace(/^--(?=.)/, "");
  const exact = name === undefined || status !== undefined ? undefined : knownOption(name);
  const found = exact ? [exact] : matching(name ?? "", status);
  if (found.length === 0) output.error(nothing(name ?? "", status));
  if (format === "json") {
    output.write(`${JSON.stringify(found.map(facts), undefined, 2)}\n`);
  } else if (found.length > 0) {
    output.write(exact ? explanation(exact, related(exact)) : optionTable(found));
  }
  return found.length === 0 ? exitCodes.usage : exitCodes.ok;
}

/** In the order of their names. */
function matching(text: string, status: OptionStatus | undefined): readonly KnownOption[] {
  const wanted = text.toLowerCase();
  const has = (candidate: string) => candidate.toLowerCase().includes(wanted);
  return inventory
    .filter((option) => status === undefined || option.status === status)
    .filter(({ name, aliases, summary }) => [name, ...aliases, summary].some(has))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Names at most that an explanation adds. */
const maxRelated = 8;

/** Names of other options that begin with this one's, those that do something first. */
function related({ name }: KnownOption): readonly string[] {
  return inventory
    .map((other) => other.name)
    .filter((other) => other.startsWith(`${name}-`))
    .toSorted((a, b) => Number(isAccepted(b)) - Number(isAccepted(a)) || (a < b ? -1 : 1))
    .slice(0, maxRelated);
}

function nothing(text: string, status: OptionStatus | undefined): string {
  const kind = status === undefined ? "option" : `${status} option`;
  const near = nearestNames(text, isAccepted).map((name) => `\`${name}\``);
  const hint =
    near.length === 0 ? "; `tsuwsgi options` lists all" : `; did you mean ${near.join(", ")}?`;
  return `tsuwsgi: no ${kind} has \`${text}\` in its name or summary${hint}\n`;
}

/** One option as JSON; the keys are the same for all. */
function facts({ name, aliases, type, status, summary, row }: KnownOption) {
  const group = findOption(name);
  return {
    name,
    aliases,
    short: group?.short ?? null,
    type,
    argument: group?.argument ?? "no",
    repeatable: row?.repeats ?? group?.repeatable ?? false,
    plugin: group?.plugin ?? null,
    status,
    summary,
  };
}
