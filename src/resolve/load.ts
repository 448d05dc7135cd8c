/** The two ways into a configuration: a command line, or a file to be judged on its own. */
import type { Diagnostic, Report } from "../diagnostic.ts";
import { parseBoolean } from "../options/value.ts";
import { readArgv } from "../read/argv.ts";
import { readEnvironment } from "../read/environment.ts";
import type { MagicVariables } from "../read/magic.ts";
import type { Format } from "../read/read.ts";
import { formatOf } from "../read/read.ts";
import type { Source } from "../source.ts";
import { withChain } from "./chains.ts";
import { Files } from "./files.ts";
import type { Host } from "./host.ts";
import { magicVariables } from "./magic-variables.ts";
import type { Input } from "./resolve.ts";
import { resolve } from "./resolve.ts";
import type { Resolved } from "./resolved.ts";

/**
 * Everything that a start is told, in uWSGI's order: the environment's `UWSGI_*`, the command line, then
 * the files that were named without an option.
 * @param argv the arguments after the program's name
 */
export function loadConfiguration(
  { argv, host }: { readonly argv: readonly string[]; readonly host: Host },
  report: Report,
): Resolved {
  return leniently(report, (strictly) => {
    const { entries, files } = readArgv(argv, strictly);
    const inputs: Input[] = [
      { kind: "entries", entries: readEnvironment(host.env) },
      { kind: "entries", entries },
    ];
    for (const { path, span } of files) {
      const format = formatOf(path) ?? "ini";
      inputs.push({ kind: "file", path, format, section: undefined, place: span });
    }
    return resolve(inputs, host, strictly);
  });
}

/**
 * One file and what it includes, without environment or command line.
 * @param path relative to the working directory; `-` is standard input. A name with an unknown ending is
 *   read as ini.
 * @param section undefined for `uwsgi`
 */
export function loadFile(path: string, host: Host, report: Report, section?: string): Resolved {
  const format = formatOf(path) ?? "ini";
  const input: Input = { kind: "file", path, format, section, place: undefined };
  return leniently(report, (strictly) => resolve([input], host, strictly));
}

/**
 * What an option such as `--ini FILE` alone would read: that option itself, then the file and what it
 * includes. No environment.
 * @param value the option's value, `FILE` or `FILE:SECTION`
 */
export function loadOption(format: Format, value: string, host: Host, report: Report): Resolved {
  return leniently(report, (strictly) => {
    const { entries } = readArgv([`--${format}`, value], strictly);
    return resolve([{ kind: "entries", entries }], host, strictly);
  });
}

/** One file as text, with what its magic variables stand for. */
export interface OpenText {
  readonly source: Source;
  readonly variables: MagicVariables;
}

/**
 * A file that is looked at alone, without what it includes.
 * @param path relative to the working directory; `-` is standard input
 * @param section as it was asked for; empty when it was not
 * @returns undefined when it cannot be read or is no text; that was reported
 */
export function openFile(
  path: string,
  section: string,
  host: Host,
  report: Report,
): OpenText | undefined {
  const file = new Files(host, report).open(path, undefined);
  if (!file) return undefined;
  const loaded = { name: file.name, path: file.path, section };
  return { source: file.source, variables: magicVariables(loaded, loaded, host) };
}

/** Faults after which uWSGI goes on: with `lenient` its reading stands, and they are warnings. */
const forgiven: ReadonlySet<string> = new Set([
  "byte-order-mark",
  "json-nested-list",
  "json-nested-object",
  "json-repeated-section",
  "json-surrogate",
  "malformed-section",
  "missing-section",
  "not-utf-8",
  "nul-byte",
  "outside-section",
  "xml-app",
  "xml-attribute",
  "xml-comment-value",
  "xml-lost-content",
  "xml-repeated-section",
  "xml-stray-text",
  "yaml-anchor",
  "yaml-brackets",
  "yaml-flow-section",
  "yaml-key",
  "yaml-list-section",
  "yaml-nested-list",
  "yaml-nested-mapping",
  "yaml-repeated-section",
  "yaml-section",
  "yaml-stop",
]);

/** Whether `lenient` is set is known only at the end, so findings wait until then; with it, some are warnings. */
export function leniently(report: Report, load: (report: Report) => Resolved): Resolved {
  const found: Diagnostic[] = [];
  const resolved = load((diagnostic) => found.push(diagnostic));
  const last = resolved.entries.findLast(({ key }) => key === "lenient");
  const value = last ? parseBoolean(last.value) : undefined;
  const lenient = value?.ok === true && value.value;
  for (const diagnostic of found) {
    const forgive = lenient && forgiven.has(diagnostic.rule);
    report(withChain(forgive ? { ...diagnostic, severity: "warning" } : diagnostic, resolved));
  }
  return resolved;
}
