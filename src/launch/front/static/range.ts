/** Parts of a file that a client asks for (RFC 9110 14). */

/** Ranges of one request; more of them are no honest wish. */
const MAX_RANGES = 16;
/** One range: `10-19`, `10-`, or `-5` for the last five bytes. */
const RANGE = /^(\d{0,15})-(\d{0,15})$/;

/** Bytes from `start` up to, not including, `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * What a Range field asks for.
 * @param size of the whole, bytes
 * @returns the ranges that can be had, in the client's order; none: it cannot be satisfied (416); undefined:
 *   the field is to be ignored, because it is no range of bytes, or asks for too many or overlapping ones
 */
export function parseRange(field: string, size: number): readonly ByteRange[] | undefined {
  const set = /^bytes=(.*)$/i.exec(field.trim())?.[1];
  if (set === undefined) return undefined;
  const ranges: ByteRange[] = [];
  let wanted = 0;
  for (const text of set.split(",", MAX_RANGES + 1)) {
    const part = text.trim();
    if (part === "") continue; // lists may have empty elements (RFC 9110 5.6.1.2)
    wanted++;
    const match = RANGE.exec(part);
    const [, first = "", last = ""] = match ?? [];
    if (match === null || wanted > MAX_RANGES || (first === "" && last === "")) return undefined;
    if (first !== "" && last !== "" && Number(last) < Number(first)) return undefined;
    const range = rangeOf(first, last, size);
    if (range.start < range.end) ranges.push(range);
  }
  if (wanted === 0 || overlapping(ranges)) return undefined;
  return ranges;
}

function rangeOf(first: string, last: string, size: number): ByteRange {
  if (first === "") return { start: Math.max(0, size - Number(last)), end: size };
  return {
    start: Number(first),
    end: last === "" ? size : Math.min(size, Number(last) + 1),
  };
}

function overlapping(ranges: readonly ByteRange[]): boolean {
  const sorted = ranges.toSorted((one, other) => one.start - other.start);
  return sorted.some((range, index) => range.start < (sorted[index - 1]?.end ?? 0));
}

/** The value of Content-Range. */
export function contentRange({ start, end }: ByteRange, size: number): string {
  return `bytes ${start}-${end - 1}/${size}`;
}
