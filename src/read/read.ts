/** Text of any format to entries. */
import type { Report } from "../diagnostic.ts";
import type { Source } from "../source.ts";
import type { Entry } from "./entry.ts";
import { iniComment, readIni } from "./ini.ts";
import type { MagicVariables } from "./magic.ts";
import { expandMagic } from "./magic.ts";
import type { ReadText } from "./read-text.ts";
import { readYaml, yamlComment } from "./yaml.ts";

/** The formats that uWSGI reads. */
export type Format = "ini" | "yaml" | "json" | "xml";

const endings = new Map<string, Format>([
  ["ini", "ini"],
  ["yaml", "yaml"],
  ["yml", "yaml"],
  ["json", "json"],
  ["js", "json"],
  ["xml", "xml"],
]);

/** The format that a file name's ending stands for, as for uWSGI's `include`; undefined for any other. */
export function formatOf(name: string): Format | undefined {
  const ending = /\.([a-z]+)$/.exec(name)?.[1];
  return ending === undefined ? undefined : endings.get(ending);
}

/**
 * The entries of one section of a text, its magic variables replaced.
 * @param section what was asked for: an ini section, a top-level key of YAML or JSON, an `id` of XML. Empty
 *   for uWSGI's default: `uwsgi`, and for XML the first one.
 */
export function read(
  format: Format,
  source: Source,
  section: string,
  variables: MagicVariables,
  report: Report,
): Entry[] {
  const text = expandMagic(source, variables, comments[format], report);
  return readSection(format, text, section, report);
}

/** The beginning of a line that is a comment, or has one in it, in each format. */
const comments: { readonly [format in Format]: RegExp } = {
  ini: iniComment,
  yaml: yamlComment,
  json: /$^/,
  xml: /$^/,
};

/** The entries of one section of a text whose magic variables were dealt with. */
export function readSection(
  format: Format,
  text: ReadText,
  section: string,
  report: Report,
): Entry[] {
  const name = section === "" ? "uwsgi" : section;
  switch (format) {
    case "ini":
      return readIni(text, name, report);
    case "yaml":
      return readYaml(text, name, report);
    case "json":
    case "xml":
      report({
        rule: "unsupported-format",
        severity: "error",
        message: `${format.toUpperCase()} is known to uWSGI, not yet supported by tsuwsgi`,
        span: text.span(0, 0),
        help: "write the options as ini or YAML",
      });
      return [];
  }
}
