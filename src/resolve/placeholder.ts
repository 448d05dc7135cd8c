/**
 * The scan that uWSGI makes over a value for `$(NAME)` and `%(name)` (core/uwsgi.c). A marker inside
 * the parentheses begins anew, so the innermost is replaced first; other parentheses in a name must
 * pair. After each replacement the scan
 * starts again, at the SECOND character: what a replacement leaves at the very beginning of a value
 * is not seen again, anything further on is.
 */

/** Replacements in one value, and characters gone through for them. Only what leads back to itself needs more. */
const maxReplacements = 10_000;
const maxWork = 8 * 1024 * 1024;

/** UTF-16 units of one expanded value. */
const maxLength = 256 * 1024;

/** Called for each name that is found, with the whole value so far; undefined leaves the text as it is. */
export type Lookup = (name: string, value: string) => string | undefined;

/**
 * Replaces all `marker(name)` in a value.
 * @returns the new value, or the name at which it was clear that the replacing never ends
 */
export function substitute(
  value: string,
  marker: "$" | "@" | "%",
  lookup: Lookup,
): { readonly value: string } | { readonly endless: string } {
  let text = value;
  let replaced = 0;
  let work = 0;
  /** Where the name begins; 0 outside parentheses. */
  let name = 0;
  /** Parentheses open in the name itself. */
  let depth = 0;
  for (let at = text.indexOf(marker); at >= 0 && at < text.length; at++) {
    if (text[at] === marker) {
      name = text[at + 1] === "(" ? at + 2 : 0;
      if (name > 0) at++;
      depth = 0;
      continue;
    }
    if (name === 0) continue;
    if (text[at] === "(") depth++;
    if (text[at] !== ")") continue;
    if (depth > 0) {
      depth--;
      continue;
    }
    const found = text.slice(name, at);
    const start = name - 2;
    name = 0;
    const put = found === "" ? undefined : lookup(found, text);
    if (put === undefined) continue;
    text = text.slice(0, start) + put + text.slice(at + 1);
    work += at + found.length + put.length;
    if (++replaced > maxReplacements || work > maxWork || text.length > maxLength)
      return { endless: found };
    at = 0;
  }
  return { value: text };
}

/** The names in all `%(…)` of a text: of a plain one the name, of an expression its words. */
export function placeholderNames(text: string): string[] {
  return [...text.matchAll(/%\(([^()%]*)\)/g)]
    .flatMap(([, inside = ""]) => inside.split(" "))
    .filter((name) => !/^(?:[+\-*/]|\+\+|--|)$/.test(name));
}
