/** Scalars that are something else than text in YAML, and that a person is likely to mean so. */
import { jsYaml } from "./js-yaml.ts";

interface Meant {
  readonly rule: string;
  readonly what: string;
  readonly help: (key: string) => string;
}

const nothing: Meant = {
  rule: "yaml-null",
  what: "no value",
  help: (key) => `leave \`${key}\` out, or quote the text`,
};

const number: Meant = {
  rule: "yaml-number",
  what: "a number",
  help: () => "write the number in decimal digits, or quote the text",
};

/** What may be null or a number that is not written in plain digits: all else need not be asked about. */
const candidate = /^(?:~|null|[-+]?\.?\d[\w.+-]{1,40})$/i;

/**
 * What a scalar without quotes is in YAML 1.2, or with `_` between digits in 1.1, when that is not what uWSGI's options take the text for:
 * `true` and `1.5` are read alike, `0x1f`, `1e3` and `~` are not.
 */
export function misreadAs(value: string): Meant | undefined {
  if (!candidate.test(value) || /^[-+]?\d+(?:\.\d+)*$/.test(value)) return undefined;
  const yaml = jsYaml();
  const schema = value.includes("_") ? yaml.YAML11_SCHEMA : yaml.CORE_SCHEMA;
  const meant = yaml.load(value, { schema });
  if (meant === null) return nothing;
  return typeof meant === "number" ? number : undefined;
}
