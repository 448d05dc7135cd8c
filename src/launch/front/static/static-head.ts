/** The head of an answer with a file, or about one. */
import { type ByteRange, contentRange } from "./range.ts";

/** What an answer says of its file, whatever its status. */
export interface FileFields {
  readonly type: string | undefined;
  /** `gzip` or `br`. */
  readonly coding: string | undefined;
  /** The answer depends on Accept-Encoding. */
  readonly varies: boolean;
  /** Parts can be asked for. */
  readonly ranges: boolean;
  readonly etag: string;
  readonly lastModified: string;
  readonly expires: string | undefined;
}

const REASONS = {
  200: "OK",
  206: "Partial Content",
  304: "Not Modified",
  412: "Precondition Failed",
  416: "Range Not Satisfiable",
} as const;

/** What an answer about a file can be. */
export type FileStatus = keyof typeof REASONS;

/** The status and all fields, each with its CRLF. @param more fields of this status, each with its CRLF */
export function fileHead(status: FileStatus, file: FileFields, more: string): Buffer {
  let head = `${status} ${REASONS[status]}\r\n`;
  if (status === 200 || status === 206) {
    if (file.type !== undefined) head += `Content-Type: ${file.type}\r\n`;
    if (file.coding !== undefined) head += `Content-Encoding: ${file.coding}\r\n`;
    if (file.ranges) head += "Accept-Ranges: bytes\r\n";
  }
  // A 304 says what the whole answer would have said about its being kept (RFC 9110 15.4.5).
  if (status === 200 || status === 206 || status === 304) {
    head += `Last-Modified: ${file.lastModified}\r\nETag: ${file.etag}\r\n`;
    if (file.expires !== undefined) head += `Expires: ${file.expires}\r\n`;
    if (file.varies) head += "Vary: Accept-Encoding\r\n";
  }
  return Buffer.from(head + more, "latin1");
}

/** Several parts in one body (RFC 9110 14.6). */
export interface Multipart {
  /** Value of Content-Type. */
  readonly type: string;
  readonly length: number;
  /** What goes before each part, and after the last one. */
  readonly between: readonly string[];
}

/** @param boundary occurs in no file, as far as chance goes */
export function multipart(
  ranges: readonly ByteRange[],
  size: number,
  type: string | undefined,
  boundary: string,
): Multipart {
  const typeField = type === undefined ? "" : `Content-Type: ${type}\r\n`;
  const between = ranges.map(
    (range, index) =>
      `${index === 0 ? "" : "\r\n"}--${boundary}\r\n${typeField}Content-Range: ${contentRange(range, size)}\r\n\r\n`,
  );
  between.push(`\r\n--${boundary}--\r\n`);
  let length = 0;
  for (const text of between) length += text.length;
  for (const range of ranges) length += range.end - range.start;
  return { type: `multipart/byteranges; boundary=${boundary}`, length, between };
}
