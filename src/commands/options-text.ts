/** Options as text for people: a table, or all about one. No line is longer than 100 columns, unless a name is. */
import { findShort } from "../options/find.ts";
import type { KnownOption } from "../settings/inventory.ts";

/** Columns of a terminal that are used. */
const width = 100;

/** Columns of the table: names, type, status; the summary has the rest. */
const nameWidth = 38;
const typeWidth = 14;
const statusWidth = 10;

/** A line or more an option: names, short flag, type, status, summary. */
export function optionTable(options: readonly KnownOption[]): string {
  const head = line(["OPTION"], "TYPE", "STATUS", ["SUMMARY"]);
  const rows = options.map((option) => {
    const { type, status, summary } = option;
    const columns = width - nameWidth - typeWidth - statusWidth;
    return line(wrapped(namesOf(option), nameWidth - 1), type, status, wrapped(summary, columns));
  });
  return `${[head, ...rows].join("\n")}\n`;
}

/**
 * All that is known about one option, and what tsuwsgi does with it.
 * @param related names of other options that may be of interest
 */
export function explanation(option: KnownOption, related: readonly string[]): string {
  const summary = option.refusal ? `About ${option.refusal.topic}.` : option.summary;
  const parts = [
    namesOf(option),
    ...wrapped(summary, width - 2).map((text) => `  ${text}`),
    "",
    ...facts(option).flatMap(([label, text]) => fact(label, text)),
    "",
    ...wrapped(deed(option), width - 2).map((text) => `  ${text}`),
  ];
  if (related.length > 0) {
    parts.push("", ...fact("see also", related.join(", ")));
  }
  return `${parts.join("\n")}\n`;
}

/** `processes, workers, -p`. */
function namesOf({ name, aliases, group }: KnownOption): string {
  const short = group?.short;
  // Where several options have a letter, it is the first one's.
  const letter = short !== undefined && findShort(short) === group ? [`-${short}`] : [];
  return [name, ...aliases, ...letter].join(", ");
}

function facts(option: KnownOption): [label: string, text: string][] {
  const { type, status, group, row } = option;
  const all: [string, string][] = [
    ["status", status],
    ["type", type],
  ];
  if (row) {
    const unset = row.schema.default === undefined ? "" : `; ${row.schema.default} if absent`;
    const unit = row.unit === "count" ? "" : `, in ${row.unit}`;
    all.push(["value", `${row.expected}${unit}${unset}`]);
  }
  all.push(["argument", argumentText[group?.argument ?? "no"]]);
  const repeats = row?.repeats ?? group?.repeatable ?? false;
  all.push(["repeated", repeats ? "each one counts" : "the last one counts"]);
  if (group?.immediate) all.push(["placeholders", "not expanded: it acts as soon as it is read"]);
  if (group?.impliesMaster) all.push(["implies", "master"]);
  all.push(["origin", origin(option)]);
  return all;
}

const argumentText = {
  required: "required on the command line",
  optional: "optional on the command line, after `=`",
  no: "none on the command line",
} as const;

function origin({ group }: KnownOption): string {
  if (!group) return "tsuwsgi's own";
  const from = group.plugin === undefined ? "uWSGI" : `uWSGI's ${group.plugin} plugin`;
  if (group.in2021 === true) return from;
  if (group.in2021 === false) return `${from}, not in 2.0.21`;
  return `${from}; 2.0.21 has only ${group.in2021.join(", ")}`;
}

/** What tsuwsgi does with the option, and what else to do. */
function deed({ status, row, refusal }: KnownOption): string {
  if (row?.status === "directive") return "tsuwsgi obeys it while it reads the configuration.";
  if (status === "supported") return "tsuwsgi acts on it.";
  if (status === "moot") return `tsuwsgi accepts it and does nothing, since ${row?.why ?? ""}.`;
  const instead = refusal?.remedy === undefined ? "take it out" : refusal.remedy;
  const why = refusal?.foreign ? "runs Python applications only, and refuses it" : "refuses it";
  return `tsuwsgi ${why}. Instead: ${instead}; or start with \`--lenient\` to go on without it.`;
}

function fact(label: string, text: string): string[] {
  const indent = 16;
  return wrapped(text, width - indent).map(
    (part, at) => `${(at === 0 ? `  ${label}` : "").padEnd(indent)}${part}`,
  );
}

/** The cells side by side; type and status on the first line. */
function line(
  names: readonly string[],
  type: string,
  status: string,
  summary: readonly string[],
): string {
  const lines: string[] = [];
  for (let at = 0; at < Math.max(names.length, summary.length); at++) {
    const [kind, state] = at === 0 ? [type, status] : ["", ""];
    const left = `${(names[at] ?? "").padEnd(nameWidth)}${kind.padEnd(typeWidth)}${state.padEnd(statusWidth)}`;
    lines.push(`${left}${summary[at] ?? ""}`.trimEnd());
  }
  return lines.join("\n");
}

/** The text in lines of that many columns, broken at blanks. */
function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  let current = "";
  for (const word of text.split(" ")) {
    if (current !== "" && current.length + 1 + word.length > columns) {
      lines.push(current);
      current = word;
    } else current = current === "" ? word : `${current} ${word}`;
  }
  return [...lines, current];
}
