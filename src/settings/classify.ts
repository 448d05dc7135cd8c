/** Sorts the options of a configuration: those that tsuwsgi acts on, those that it cannot, those that nobody knows. */
import type { Report } from "../diagnostic.ts";
import { findOption, nearestNames } from "../options/find.ts";
import type { OptionGroup } from "../options/option-group.ts";
import type { Resolved, ResolvedEntry } from "../resolve/resolved.ts";
import { honouredOption, isAccepted } from "./honoured.ts";
import type { HonouredOption } from "./option.ts";
import { refusal } from "./refused.ts";
import { isTrue } from "./typed-value.ts";

/** An entry with the row of the option that it names. */
export interface KnownEntry {
  readonly entry: ResolvedEntry;
  readonly row: HonouredOption;
}

/** How names and values are to be judged. */
export interface Modes {
  readonly lenient: boolean;
  readonly strict: boolean;
}

/** The entries that tsuwsgi acts on, in order; all others are reported unless they are private variables. */
export function classify(resolved: Resolved, modes: Modes, report: Report): KnownEntry[] {
  const known: KnownEntry[] = [];
  for (const entry of resolved.entries) {
    if (entry.placeholder) continue;
    const row = rowOf(entry);
    const group = findOption(entry.key);
    if (row) known.push({ entry, row });
    else if (group) {
      if (!isSwitchedOff(group, entry)) unsupported(group, entry, modes, report);
    } else if (!resolved.used.has(entry.key)) unknown(entry, modes, report);
    else if (modes.strict) privateVariable(entry, modes, report);
  }
  return known;
}

/** The row of an entry's option, whichever of its names was written. */
export function rowOf(entry: ResolvedEntry): HonouredOption | undefined {
  return honouredOption(findOption(entry.key)?.name ?? entry.key);
}

/** A flag that is switched off asks for nothing: the server is then as if the line were not there. */
function isSwitchedOff({ type, argument }: OptionGroup, { value }: ResolvedEntry): boolean {
  return type === "flag" && argument === "no" && !isTrue(value);
}

function unsupported(group: OptionGroup, entry: ResolvedEntry, modes: Modes, report: Report): void {
  const { topic, remedy = "take it out", foreign } = refusal(group);
  const what = foreign
    ? `is for ${topic}; tsuwsgi runs Python applications`
    : "is known to uWSGI, not yet supported by tsuwsgi";
  report({
    rule: "unsupported-option",
    severity: modes.lenient ? "warning" : "error",
    message: `\`${entry.key}\` ${what}${modes.lenient ? ": ignored" : ""}`,
    span: entry.keySpan,
    help: modes.lenient ? remedy : `${remedy}, or start with \`--lenient\` to ignore it`,
  });
}

function unknown(entry: ResolvedEntry, modes: Modes, report: Report): void {
  // Others name variables as well: Kubernetes makes UWSGI_PORT for a service called uwsgi.
  const { name } = entry.keySpan.source;
  const tolerated = modes.lenient || name === "(environment)" || isOwnName(entry);
  report({
    rule: "unknown-option",
    severity: tolerated && !modes.strict ? "warning" : "error",
    message: `\`${entry.key}\` is not an option, and no placeholder uses it`,
    span: entry.keySpan,
    help: entry.hidden ? declaredHelp(entry) : unknownHelp(entry.key),
  });
}

/**
 * Whether `--set` gives a name that is no misspelt option: an emperor gives what `vassals-set` says to all of its
 * servers, also to those that have no use for it.
 */
function isOwnName({ key, keySpan: { source, start } }: ResolvedEntry): boolean {
  const bySet = source.name === "(command line)" && source.text[start - 1] !== "-";
  return bySet && nearestNames(key, isAccepted).length === 0;
}

function declaredHelp({ keySpan: { source, start, end } }: ResolvedEntry): string {
  return `\`${source.text.slice(start, end)}\` stands for it: change its \`declare-option\``;
}

function unknownHelp(key: string): string {
  const colon = /^([\w-]+)\s*:/.exec(key)?.[1];
  if (colon !== undefined && findOption(colon))
    return `write \`${colon} = …\`: a colon does not separate`;
  const [word = "", rest] = key.split(/\s+(.*)/s);
  if (rest !== undefined && findOption(word))
    return `write \`${word} = ${rest}…\`: a blank does not separate`;
  const near = nearestNames(key, isAccepted);
  if (near.length > 0) return `did you mean ${near.map((name) => `\`${name}\``).join(", ")}?`;
  return `a value of your own is used as \`%(${key})\` somewhere, or made with \`set-placeholder = ${key}=…\``;
}

function privateVariable(entry: ResolvedEntry, modes: Modes, report: Report): void {
  report({
    rule: "private-variable",
    severity: modes.lenient ? "warning" : "error",
    message: `\`strict\` refuses the private variable \`${entry.key}\``,
    span: entry.keySpan,
    help: `write \`set-placeholder = ${entry.key}=${entry.written}\``,
  });
}
