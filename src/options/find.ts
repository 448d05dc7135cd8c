/** Finds options of the catalogue by the names that people write. */
import { catalogue } from "./catalogue.ts";
import type { OptionGroup } from "./option-group.ts";
import { ownFlags, ownValues } from "./own.ts";

const byName = new Map<string, OptionGroup>();
for (const group of catalogue) {
  for (const name of [group.name, ...group.aliases]) byName.set(name, group);
}

const byLetter = new Map<string, OptionGroup>();
for (const group of catalogue) {
  if (group.short !== undefined && !byLetter.has(group.short)) byLetter.set(group.short, group);
}

/** The option of that exact name or alias, as uWSGI compares them: case and `_` count. */
export function findOption(name: string): OptionGroup | undefined {
  return byName.get(name);
}

/** The option of a one-letter flag, `p` for `-p`. */
export function findShort(letter: string): OptionGroup | undefined {
  return byLetter.get(letter);
}

/** What an abbreviation stands for: one option under one of its names, or the names that it could be. */
export type Abbreviated =
  | { readonly group: OptionGroup; readonly name: string }
  | { readonly candidates: readonly string[] };

/**
 * What a long name of the command line means: an exact name, or the beginning of one that begins no
 * other option's, as getopt_long has it. uWSGI knows the options of the plugins that it has loaded; so
 * names of the core and of the Python and HTTP plugins of 2.0.21 go before all others.
 */
export function findAbbreviated(name: string): Abbreviated {
  const exact = byName.get(name);
  if (exact) return { group: exact, name };
  if (name === "") return { candidates: [] };
  const all = [...byName].filter(([candidate]) => candidate.startsWith(name));
  const usual = all.filter(([candidate, group]) => isUsual(candidate, group));
  const found = usual.length > 0 ? usual : all;
  const [first] = found;
  if (first && found.every(([, group]) => group === first[1])) {
    return { group: first[1], name: first[0] };
  }
  return { candidates: found.map(([candidate]) => candidate) };
}

function isUsual(name: string, { plugin, in2021 }: OptionGroup): boolean {
  const existed = typeof in2021 === "boolean" ? in2021 : in2021.includes(name);
  return existed && (plugin === undefined || plugin === "python" || plugin === "http");
}

/** Names suggested at once. */
const maxSuggestions = 3;

/**
 * Names that a misspelt one was probably meant to be, best first, at most three; none when nothing is
 * near. Case, `_` for `-`, leading dashes and a plural `s` count for nothing, two swapped letters for one slip.
 * @param isPreferred of names that are equally near, those for which it holds come first; left out, those of
 *   the core and of the Python and HTTP plugins do
 */
export function nearestNames(name: string, isPreferred = isUsualName): string[] {
  const folded = fold(name);
  const bound = folded.length <= 3 ? 0 : folded.length <= 5 ? 1 : 2;
  const near: Near[] = [];
  folds ??= [...byName.keys(), ...ownFlags, ...ownValues].map((candidate) => [
    candidate,
    fold(candidate),
  ]);
  for (const [candidate, itsFold] of folds) {
    const distance = editDistance(folded, itsFold, bound);
    if (distance > bound) continue;
    const length = Math.abs(candidate.length - name.length);
    near.push({ name: candidate, distance, length, preferred: isPreferred(candidate) });
  }
  const best = Math.min(...near.map(({ distance }) => distance));
  return near
    .filter(({ distance }) => distance === best)
    .sort((a, b) => Number(b.preferred) - Number(a.preferred) || a.length - b.length)
    .slice(0, maxSuggestions)
    .map((candidate) => candidate.name);
}

/** All names and what people remember of them, made when the first misspelt one turns up. */
let folds: readonly (readonly [name: string, fold: string])[] | undefined;

interface Near {
  readonly name: string;
  readonly distance: number;
  /** Letters more or less than the misspelt name has. */
  readonly length: number;
  readonly preferred: boolean;
}

function isUsualName(name: string): boolean {
  const group = byName.get(name);
  return group === undefined || isUsual(name, group);
}

/** The part of a name that people remember. */
function fold(name: string): string {
  return name.trim().toLowerCase().replace(/^-+/, "").replaceAll(/[_\s]/g, "-").replace(/s$/, "");
}

/**
 * Damerau's distance in its restricted form: insertions, deletions, replacements and swaps of
 * neighbours that turn one text into the other. Anything above `bound` may come out as any larger number.
 */
export function editDistance(
  a: string,
  b: string,
  bound: number = Number.POSITIVE_INFINITY,
): number {
  if (Math.abs(a.length - b.length) > bound) return Number.POSITIVE_INFINITY;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const swapped =
        row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current.push(
        Math.min(
          at(last, column) + 1,
          at(current, column - 1) + 1,
          at(last, column - 1) + (same ? 0 : 1),
          swapped ? at(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    if (Math.min(...current) > bound) return Number.POSITIVE_INFINITY;
    beforeLast = last;
    last = current;
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
