/** The values of options as text, read strictly: each reader gives the value or what it expected. */

/** A value, or what the text should have been (`a whole number`). */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly expected: string };

/** A value that was read. */
export function parsed<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

/** A value that could not be read. */
export function expected<T>(what: string): Parsed<T> {
  return { ok: false, expected: what };
}

/**
 * A flag. uWSGI takes `false`, `off`, `no` (in any case) and `0` for false and everything else for true;
 * of everything else only `true`, `on`, `yes`, `1` and the empty text are accepted here.
 */
export function parseBoolean(text: string): Parsed<boolean> {
  if (/^(?:false|off|no|0)$/i.test(text)) return parsed(false);
  if (/^(?:true|on|yes|1|)$/i.test(text)) return parsed(true);
  return expected("`true` or `false`");
}

/** A decimal whole number with an optional sign; uWSGI would take leading digits and drop the rest. */
export function parseInteger(text: string): Parsed<number> {
  const value = Number(text);
  if (/^[+-]?\d+$/.test(text) && Number.isSafeInteger(value)) return parsed(value);
  return expected("a whole number");
}

/** Two texts round the first `=`; the name may not be empty. */
export function parsePair(text: string): Parsed<{ readonly name: string; readonly value: string }> {
  const at = text.indexOf("=");
  if (at > 0) return parsed({ name: text.slice(0, at), value: text.slice(at + 1) });
  return expected("`name=value`");
}
