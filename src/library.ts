/**
 * The stages for programs: each takes values and gives values with the findings beside them, throws
 * nothing for bad input, and looks at nothing but the host that it is handed.
 */
import { resolve as absolute } from "node:path";
import type { Diagnostic, Report } from "./diagnostic.ts";
import { collector, sortDiagnostics } from "./diagnostic.ts";
import { convert as convertText } from "./generate/convert/convert.ts";
import { examine } from "./lint/examine.ts";
import type { Entry } from "./read/entry.ts";
import type { Format } from "./read/read.ts";
import { formatOf, read } from "./read/read.ts";
import type { Host } from "./resolve/host.ts";
import { leniently } from "./resolve/load.ts";
import { magicVariables } from "./resolve/magic-variables.ts";
import { memoryHost } from "./resolve/memory-host.ts";
import type { Input } from "./resolve/resolve.ts";
import { resolve as resolveInputs } from "./resolve/resolve.ts";
import type { Resolved } from "./resolve/resolved.ts";
import type { Machine } from "./settings/machine.ts";
import type { Settings } from "./settings/settings.ts";
import type { SettleHost } from "./settings/settle.ts";
import { settle as settleResolved } from "./settings/settle.ts";

/** What was found on the way, in the order of the text, without repeats. */
export interface Findings {
  readonly diagnostics: readonly Diagnostic[];
}

/** What a text is. */
export interface ReadOptions {
  readonly format: Format;
  /** Name of an ini section or a top-level key; `uwsgi` if absent. */
  readonly section?: string;
  /** What findings call the text, and what its magic variables such as `%n` are made of. */
  readonly name?: string;
  /** What the other magic variables (`%h`, `%v`, `%k` …) are taken from; an empty `memoryHost` if absent. */
  readonly host?: Host;
}

/** The options of one text, in order, with their places: magic variables replaced, nothing else done. */
export function readConfig(
  text: string,
  options: ReadOptions,
): Findings & { readonly entries: readonly Entry[] } {
  const { report, found } = collector();
  const { source, variables } = inMemory(text, options);
  const entries = read(options.format, source, options.section ?? "", variables, report);
  return { entries, diagnostics: sortDiagnostics(found) };
}

/** One thing to resolve: options that were read, or a file of the host. */
export type ConfigInput =
  | { readonly entries: readonly Entry[] }
  | {
      /** Relative to the host's working directory; `-` is its standard input. */
      readonly path: string;
      /** What the ending says if absent, ini where that says nothing. */
      readonly format?: Format;
      /** `uwsgi` if absent. */
      readonly section?: string;
    };

/** All options in uWSGI's order: includes and placeholders done, through the host. */
export function resolve(inputs: readonly ConfigInput[], host: Host): Findings & Resolved {
  const { report, found } = collector();
  const resolved = load(inputs, host, report);
  return { ...resolved, diagnostics: sortDiagnostics(found) };
}

/** The settings that resolved options ask for, frozen; not to be started when an error was found. */
export function settle(
  resolved: Resolved,
  host: SettleHost,
): Findings & { readonly settings: Settings } {
  const { report, found } = collector();
  const settings = settleResolved(resolved, host, report);
  return { settings, diagnostics: sortDiagnostics(found) };
}

/**
 * All that `tsuwsgi lint` says.
 * @param machine where the server is to run; absent leaves out what depends on it
 */
export async function lint(
  inputs: readonly ConfigInput[],
  host: Host,
  machine?: Machine,
): Promise<
  Findings & { readonly resolved: Resolved; readonly settings: Settings; readonly ok: boolean }
> {
  const { resolved, settings, found, hasErrors } = await examine(
    (report) => load(inputs, host, report),
    host,
    machine,
  );
  return { resolved, settings, diagnostics: found, ok: !hasErrors };
}

/**
 * The section of a text in another format; see `tsuwsgi convert`.
 * @returns `text` is undefined when there are errors
 */
export function convert(
  text: string,
  options: ReadOptions & { readonly to: Format },
): Findings & { readonly text: string | undefined } {
  const { report, found } = collector();
  const { source, variables } = inMemory(text, options);
  const { format: from, to, section = "" } = options;
  const converted = convertText({ source, from, to, section, variables }, report);
  return { text: converted, diagnostics: sortDiagnostics(found) };
}

function load(inputs: readonly ConfigInput[], host: Host, report: Report): Resolved {
  return leniently(report, (strictly) => resolveInputs(inputs.map(toInput), host, strictly));
}

function toInput(input: ConfigInput): Input {
  if ("entries" in input) return { kind: "entries", entries: input.entries };
  const { path, format = formatOf(path) ?? "ini", section } = input;
  return { kind: "file", path, format, section, place: undefined };
}

function inMemory(text: string, options: ReadOptions) {
  const { name, section = "", host = memoryHost() } = options;
  const path = name === undefined ? "" : absolute(host.cwd(), name);
  const file = { name: name ?? "", path, section };
  return {
    source: { name: name ?? "(text)", text },
    variables: magicVariables(file, file, host),
  };
}
