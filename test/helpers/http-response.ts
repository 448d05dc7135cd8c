/** Reads one HTTP/1 response out of bytes, with strict framing: what a picky client would refuse, throws. */

/** A whole response. Header names keep their case; values have no surrounding spaces. */
export interface HttpResponse {
  /** `HTTP/1.1` or `HTTP/1.0`. */
  readonly version: string;
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  readonly framing: Framing["kind"];
  /** Statuses of the 1xx responses that came before. */
  readonly interim: readonly number[];
  /** The first value of a header by any case, or undefined. */
  header(name: string): string | undefined;
  /** The body as UTF-8. */
  text(): string;
}

/** How the end of the body is known (RFC 9112 section 6.3). */
export type Framing =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly length: number }
  | { readonly kind: "chunked" }
  | { readonly kind: "close" };

/** What is known of a response when its head is complete. */
export interface ResponseHead {
  readonly version: string;
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Offset of the first byte after the head. */
  readonly end: number;
}

/** The head at the start of `bytes`; undefined when more is needed. Throws on bad syntax. */
export function parseHead(bytes: Buffer): ResponseHead | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [first = "", ...lines] = bytes.toString("latin1", 0, end).split("\r\n");
  const status = /^(HTTP\/1\.[01]) ([1-5]\d\d) ?([\t\x20-\x7e\x80-\xff]*)$/.exec(first);
  if (!status) throw new Error(`bad status line ${JSON.stringify(first)}`);
  const [, version = "", code = "", reason = ""] = status;
  return { version, status: Number(code), reason, headers: lines.map(parseHeader), end: end + 4 };
}

function parseHeader(line: string): readonly [string, string] {
  const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/.exec(line);
  if (!match) throw new Error(`bad header line ${JSON.stringify(line)}`);
  return [match[1] ?? "", match[2] ?? ""];
}

/** How the body after this head ends. Throws when the head says it twice or wrongly. */
export function framingOf(head: ResponseHead, method: string): Framing {
  const lengths = values(head, "content-length");
  const codings = values(head, "transfer-encoding");
  if (lengths.length + codings.length > 1) throw new Error("more than one framing header");
  const bodiless = head.status < 200 || head.status === 204 || head.status === 304;
  if ((head.status < 200 || head.status === 204) && lengths.length + codings.length > 0) {
    throw new Error(`framing header in a ${head.status} response`);
  }
  if (bodiless || method === "HEAD") return { kind: "none" };
  const [coding] = codings;
  if (coding !== undefined) {
    if (coding.toLowerCase() !== "chunked") throw new Error(`transfer coding ${coding}`);
    return { kind: "chunked" };
  }
  const [length] = lengths;
  if (length === undefined) return { kind: "close" };
  if (!/^\d+$/.test(length)) throw new Error(`bad Content-Length ${JSON.stringify(length)}`);
  return { kind: "length", length: Number(length) };
}

/** All values of a header, by lower-case name. */
export function values(head: Pick<ResponseHead, "headers">, name: string): string[] {
  return head.headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
}

/**
 * The body at the start of `bytes`; undefined when more is needed. Throws on bad chunks.
 * @returns the content and the offset of the first byte after the body
 */
export function takeBody(
  bytes: Buffer,
  framing: Framing,
  ended: boolean,
): { body: Buffer; end: number } | undefined {
  switch (framing.kind) {
    case "none":
      return { body: Buffer.alloc(0), end: 0 };
    case "length":
      if (bytes.length < framing.length) return undefined;
      return { body: bytes.subarray(0, framing.length), end: framing.length };
    case "close":
      return ended ? { body: bytes, end: bytes.length } : undefined;
    case "chunked":
      return takeChunks(bytes);
  }
}

function takeChunks(bytes: Buffer): { body: Buffer; end: number } | undefined {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd < 0) return undefined;
    const line = bytes.toString("latin1", at, lineEnd);
    if (!/^[0-9A-Fa-f]{1,8}$/.test(line)) throw new Error(`bad chunk size ${JSON.stringify(line)}`);
    const size = Number.parseInt(line, 16);
    const next = lineEnd + 2 + size;
    if (bytes.length < next + 2) return undefined;
    if (bytes.toString("latin1", next, next + 2) !== "\r\n")
      throw new Error("chunk without its CRLF");
    if (size === 0) return { body: Buffer.concat(parts), end: next + 2 };
    parts.push(bytes.subarray(lineEnd + 2, next));
    at = next + 2;
  }
}
