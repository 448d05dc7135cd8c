/** The list that `--show-config` prints. */
import type { Resolved } from "./resolved.ts";

/**
 * The resolved options as an ini file, in uWSGI's format: between two comment lines the header and one
 * `key = value` a line (an empty value leaves the blank), ended by a newline. Values are not quoted, so
 * one with a newline in it does not read back.
 */
export function showConfig(resolved: Resolved): string {
  const options = resolved.entries
    .filter(({ hidden }) => !hidden)
    .map(({ key, value }) => `${key} = ${value}\n`)
    .join("");
  return `;uWSGI instance configuration\n[uwsgi]\n${options};end of configuration\n`;
}
