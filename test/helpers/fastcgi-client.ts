/** A client of FastCGI, as nginx's fastcgi_pass is one. */
import type { Socket } from "node:net";
import { open, type Target } from "./target.ts";
import { within } from "./until.ts";
import { requestVars, type UwsgiVars } from "./uwsgi-client.ts";

/** A record as it comes. */
export interface FastcgiRecord {
  readonly type: number;
  readonly id: number;
  readonly content: Buffer;
}

/** What a request came to. */
export interface FastcgiAnswer {
  /** All of STDOUT. */
  readonly output: Buffer;
  /** Bytes of the longest STDOUT record. */
  readonly longest: number;
  /** END_REQUEST's. */
  readonly protocolStatus: number;
}

/** One record. */
export function record(
  type: number,
  id: number,
  content: string | Uint8Array = "",
  padding = 0,
): Buffer {
  const bytes = Buffer.from(content);
  const head = Buffer.from([
    1,
    type,
    id >> 8,
    id & 255,
    bytes.length >> 8,
    bytes.length & 255,
    padding,
    0,
  ]);
  return Buffer.concat([head, bytes, Buffer.alloc(padding)]);
}

/** The record that begins a request. */
export function begin(id = 1, keep = false, role = 1): Buffer {
  return record(1, id, Uint8Array.of(role >> 8, role & 255, keep ? 1 : 0, 0, 0, 0, 0, 0));
}

/** Name-value pairs; `wide` writes all lengths in four bytes. */
export function pairs(vars: UwsgiVars, wide = false): Buffer {
  const sized = (bytes: Buffer) => {
    if (bytes.length < 128 && !wide) return Buffer.of(bytes.length);
    const four = Buffer.alloc(4);
    four.writeUInt32BE(bytes.length + 0x80000000);
    return four;
  };
  return Buffer.concat(
    vars.flatMap(([name, value]) => {
      const both = [Buffer.from(name, "latin1"), Buffer.from(value, "latin1")];
      return [...both.map(sized), ...both];
    }),
  );
}

/** The variables of a request with a body; `more` overrides by name. */
export function bodyVars(
  path: string,
  length: number | "",
  more: { readonly [name: string]: string } = {},
): UwsgiVars {
  return requestVars(path, { REQUEST_METHOD: "POST", CONTENT_LENGTH: String(length), ...more });
}

/** All records of a request. */
export function fastcgiRequest(
  vars: UwsgiVars,
  body: string | Uint8Array = "",
  { id = 1, keep = false, padding = 0, wide = false, recordBytes = 65_535 } = {},
): Buffer {
  const content = Buffer.from(body);
  const parts = [begin(id, keep), record(4, id, pairs(vars, wide), padding), record(4, id)];
  for (let at = 0; at < content.length; at += recordBytes)
    parts.push(record(5, id, content.subarray(at, at + recordBytes), padding));
  return Buffer.concat([...parts, record(5, id)]);
}

/** A connection to a FastCGI server. */
export class FastcgiConnection {
  readonly #socket: Socket;
  #bytes = Buffer.alloc(0);
  #ended = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (data) => {
      this.#bytes = Buffer.concat([this.#bytes, data]);
      this.#wake();
    });
    const finish = () => {
      this.#ended = true;
      this.#wake();
    };
    socket.on("end", finish).on("close", finish).on("error", finish);
  }

  static async open(target: Target): Promise<FastcgiConnection> {
    return new FastcgiConnection(await open(target));
  }

  send(bytes: string | Uint8Array): void {
    this.#socket.write(bytes);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** The next record; undefined when the server has closed instead. */
  async record(): Promise<FastcgiRecord | undefined> {
    const length = () =>
      this.#bytes.length < 8
        ? Number.POSITIVE_INFINITY
        : 8 + this.#bytes.readUInt16BE(4) + this.#bytes.readUInt8(6);
    await within(
      "a record",
      this.#until(() => this.#ended || this.#bytes.length >= length()),
    );
    const whole = length();
    if (this.#bytes.length < whole) {
      if (this.#bytes.length > 0)
        throw new Error(`half a record: ${this.#bytes.toString("latin1", 0, 100)}`);
      return undefined;
    }
    const bytes = this.#bytes;
    this.#bytes = bytes.subarray(whole);
    if (bytes[0] !== 1) throw new Error(`version ${bytes[0]}`);
    const content = bytes.subarray(8, 8 + bytes.readUInt16BE(4));
    return { type: bytes.readUInt8(1), id: bytes.readUInt16BE(2), content };
  }

  /** Reads up to END_REQUEST of one request. Throws at anything else, and at an end in the middle. */
  async answer(id = 1): Promise<FastcgiAnswer> {
    const parts: Buffer[] = [];
    let closed = false;
    for (;;) {
      const next = await this.record();
      if (next === undefined) throw new Error("the connection ended in the middle of an answer");
      if (next.id !== id) throw new Error(`a record of request ${next.id}`);
      if (next.type === 6 && !closed) {
        closed = next.content.length === 0;
        parts.push(next.content);
      } else if (next.type === 3) {
        const longest = Math.max(0, ...parts.map((part) => part.length));
        return { output: Buffer.concat(parts), longest, protocolStatus: next.content.readUInt8(4) };
      } else throw new Error(`a record of type ${next.type}`);
    }
  }

  /** Bytes that came until the server closed. */
  async closed(): Promise<Buffer> {
    await within(
      "the server to close the connection",
      this.#until(() => this.#ended),
    );
    return this.#bytes;
  }

  async #until(done: () => boolean): Promise<void> {
    while (!done()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
