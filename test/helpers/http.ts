/** An HTTP/1.1 client over a raw socket: sends any bytes, reads exactly one response at a time. */
import type { Socket } from "node:net";
import { framingOf, type HttpResponse, parseHead, takeBody, values } from "./http-response.ts";
import { open, type Target } from "./target.ts";
import { within } from "./until.ts";

export type { HttpResponse } from "./http-response.ts";

/** One request for `request()` and `HttpConnection.request()`. */
export interface HttpRequest {
  readonly method?: string;
  /** Request target as sent, not encoded. */
  readonly path?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** Sent with Content-Length. */
  readonly body?: string | Uint8Array;
}

/** The connection ended where an answer was to come; the cause is its error, if it met one. */
export class EndedEarly extends Error {}

/** Sends one request on its own connection and returns the response. */
export async function request(target: Target, wanted: HttpRequest = {}): Promise<HttpResponse> {
  const connection = await HttpConnection.open(target);
  try {
    return await connection.request({
      ...wanted,
      headers: [...(wanted.headers ?? []), ["Connection", "close"]],
    });
  } finally {
    connection.destroy();
  }
}

/** A client connection that can be kept open for several requests. */
export class HttpConnection {
  readonly #socket: Socket;
  /** What came and was not read yet, and the buffer that it lies in. */
  #bytes = Buffer.alloc(0);
  #room = this.#bytes;
  #ended = false;
  #error: Error | undefined;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (data) => {
      this.#append(data);
      this.#wake();
    });
    socket.on("end", () => this.#finish());
    socket.on("close", () => this.#finish());
    socket.on("error", (error) => this.#finish(error));
  }

  /** Connects, or fails with the connection's error. */
  static async open(target: Target): Promise<HttpConnection> {
    return new HttpConnection(await open(target));
  }

  /** Sends bytes as they are; text is Latin-1. */
  send(data: string | Uint8Array): void {
    this.#socket.write(typeof data === "string" ? Buffer.from(data, "latin1") : data);
  }

  /** Sends a request with a Host header (unless one is given) and reads its response. */
  async request(wanted: HttpRequest = {}): Promise<HttpResponse> {
    this.send(formatRequest(wanted));
    return this.read(wanted.method);
  }

  /**
   * Reads exactly one final response; bytes after it stay for the next call.
   * @param method of the request that it answers: HEAD has no body
   * @throws Error on bad framing, on an end in the middle, and after 15 s
   */
  async read(method = "GET"): Promise<HttpResponse> {
    const interim: number[] = [];
    for (;;) {
      const head = await this.#take(() => parseHead(this.#bytes), "a response head");
      this.#bytes = this.#bytes.subarray(head.end);
      if (head.status < 200) {
        framingOf(head, method);
        interim.push(head.status);
        continue;
      }
      const framing = framingOf(head, method);
      const { body, end } = await this.#take(
        () => takeBody(this.#bytes, framing, this.#ended),
        `the body of a ${head.status} response`,
      );
      this.#bytes = this.#bytes.subarray(end);
      const { version, status, reason, headers } = head;
      return {
        ...{ version, status, reason, headers, body, interim, framing: framing.kind },
        header: (name) => values(head, name.toLowerCase())[0],
        text: () => body.toString("utf8"),
      };
    }
  }

  /** Waits until the server closes; returns the bytes that came and were not read. Throws on a reset. */
  async closed(): Promise<Buffer> {
    await within(
      "the server to close the connection",
      this.#until(() => this.#ended),
    );
    if (this.#error) throw this.#error;
    return this.#bytes;
  }

  /** Bytes that came and were not read yet. */
  get pending(): Buffer {
    return this.#bytes;
  }

  /** True when the server has closed its side, or the connection is broken. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Half-closes: the server sees the end of the requests. */
  end(): void {
    this.#socket.end();
  }

  /** Stops reading, so that the server meets a full window. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Closes at once; with `reset` by an RST, as a killed client does. */
  destroy(reset = false): void {
    if (reset) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  /** The room doubles, so that a big answer in a thousand pieces is not copied a thousand times. */
  #append(data: Buffer): void {
    const length = this.#bytes.length + data.length;
    let start = this.#bytes.byteOffset - this.#room.byteOffset;
    if (start + length > this.#room.length) {
      this.#room = Buffer.allocUnsafeSlow(2 * length);
      this.#bytes.copy(this.#room);
      start = 0;
    }
    data.copy(this.#room, start + this.#bytes.length);
    this.#bytes = this.#room.subarray(start, start + length);
  }

  #finish(error?: Error): void {
    this.#ended = true;
    this.#error ??= error;
    this.#wake();
  }

  async #take<T>(parse: () => T | undefined, what: string): Promise<T> {
    let found = parse();
    const search = this.#until(() => {
      found ??= parse();
      return found !== undefined || this.#ended;
    });
    await within(what, search);
    found ??= parse();
    if (found !== undefined) return found;
    const got = JSON.stringify(this.#bytes.toString("latin1", 0, 200));
    throw new EndedEarly(`the connection ended before ${what}; got ${got}`, { cause: this.#error });
  }

  async #until(done: () => boolean): Promise<void> {
    while (!done()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** The bytes of a request; a body is announced by Content-Length. */
export function formatRequest(wanted: HttpRequest): Buffer {
  const body = Buffer.from(wanted.body ?? "");
  const headers = [...(wanted.headers ?? [])];
  const has = (name: string) => headers.some(([key]) => key.toLowerCase() === name);
  if (!has("host")) headers.unshift(["Host", "localhost"]);
  if (wanted.body !== undefined) headers.push(["Content-Length", String(body.length)]);
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const head = `${wanted.method ?? "GET"} ${wanted.path ?? "/"} HTTP/1.1\r\n${lines}\r\n`;
  return Buffer.concat([Buffer.from(head, "latin1"), body]);
}
