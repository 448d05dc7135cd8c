/** The answer of another server (RFC 9112, section 6), from bytes to what a core would say of its own. */
import { Buffer } from "node:buffer";
import { ChunkedDecoder } from "../protocol/chunked.ts";
import { Flag } from "../protocol/frame.ts";

/** Bytes of an answer's head. */
const HEAD_BYTES = 64 * 1024;
/** Answers before the answer (RFC 9110 15.2), such as 103. */
const INTERIM_ANSWERS = 8;

const HOP_BY_HOP =
  /^(connection|keep-alive|proxy-authenticate|proxy-authorization|proxy-connection|te|trailer|transfer-encoding|upgrade)$/;
const FIELD = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[\t ]*([\t -~\x80-\xff]*)$/;

/** What a part of an answer says. `bytes` are only lent. */
export interface AnswerSink {
  head(status: number, flags: number, head: Buffer): void;
  body(bytes: Buffer): void;
}

/** Reads one answer. */
export class AnswerReader {
  /** All of it was read. */
  done = false;
  /** The head was read. */
  begun = false;
  readonly #headOnly: boolean;
  #rest: Buffer = Buffer.alloc(0);
  #interim = 0;
  #left = Number.POSITIVE_INFINITY;
  #decoder: ChunkedDecoder | undefined;

  /** @param headOnly the request was a HEAD */
  constructor(headOnly: boolean) {
    this.#headOnly = headOnly;
  }

  /** Takes bytes; false when they are not an answer. */
  push(data: Buffer, sink: AnswerSink): boolean {
    if (this.begun) return this.#body(data, sink);
    this.#rest = Buffer.concat([this.#rest, data]);
    for (;;) {
      const end = this.#rest.indexOf("\r\n\r\n");
      if (end < 0) return this.#rest.length <= HEAD_BYTES;
      if (end > HEAD_BYTES) return false;
      const lines = this.#rest.toString("latin1", 0, end).split("\r\n");
      this.#rest = this.#rest.subarray(end + 4);
      const status = Number(/^HTTP\/1\.[01] ([1-5]\d\d)(?: |$)/.exec(lines[0] ?? "")?.[1] ?? 0);
      if (status === 0 || status === 101) return false;
      if (status >= 200) return this.#head(status, lines, sink);
      if (++this.#interim > INTERIM_ANSWERS) return false;
    }
  }

  /** The connection has ended; false when something is missing. */
  end(): boolean {
    if (this.done) return true;
    this.done = this.begun && this.#left === Number.POSITIVE_INFINITY && !this.#decoder;
    return this.done;
  }

  #head(status: number, lines: readonly string[], sink: AnswerSink): boolean {
    const [first = "", ...fields] = lines;
    let flags = 0;
    let length: number | undefined;
    const kept: string[] = [];
    for (const line of fields) {
      const [, name, value = ""] = FIELD.exec(line) ?? [];
      if (name === undefined) return false;
      const lower = name.toLowerCase();
      if (lower === "content-length") {
        if (!/^\d{1,15}$/.test(value) || (length !== undefined && length !== Number(value)))
          return false;
        if (length !== undefined) continue;
        length = Number(value);
        flags |= Flag.length;
      }
      if (lower === "transfer-encoding") {
        if (value.toLowerCase() !== "chunked" || this.#decoder) return false;
        this.#decoder = new ChunkedDecoder();
      }
      if (lower === "date") flags |= Flag.date;
      if (lower === "server") flags |= Flag.server;
      if (!HOP_BY_HOP.test(lower)) kept.push(line);
    }
    if (this.#decoder && length !== undefined) return false; // who is right? (RFC 9112 6.3)
    this.begun = true;
    const reason = /^HTTP\/1\.[01] \d\d\d ?(.*)$/.exec(first)?.[1] ?? "";
    const text = [`${status} ${reason}`, ...kept].map((line) => `${line}\r\n`).join("");
    if (this.#headOnly || status === 204 || status === 304) this.done = true;
    else if (length !== undefined) this.#left = length;
    if (this.#left === 0) this.done = true;
    sink.head(status, flags, Buffer.from(text, "latin1"));
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    return rest.length === 0 || this.done || this.#body(rest, sink);
  }

  #body(data: Buffer, sink: AnswerSink): boolean {
    if (this.done) return true; // nobody waits for more
    if (this.#decoder) {
      const used = this.#decoder.push(data, 0, (piece) => sink.body(piece));
      this.done = this.#decoder.done;
      return used >= 0;
    }
    const part = data.length > this.#left ? data.subarray(0, this.#left) : data;
    this.#left -= part.length;
    if (this.#left === 0) this.done = true;
    sink.body(part);
    return true;
  }
}
