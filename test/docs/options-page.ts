/** The option table -> docs/options.md. */
import { honoured } from "../../src/settings/honoured.ts";
import type { KnownOption } from "../../src/settings/inventory.ts";
import { inventory, knownOption } from "../../src/settings/inventory.ts";
import type { HonouredOption, Status } from "../../src/settings/option.ts";

/** The whole page. */
export function optionsPage(): string {
  return [
    "# Options",
    "",
    "What tsuwsgi does with uWSGI's options. Names are the same in every format; on the command line",
    "they begin with `--`. `tsuwsgi options NAME` tells the same of one option, `tsuwsgi options TEXT`",
    "searches.",
    ...section("Supported", "supported"),
    ...section("Obeyed while the configuration is read", "directive"),
    ...section("Accepted, without effect", "moot", [
      "What these ask for is always so or has no object here: clients, the application, logs and processes",
      "are the same without them. Their values are checked, and nothing is said about them, unless a flag",
      "is switched off that cannot be.",
    ]),
    ...refusedSection(),
    "",
    "This page is written by `npx vitest run test/docs -u`.",
    "",
  ].join("\n");
}

function section(title: string, status: Status, text: readonly string[] = []): string[] {
  const options = honoured.filter((option) => option.status === status);
  // Names that mean the same share a line.
  const names = new Map<string, string[]>();
  for (const option of options) {
    const why = option.why === undefined ? "" : ` Nothing to do: ${option.why}.`;
    const rest = `${value(option)}. ${option.summary}${why}`;
    const aliases = knownOption(option.name)?.aliases ?? [];
    names.set(rest, [...(names.get(rest) ?? []), option.name, ...aliases]);
  }
  const lines = [...names].map(([rest, own]) => `- ${own.map(code).join(", ")}: ${rest}`);
  const head = text.length === 0 ? [] : ["", ...text];
  return ["", `## ${title}`, ...head, "", ...lines];
}

function value({ kind, expected, schema, repeats, status }: HonouredOption): string {
  if (kind === "boolean") return "`true` or `false`";
  // What an absent moot option would stand for means nothing.
  const unset = status === "moot" || schema.default === undefined;
  const standard = unset ? "" : `; ${schema.default} if absent`;
  return `${expected}${standard}${repeats ? "; may be repeated" : ""}`;
}

/** One item a subject, in alphabetical order. */
function refusedSection(): string[] {
  const subjects = new Map<string, KnownOption[]>();
  for (const option of inventory.filter(({ status }) => status === "refused")) {
    const topic = option.refusal?.topic ?? "";
    subjects.set(topic, [...(subjects.get(topic) ?? []), option]);
  }
  const lines = [...subjects]
    .toSorted(([a], [b]) => a.localeCompare(b, "en"))
    .map(([topic, options]) => `- **${topic}**: ${options.map(refusedOption).join(", ")}`);
  return [
    "",
    "## Refused",
    "",
    "These stop the start, with the place and with what to do instead; `--lenient` warns and goes on",
    "without them. A flag that is switched off (`vhost = false`) asks for nothing and is accepted.",
    "",
    ...lines,
  ];
}

function refusedOption({ name, aliases }: KnownOption): string {
  return [name, ...aliases].map(code).join(", ");
}

function code(text: string): string {
  return `\`${text}\``;
}
