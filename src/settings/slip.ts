/** Regular expressions for the ways to misspell a name, for schemas: they cannot compare by distance. */

/** What a wrong letter may be. No digit: `socket2` is a name of one's own rather than a slip. */
const letter = "[A-Za-z_-]";

/**
 * Matches what has one letter too much, too few or wrong, or two letters swapped, whichever way its words
 * are joined, and is none of the names in `real`.
 * @returns a pattern for ECMAScript, with and without the `u` flag
 */
export function slipPattern(name: string, real: readonly string[]): string {
  const pattern = misspelt(name, 0);
  const matcher = new RegExp(`^${pattern}$`);
  const excluded = real.filter((candidate) => matcher.test(candidate));
  return `^(?!(?:${excluded.join("|")})$)${pattern}$`;
}

/** The name from a letter on, with exactly one slip in it, or with none where a slip puts the same letter. */
function misspelt(name: string, at: number): string {
  const here = name[at];
  if (here === undefined) return letter;
  const next = name[at + 1];
  const ways = [
    `${exact(here)}${misspelt(name, at + 1)}`,
    `${letter}?${exact(name.slice(at + 1))}`,
    `${letter}${exact(name.slice(at))}`,
  ];
  if (next !== undefined && next !== here) ways.push(exact(`${next}${here}${name.slice(at + 2)}`));
  return `(?:${ways.join("|")})`;
}

/** The text itself; words are joined by `-`, and by mistake by `_`. */
function exact(text: string): string {
  return text.replaceAll(/[-_]/g, "[-_]");
}
