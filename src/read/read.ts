/** Text of any format to entries. */
import type { Report } from "../diagnostic.ts";
import type { Source } from "../source.ts";
import { iniComments, jsonComments, xmlComments, yamlComments } from "./comments.ts";
import type { Entry } from "./entry.ts";
import { readIni } from "./ini.ts";
import { readJson } from "./json.ts";
import type { MagicStyle, MagicVariables } from "./magic.ts";
import { expandMagic } from "./magic.ts";
import type { ReadText } from "./read-text.ts";
import { readXml } from "./xml.ts";
import { readYaml } from "./yaml.ts";

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
  const text = expandMagic(source, variables, styles[format], report);
  return readSection(format, text, section, report);
}

const styles: { readonly [format in Format]: MagicStyle } = {
  ini: { comments: iniComments },
  yaml: { comments: yamlComments },
  json: { comments: jsonComments },
  xml: { comments: xmlComments, keepsLast: true },
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
      return readJson(text, name, report);
    case "xml":
      return readXml(text, section, report);
  }
}
