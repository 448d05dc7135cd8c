/** Conditions that a request puts on its answer (RFC 9110 13). */

/** What identifies the present state of a file. */
export interface Validators {
  /** With its quotes; strong. */
  readonly etag: string;
  /** The last change, in whole seconds, as milliseconds since 1970. */
  readonly modifiedMs: number;
}

/** Variables of the environ by name. */
export type Variables = ReadonlyMap<string, string>;

/**
 * What the preconditions of a GET or HEAD come to, in the order of RFC 9110 13.2.2.
 * @returns 200 (answer it), 304 or 412
 */
export function precondition(vars: Variables, now: Validators): 200 | 304 | 412 {
  const ifMatch = vars.get("HTTP_IF_MATCH");
  const unmodified = httpDate(vars.get("HTTP_IF_UNMODIFIED_SINCE"));
  if (ifMatch !== undefined) {
    if (!listed(ifMatch, now.etag, false)) return 412;
  } else if (unmodified !== undefined && now.modifiedMs > unmodified) {
    return 412;
  }
  const ifNoneMatch = vars.get("HTTP_IF_NONE_MATCH");
  if (ifNoneMatch !== undefined) return listed(ifNoneMatch, now.etag, true) ? 304 : 200;
  const modified = httpDate(vars.get("HTTP_IF_MODIFIED_SINCE"));
  return modified !== undefined && now.modifiedMs <= modified ? 304 : 200;
}

/** Whether If-Range lets a part be sent: it is not there, or names exactly the present state. */
export function rangeAllowed(vars: Variables, now: Validators): boolean {
  const ifRange = vars.get("HTTP_IF_RANGE")?.trim();
  if (ifRange === undefined) return true;
  return ifRange.startsWith('"') ? ifRange === now.etag : httpDate(ifRange) === now.modifiedMs;
}

/** Whether a list of entity tags has one, or is `*`. */
function listed(field: string, etag: string, weak: boolean): boolean {
  if (field.trim() === "*") return true;
  for (const [, mark, tag] of field.matchAll(/(W\/)?("[^"]*")/g)) {
    if (tag === etag && (weak || mark === undefined)) return true;
  }
  return false;
}

const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";
/** The three formats of RFC 9110 5.6.7: IMF-fixdate, RFC 850, asctime. */
const FIXDATE = /^\w{3}, (\d\d) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/;
const RFC850 = /^\w{6,9}, (\d\d)-(\w{3})-(\d\d) (\d\d):(\d\d):(\d\d) GMT$/;
const ASCTIME = /^\w{3} (\w{3}) ([\d ]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/;

/** The time of an HTTP date, milliseconds since 1970; undefined for what is none, or not there. */
export function httpDate(field: string | undefined): number | undefined {
  const text = field?.trim() ?? "";
  const fix = FIXDATE.exec(text);
  if (fix) return time(fix[3], fix[2], fix[1], fix.slice(4));
  const old = RFC850.exec(text);
  if (old) return time(fullYear(Number(old[3])), old[2], old[1], old.slice(4));
  const c = ASCTIME.exec(text);
  return c ? time(c[6], c[1], c[2], c.slice(3, 6)) : undefined;
}

function time(
  year: string | number | undefined,
  month = "",
  day = "",
  clock: readonly string[] = [],
): number | undefined {
  const at = MONTHS.indexOf(month);
  if (at % 3 !== 0) return undefined;
  const [hours = 0, minutes = 0, seconds = 0] = clock.map(Number);
  return Date.UTC(Number(year), at / 3, Number(day), hours, minutes, seconds);
}

/** Two digits are a year not more than 50 years ahead (RFC 9110 5.6.7). */
function fullYear(two: number): number {
  const now = new Date().getUTCFullYear();
  const year = now - (now % 100) + two;
  return year > now + 50 ? year - 100 : year;
}
