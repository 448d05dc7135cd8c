/**
 * `http-auto-gzip`: answers in which the application asks for it, by the field `uWSGI-Encoding: gzip`, are
 * compressed on their way to clients that accept that. Every part goes out as it comes, so a streamed answer is
 * not held back, and nothing waits here; a part has at most what was read from the core at once.
 */
import { gzipSync } from "node:zlib";
import {
  type AnswerField,
  type AnswerHead,
  readAnswerHead,
  writeAnswerHead,
} from "../../protocol/answer-head.ts";
import { readEnviron } from "../../protocol/environ-map.ts";
import { Flag } from "../../protocol/frame.ts";
import { PartGzip } from "../../protocol/gzip.ts";
import type { FileAnswer, Waiting } from "./waiting.ts";

/** Stands between a request and its connection. */
export class GzipAnswer implements Waiting {
  readonly #client: Waiting;
  readonly #isHead: boolean;
  #environ: Buffer | undefined;
  #gzip: PartGzip | undefined;

  /**
   * @param environ the request's, as its Exchange gets it
   * @param isHead the answer will have no body
   */
  constructor(client: Waiting, environ: Buffer, isHead: boolean) {
    this.#client = client;
    this.#environ = environ;
    this.#isHead = isHead;
  }

  answer(status: number, flags: number, head: Buffer, body: Buffer, complete: boolean): void {
    const client = this.#client;
    const environ = this.#environ;
    this.#environ = undefined;
    const parts = MARK.test(head.toString("latin1")) ? readAnswerHead(head) : undefined;
    if (parts === undefined || environ === undefined) {
      client.answer(status, flags, head, body, complete);
      return;
    }
    // The field is for the server; clients never see it.
    const kept = parts.fields.filter(({ name }) => name !== "uwsgi-encoding");
    const lines = kept.map(({ line }) => line);
    if (this.#isHead || !isCompressible(status, kept)) {
      client.answer(status, flags, writeAnswerHead(parts.status, lines), body, complete);
    } else if (!accepts(readEnviron(environ).get("HTTP_ACCEPT_ENCODING") ?? "")) {
      lines.push(...variance(kept));
      client.answer(status, flags, writeAnswerHead(parts.status, lines), body, complete);
    } else {
      this.#compress(status, flags, { status: parts.status, fields: kept }, body, complete);
    }
  }

  #compress(
    status: number,
    flags: number,
    { status: line, fields }: AnswerHead,
    body: Buffer,
    complete: boolean,
  ): void {
    const lines = [
      ...fields.flatMap(compressedField),
      ...variance(fields),
      "Content-Encoding: gzip\r\n",
    ];
    if (complete && (flags & Flag.abort) === 0) {
      const packed = gzipSync(body);
      lines.push(`Content-Length: ${packed.length}\r\n`);
      this.#client.answer(status, flags | Flag.length, writeAnswerHead(line, lines), packed, true);
      return;
    }
    const gzip = new PartGzip();
    this.#gzip = gzip;
    const head = writeAnswerHead(line, lines);
    this.#client.answer(status, flags & ~Flag.length, head, gzip.push(body, false), complete);
  }

  data(flags: number, part: Buffer, complete: boolean, kept?: boolean): void {
    const gzip = this.#gzip;
    if (gzip === undefined) this.#client.data(flags, part, complete, kept);
    // A stream that is broken off must not look whole.
    else this.#client.data(flags, gzip.push(part, complete && !(flags & Flag.abort)), complete);
  }

  /** Goes past Python and past this as well: the field is kept back, and the file sent as it is. */
  file(answer: FileAnswer): void {
    const parts = MARK.test(answer.head.toString("latin1"))
      ? readAnswerHead(answer.head)
      : undefined;
    if (parts === undefined) {
      this.#client.file(answer);
      return;
    }
    const kept = parts.fields.filter(({ name }) => name !== "uwsgi-encoding");
    const lines = kept.map(({ line }) => line);
    this.#client.file({ ...answer, head: writeAnswerHead(parts.status, lines) });
  }

  fail(status: number): void {
    this.#client.fail(status);
  }

  pauseBody(): void {
    this.#client.pauseBody();
  }

  resumeBody(): void {
    this.#client.resumeBody();
  }
}

/** The application's wish, in a head. */
const MARK = /\r\nuwsgi-encoding:[ \t]*gzip[ \t]*\r\n/i;

/** Whether an answer is whole and plain: no part of something, and not encoded already. */
function isCompressible(status: number, fields: readonly AnswerField[]): boolean {
  if (status === 204 || status === 206 || status === 304) return false;
  return !fields.some(({ name }) => name === "content-encoding" || name === "content-range");
}

/** What becomes of a field when the body is another than the application's. */
function compressedField({ name, value, line }: AnswerField): string[] {
  switch (name) {
    case "content-length":
    case "accept-ranges":
      return [];
    case "etag":
      // The same entity, not the same bytes (RFC 9110 8.8.3).
      return [value.startsWith('"') ? `ETag: W/${value}\r\n` : line];
    default:
      return [line];
  }
}

/** Caches have to know that other clients get another body (RFC 9110 12.5.5). */
function variance(fields: readonly AnswerField[]): string[] {
  const named = fields
    .filter(({ name }) => name === "vary")
    .flatMap(({ value }) => value.toLowerCase().split(","));
  const told = named.some((name) => ["*", "accept-encoding"].includes(name.trim()));
  return told ? [] : ["Vary: Accept-Encoding\r\n"];
}

/** Whether Accept-Encoding allows gzip (RFC 9110 12.5.3): by its name, or else by `*`, not with a weight of 0. */
function accepts(value: string): boolean {
  let any = false;
  for (const element of value.toLowerCase().split(",")) {
    const [coding = "", ...parameters] = element.split(";").map((text) => text.trim());
    const allowed = !parameters.some((parameter) => /^q\s*=\s*0(?:\.0{0,3})?$/.test(parameter));
    if (coding === "gzip" || coding === "x-gzip") return allowed;
    if (coding === "*") any = allowed;
  }
  return any;
}
