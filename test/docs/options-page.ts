/** The option table -> docs/options.md. */
import { honoured } from "../../src/settings/honoured.ts";
import type { HonouredOption, Status } from "../../src/settings/option.ts";

/** The whole page. */
export function optionsPage(): string {
  return [
    "# Options",
    "",
    "What tsuwsgi does with uWSGI's options. Names are the same in every format; on the command line",
    "they begin with `--`. An option of uWSGI that is not here is refused, not ignored; `--lenient`",
    "goes on without it.",
    ...section("Supported", "supported"),
    ...section("Read before all others", "directive"),
    ...section("Accepted, because what they ask for is always so", "moot"),
    "",
    "This page is written by `npx vitest run test/docs -u`.",
    "",
  ].join("\n");
}

function section(title: string, status: Status): string[] {
  const options = honoured.filter((option) => option.status === status);
  // Names that mean the same share a line.
  const names = new Map<string, string[]>();
  for (const option of options) {
    const rest = `${value(option)}. ${option.summary}`;
    names.set(rest, [...(names.get(rest) ?? []), `\`${option.name}\``]);
  }
  const lines = [...names].map(([rest, own]) => `- ${own.join(", ")}: ${rest}`);
  return lines.length === 0 ? [] : ["", `## ${title}`, "", ...lines];
}

function value({ kind, expected, schema, repeats }: HonouredOption): string {
  if (kind === "boolean") return "`true` or `false`";
  const standard = schema.default === undefined ? "" : `; ${schema.default} if absent`;
  return `${expected}${standard}${repeats ? "; may be repeated" : ""}`;
}
