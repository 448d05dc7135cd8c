/** Options that `declare-option` makes. */

/** A key and a value that a custom option stands for. */
export interface Meant {
  readonly key: string;
  readonly value: string;
}

/**
 * What a custom option means, as uWSGI puts it together: the value's words, split at blanks, replace `$1`, `$2` …
 * in the template's `key=value` parts, which `;` separates. A `$3` for which there is no word stays, and what
 * follows a part without `=` is not read.
 */
export function expandCustom(template: string, value: string): Meant[] {
  const words = value.split(" ").filter((word) => word !== "");
  // uWSGI counts blanks, so an empty word stands for each that is too many.
  const count = value === "" ? 1 : value.split(" ").length;
  const meant: Meant[] = [];
  for (const part of template.split(";").filter((part) => part !== "")) {
    const equals = part.indexOf("=");
    if (equals < 0) break;
    meant.push({
      key: fill(part.slice(0, equals), words, count),
      value: fill(part.slice(equals + 1), words, count),
    });
  }
  return meant;
}

function fill(text: string, words: readonly string[], count: number): string {
  let out = text;
  for (let i = 0; i < count; i++) out = out.replaceAll(`$${i + 1}`, () => words[i] ?? "");
  return out;
}
