/** What to say to a request for a file that was found: status, head, and which bytes of it. */
import { randomBytes } from "node:crypto";
import { precondition, rangeAllowed, type Variables } from "./conditional.ts";
import type { FoundFile } from "./file-store.ts";
import { type ByteRange, contentRange, parseRange } from "./range.ts";
import { type FileFields, fileHead, multipart } from "./static-head.ts";

/** Several parts are put together in memory; beyond this the whole file is sent instead. */
const MULTIPART_BYTES = 1024 * 1024;

/** An answer about a file. */
export interface Plan {
  readonly status: number;
  readonly head: Buffer;
  readonly file: FoundFile;
  /** What of the file is sent; nothing for HEAD, 304 and the like. */
  readonly ranges: readonly ByteRange[];
  /** Of several ranges: what goes before each, and after the last one. */
  readonly between: readonly string[];
}

const NONE: readonly never[] = [];

/** The answer to a GET, or with `headOnly` to a HEAD, by RFC 9110 13.2.2 and 14. */
export function plan(
  file: FoundFile,
  fields: FileFields,
  vars: Variables,
  headOnly: boolean,
): Plan {
  const condition = precondition(vars, file);
  if (condition !== 200) {
    const length = condition === 304 ? "" : "Content-Length: 0\r\n";
    return said(file, condition, fileHead(condition, fields, length));
  }
  const ranges = headOnly || !fields.ranges ? undefined : wantedRanges(vars, file);
  const first = ranges?.[0];
  if (ranges === undefined) return whole(file, fields, headOnly);
  if (first === undefined) {
    const more = `Content-Length: 0\r\nContent-Range: bytes */${file.size}\r\n`;
    return said(file, 416, fileHead(416, fields, more));
  }
  if (ranges.length > 1) return several(file, fields, ranges);
  const more = `Content-Length: ${first.end - first.start}\r\nContent-Range: ${contentRange(first, file.size)}\r\n`;
  return { file, status: 206, head: fileHead(206, fields, more), ranges, between: NONE };
}

/** An answer that sends nothing of the file. */
function said(file: FoundFile, status: number, head: Buffer): Plan {
  return { file, status, head, ranges: NONE, between: NONE };
}

function whole(file: FoundFile, fields: FileFields, headOnly: boolean): Plan {
  const head = fileHead(200, fields, `Content-Length: ${file.size}\r\n`);
  const ranges = headOnly || file.size === 0 ? NONE : [{ start: 0, end: file.size }];
  return { file, status: 200, head, ranges, between: NONE };
}

function several(file: FoundFile, fields: FileFields, ranges: readonly ByteRange[]): Plan {
  const boundary = randomBytes(12).toString("hex");
  const { type, length, between } = multipart(ranges, file.size, fields.type, boundary);
  if (length > MULTIPART_BYTES) return whole(file, fields, false);
  const head = fileHead(206, { ...fields, type }, `Content-Length: ${length}\r\n`);
  return { file, status: 206, head, ranges, between };
}

function wantedRanges(vars: Variables, file: FoundFile): readonly ByteRange[] | undefined {
  const range = vars.get("HTTP_RANGE");
  if (range === undefined || !rangeAllowed(vars, file)) return undefined;
  return parseRange(range, file.size);
}
