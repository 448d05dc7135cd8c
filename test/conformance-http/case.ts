/** What a case of the tables is: bytes that a client sends, and what must come of them. */

/** Environ variables; undefined: must not be there. */
export type Environ = Readonly<Record<string, string | undefined>>;

/** A request as the application gets it. */
export interface Expected {
  /** Laid over the environ of `GET / HTTP/1.1` with `Host: a`; the result must be equal in every variable. */
  readonly environ: Environ;
  readonly body: string;
}

/** One row. */
export interface HttpCase {
  readonly name: string;
  /** Latin-1. */
  readonly raw: string;
  /** What reaches the application, in order. */
  readonly requests: readonly Expected[];
  /** The status with which the front then refuses what follows. */
  readonly refused?: number;
  /** The connection takes no further request: after a refusal, or because that was asked for. */
  readonly closes: boolean;
  /** The bytes end in the middle of a request: nothing is answered, the connection waits for the rest. */
  readonly partial?: boolean;
}

/** Options of `accepted`. */
export interface More {
  readonly body?: string;
  readonly closes?: boolean;
}

/** One request that reaches the application. */
export function accepted(
  name: string,
  raw: string,
  environ: Environ = {},
  more: More = {},
): HttpCase {
  const requests = [{ environ, body: more.body ?? "" }];
  return { name, raw, requests, closes: more.closes ?? false };
}

/** A request that is refused; the connection ends. */
export function refused(name: string, raw: string, status: number): HttpCase {
  return { name, raw, requests: [], refused: status, closes: true };
}

/** Half of a request. */
export function partial(name: string, raw: string): HttpCase {
  return { name, raw, requests: [], closes: false, partial: true };
}

/** A head with these lines after `GET / HTTP/1.1` and `Host: a`. */
export function get(...lines: string[]): string {
  return head("GET / HTTP/1.1", "Host: a", ...lines);
}

/** A head of these lines. */
export function head(...lines: string[]): string {
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** `POST / HTTP/1.1` with these lines, then a body as it is. */
export function post(lines: readonly string[], body: string): string {
  return head("POST / HTTP/1.1", "Host: a", ...lines) + body;
}

/** `post` with Transfer-Encoding: chunked. */
export function chunks(body: string): string {
  return post(["Transfer-Encoding: chunked"], body);
}

/** The environ of a POST with a body of this length. */
export function posted(length: number, more: Environ = {}): Environ {
  return { REQUEST_METHOD: "POST", CONTENT_LENGTH: String(length), ...more };
}

/** The whole environ that `environ` stands for; see Expected. */
export function wholeEnviron(environ: Environ): Record<string, string> {
  const usual: Environ = {
    REQUEST_METHOD: "GET",
    REQUEST_URI: "/",
    PATH_INFO: "/",
    QUERY_STRING: "",
    SERVER_PROTOCOL: "HTTP/1.1",
    HTTP_HOST: "a",
  };
  const whole: Record<string, string> = {};
  for (const [name, value] of Object.entries({ ...usual, ...environ })) {
    if (value !== undefined) whole[name] = value;
  }
  return whole;
}

/** The request that the tests send behind a case's bytes, and what must come of it if anything. */
export const NEXT = {
  raw: "GET /next HTTP/1.1\r\nHost: next\r\n\r\n",
  expected: {
    environ: { REQUEST_URI: "/next", PATH_INFO: "/next", HTTP_HOST: "next" },
    body: "",
  },
} as const satisfies { raw: string; expected: Expected };

/** Settings that the tables are written for. */
export const LIMITS = { bufferSize: 4096, limitPost: 10_000 } as const;
