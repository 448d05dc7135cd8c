/** Lines: what our own begin with, and how a stream of bytes becomes some. */
import { ctime, strftime } from "./strftime.ts";

const NEWLINE = Buffer.from("\n");

/**
 * One line of ours as it stands in the log: the time in front of the text.
 * @param format undefined: ISO 8601, UTC; else as `log-date` has it: "" is ctime(3), or a format of strftime(3)
 */
export function logLine(text: string, now: Date, format?: string): string {
  const line = `${text.trimEnd()}\n`;
  if (format === undefined) return `[${now.toISOString().slice(0, 19)}Z] ${line}`;
  return `${format === "" ? ctime(now) : strftime(format, now)} - ${line}`;
}

/**
 * Cuts a stream of bytes into lines of bounded length.
 * @param take gets each line without its end
 * @param longest bytes after which a line is cut
 * @returns `feed` for the bytes, `end` for what is left without a line end
 */
export function lineSplitter(
  take: (line: Buffer) => void,
  longest: number,
): {
  feed: (data: Buffer) => void;
  end: () => void;
} {
  let rest: Buffer = Buffer.alloc(0);
  const feed = (data: Buffer) => {
    let bytes = rest.length > 0 ? Buffer.concat([rest, data]) : data;
    for (;;) {
      const end = bytes.indexOf(10);
      if (end < 0 && bytes.length < longest) break;
      const cut = end < 0 || end > longest ? longest : end;
      take(bytes.subarray(0, cut));
      bytes = bytes.subarray(cut === end ? cut + 1 : cut);
    }
    rest = Buffer.from(bytes);
  };
  const end = () => {
    if (rest.length > 0) take(rest);
    rest = Buffer.alloc(0);
  };
  return { feed, end };
}

/**
 * Cuts a stream of bytes into pieces for a log: lines with their ends, or as many of them as came together.
 * @param batches what came together need not be taken apart
 * @param longest bytes after which a line without an end is cut
 */
export function lineFeed(
  take: (lines: Buffer) => void,
  batches: boolean,
  longest: number,
): { feed: (data: Buffer) => void; end: () => void } {
  let rest: Buffer = Buffer.alloc(0);
  const feed = (data: Buffer) => {
    let bytes = rest.length > 0 ? Buffer.concat([rest, data]) : data;
    for (;;) {
      const end = batches ? bytes.lastIndexOf(10) : bytes.indexOf(10);
      const fits = end >= 0 && (batches || end < longest);
      if (!fits && bytes.length < longest) break;
      take(fits ? bytes.subarray(0, end + 1) : withEnd(bytes.subarray(0, longest)));
      bytes = bytes.subarray(fits ? end + 1 : longest);
    }
    rest = Buffer.from(bytes);
  };
  const end = () => {
    if (rest.length > 0) take(withEnd(rest));
    rest = Buffer.alloc(0);
  };
  return { feed, end };
}

function withEnd(line: Buffer): Buffer {
  return Buffer.concat([line, NEWLINE]);
}
