/** RESOLVED -> text: what a configuration comes to, for people and for programs. */
import type { Resolved } from "../../resolve/resolved.ts";
import { showConfig } from "../../resolve/show.ts";
import type { Place } from "../../source.ts";
import { yamlScalar } from "../yaml-scalar.ts";
import type { Origin } from "./origins.ts";
import { originsOf } from "./origins.ts";
import type { Member, Typed } from "./typed.ts";
import { members } from "./typed.ts";

/** How a configuration is shown. */
export type ShowFormat = "ini" | "yaml" | "json";

/** What to show of it. */
export interface ShowOptions {
  /** `ini`, the default: uWSGI's `--show-config`, every value as text. The others have numbers and flags. */
  readonly format?: ShowFormat;
  /** Says of each value where it stands and what it took the place of. */
  readonly origins?: boolean;
}

/**
 * The resolved options as text, ended by a line feed. With origins, an ini and YAML have a comment line
 * above each value, so that they still read back; JSON has a list `origins` beside `uwsgi`.
 */
export function show(
  resolved: Resolved,
  { format = "ini", origins = false }: ShowOptions = {},
): string {
  const known = origins ? originsOf(resolved) : undefined;
  switch (format) {
    case "ini":
      return known ? iniWithOrigins(known) : showConfig(resolved);
    case "yaml":
      return yaml(members(resolved.entries), known);
    case "json":
      return json(members(resolved.entries), known);
  }
}

function iniWithOrigins(origins: readonly Origin[]): string {
  const options = origins.map(
    (origin) => `; ${describe(origin)}\n${origin.entry.key} = ${origin.entry.value}\n`,
  );
  return `;uWSGI instance configuration\n[uwsgi]\n${options.join("")};end of configuration\n`;
}

/** `base.ini:3:13, included from app.ini:2:7, over 2 (base.ini:1:13)`, in one line. */
function describe({ place, includedFrom, over, under }: Origin): string {
  const parts = [
    at(place),
    ...includedFrom.map((from) => `included from ${at(from)}`),
    ...(over ? [`over ${JSON.stringify(over.value)} (${at(over.place)})`] : []),
    ...(under ? [`NOT USED, see ${at(under.place)}`] : []),
  ];
  return parts.join(", ").replace(/\p{Cc}/gu, "?");
}

function at({ file, line, column }: Place): string {
  return `${file}:${line}:${column}`;
}

function yaml(found: readonly Member[], origins: readonly Origin[] | undefined): string {
  const comment = (index: number, indent: string): string[] => {
    const origin = origins?.[index];
    return origin ? [`${indent}# ${describe(origin)}`] : [];
  };
  const lines = found.flatMap(({ key, list, values }) => {
    const name = `  ${yamlScalar(key, { typed: true })}:`;
    const [first] = values;
    if (!list && first) {
      return [...comment(first.index, "  "), `${name} ${scalar(first.value, "    ")}`];
    }
    const items = values.flatMap(({ value, index }) => [
      ...comment(index, "    "),
      `    - ${scalar(value, "      ")}`,
    ]);
    return [name, ...items];
  });
  return lines.length === 0 ? "uwsgi: {}\n" : `uwsgi:\n${lines.join("\n")}\n`;
}

function scalar(value: Typed, indent: string): string {
  return typeof value === "string" ? yamlScalar(value, { indent, typed: true }) : String(value);
}

/** By hand, because an object would put names such as `1` first. */
function json(found: readonly Member[], origins: readonly Origin[] | undefined): string {
  const options = found.map(({ key, list, values }) => {
    const all = values.map(({ value }) => JSON.stringify(value));
    return `    ${JSON.stringify(key)}: ${list ? `[${all.join(", ")}]` : all.join("")}`;
  });
  const uwsgi = options.length === 0 ? "{}" : `{\n${options.join(",\n")}\n  }`;
  const more = origins ? `,\n  "origins": ${originRows(origins)}` : "";
  return `{\n  "uwsgi": ${uwsgi}${more}\n}\n`;
}

function originRows(origins: readonly Origin[]): string {
  const rows = origins.map(({ entry, place, includedFrom, over, under }) =>
    JSON.stringify({
      option: entry.key,
      value: entry.value,
      written: entry.written,
      ...brief(place),
      includedFrom: includedFrom.map(brief),
      over: over ? { value: over.value, ...brief(over.place) } : null,
      under: under ? { value: under.value, ...brief(under.place) } : null,
    }),
  );
  return rows.length === 0 ? "[]" : `[\n${rows.map((row) => `    ${row}`).join(",\n")}\n  ]`;
}

function brief({ file, line, column }: Place) {
  return { file, line, column };
}
