/** Values as nginx's configuration reads them (ngx_conf_read_token): bare, or in double quotes. */

/**
 * A parameter of an nginx directive, bare where that is safe, else quoted. nginx replaces `$name`
 * in some parameters and has no way to escape a dollar sign: see `hasVariable`.
 * @param text without NUL
 */
export function nginxQuote(text: string): string {
  if (/^[\w./:@%+,=~[\]-]+$/.test(text)) return text;
  return `"${text.replace(/["\\\n\r\t]/g, (character) => escapes.get(character) ?? character)}"`;
}

/** The only sequences that nginx undoes within double quotes. */
const escapes = new Map([
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

/** True for text that nginx would take for a variable where it replaces them, e.g. in `alias`. */
export function hasVariable(text: string): boolean {
  return text.includes("$");
}

/** Text for a comment: on one line, whatever it holds. */
export function nginxComment(text: string): string {
  const line = [...text].map((character) => (character < " " ? "?" : character)).join("");
  return `# ${line}`;
}
