/** Answers as bytes: what the front adds to the application's head, and the answers that it gives itself. */

/** Reason phrases of the statuses that the front gives itself; node:http has them all and costs memory. */
const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  301: "Moved Permanently",
  304: "Not Modified",
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  413: "Content Too Large",
  414: "URI Too Long",
  417: "Expectation Failed",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
};

/** What an answer begins with: over HTTP, and in a CGI answer (RFC 3875 6.3.3). The status code follows. */
export const HTTP_PREFIX = Buffer.from("HTTP/1.1 ");
export const CGI_PREFIX = Buffer.from("Status: ");
const LAST_CHUNK = Buffer.from("0\r\n\r\n");
const CRLF = Buffer.from("\r\n");

/**
 * How the connection goes on after an answer, as its head has to say it: `implied` says nothing because
 * HTTP/1.1 keeps connections, `none` because the protocol has no such thing. Numbers index HeadTails.
 */
export const Persistence = { implied: 0, keepAlive: 1, close: 2, none: 3 } as const;
export type Persistence = (typeof Persistence)[keyof typeof Persistence];

/** The end of a head for each Persistence, in its order. */
type Tails = readonly [Buffer, Buffer, Buffer, Buffer];

const SERVER = "Server: tsuwsgi\r\n";

/** What is configured about the fields of answers. */
export interface AnswerFields {
  /** Lines of a head to add to each, `Name: value`, without their ends. */
  readonly added: readonly string[];
  /** Names, in lower case, of fields that an application's head does not keep. */
  readonly removed: readonly string[];
}

const AS_THEY_ARE: AnswerFields = { added: [], removed: [] };

/**
 * The end of a head: Server, Date, what is configured, Connection and the empty line. They change once a second, so they are
 * made once a second (RFC 9110 6.6.1 wants a Date from every server with a clock).
 */
export class HeadTails {
  readonly #server: string;
  #second = -1;
  #both: Tails;
  #dateOnly: Tails;
  readonly #serverOnly: Tails;
  readonly #neither: Tails;
  /** The fields that every head gets, each line with its CRLF. */
  readonly added: string;
  /** Names, in lower case, of what heads do not keep; undefined when that is nothing. */
  readonly removed: ReadonlySet<string> | undefined;

  /** @param server whether answers have a Server field at all; one that is added takes its place */
  constructor(server: boolean, fields = AS_THEY_ARE) {
    const { added, removed } = fields;
    this.added = added.map((line) => `${line}\r\n`).join("");
    this.removed = removed.length > 0 ? new Set(removed) : undefined;
    this.#server = server && !added.some((line) => /^server:/i.test(line)) ? SERVER : "";
    this.#serverOnly = tails(this.#server + this.added);
    this.#neither = tails(this.added);
    this.#both = this.#serverOnly;
    this.#dateOnly = this.#neither;
  }

  /**
   * @param date whether the Date is to be added
   * @param server whether the Server is to be added, if answers have one
   * @param nowMs the clock, milliseconds
   */
  tail(persistence: Persistence, date: boolean, server: boolean, nowMs: number): Buffer {
    if (!date) return (server ? this.#serverOnly : this.#neither)[persistence];
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      const field = `Date: ${new Date(nowMs).toUTCString()}\r\n`;
      this.#both = tails(this.#server + field + this.added);
      this.#dateOnly = tails(field + this.added);
    }
    return (server ? this.#both : this.#dateOnly)[persistence];
  }
}

function tails(fields: string): Tails {
  return [
    Buffer.from(`${fields}\r\n`),
    Buffer.from(`${fields}Connection: keep-alive\r\n\r\n`),
    Buffer.from(`${fields}Connection: close\r\n\r\n`),
    Buffer.from(`${fields}\r\n`),
  ];
}

/**
 * An answer in one piece.
 * @param prefix HTTP_PREFIX or CGI_PREFIX
 * @param head the application's: status code, reason and fields, each line with its CRLF
 * @param framing `Transfer-Encoding: chunked` with its CRLF, or nothing
 */
export function joinAnswer(
  prefix: Buffer,
  head: Buffer,
  framing: Buffer,
  tail: Buffer,
  body: Buffer,
): Buffer {
  const size = prefix.length + head.length + framing.length + tail.length + body.length;
  const answer = Buffer.allocUnsafe(size);
  let at = put(answer, 0, prefix);
  at = put(answer, at, head);
  if (framing.length > 0) at = put(answer, at, framing);
  at = put(answer, at, tail);
  if (body.length > 0) put(answer, at, body);
  return answer;
}

/** Copies `part` to `at`; short ones by hand, because a call to copy costs more than their bytes. */
function put(target: Buffer, at: number, part: Buffer): number {
  const n = part.length;
  if (n > 128) {
    target.set(part, at);
  } else {
    for (let i = 0; i < n; i++) target[at + i] = part[i] as number;
  }
  return at + n;
}

/** The field that announces chunks. */
export const CHUNKED_FIELD = Buffer.from("Transfer-Encoding: chunked\r\n");
/** No framing field. */
export const NO_FIELD = Buffer.alloc(0);

/** One chunk (RFC 9112 7.1); `last` adds the chunk that ends the body. Nothing and last is only that. */
export function chunk(part: Buffer, last: boolean): Buffer {
  if (part.length === 0) return last ? LAST_CHUNK : NO_FIELD;
  const size = Buffer.from(`${part.length.toString(16)}\r\n`);
  return Buffer.concat(last ? [size, part, CRLF, LAST_CHUNK] : [size, part, CRLF]);
}

/** The reason phrase of a status. */
export function reason(status: number): string {
  return REASONS[status] ?? "Unknown";
}

/** The head and body of an answer that the front gives itself, in the form of an application's. */
export function ownAnswer(
  status: number,
  fields: string,
  text = `${status} ${reason(status)}\n`,
): { head: Buffer; body: Buffer } {
  const body = Buffer.from(text);
  const head = `${status} ${reason(status)}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${body.length}\r\n${fields}`;
  return { head: Buffer.from(head, "latin1"), body };
}
