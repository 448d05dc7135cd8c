/**
 * The head of an HTTP/1.x request, from bytes to a WSGI environ, without a string in between.
 *
 * Strict where leniency lets two parsers see two requests (RFC 9112 2.2, 3, 5, 6, 11.2): lines end in
 * CRLF; no whitespace before a colon or at the start of a field line; names are tokens, values have no
 * control characters; Content-Length is one run of digits, once, and never beside Transfer-Encoding; the
 * only coding is chunked. Anything else is refused with the status that fits, and the connection closed.
 */
import { EnvironWriter, marshalText } from "./environ.ts";
import { FieldNames, type KnownName, Meaning } from "./field-names.ts";
import {
  digits,
  hashOf,
  range,
  sameBytes,
  TOKEN as TOKENS,
  table,
  VALUE as VALUES,
  withoutBlanks,
} from "./head-bytes.ts";

/** Statuses with which a head can be refused. */
export type HeadProblem = 400 | 414 | 417 | 431 | 501 | 505;

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;
const COLON = 0x3a;
const QUESTION = 0x3f;
const PERCENT = 0x25;
const SLASH = 0x2f;

// A module's own constants are part of its optimized code; imported ones are loaded at every use.
const TOKEN = TOKENS;
const VALUE = VALUES;
/** 1: allowed in a host and its port (RFC 3986 3.2.2): no user, no path, nothing that needs an escape. */
const HOST = table(
  "!$%&'()*+,-.:;=[]_~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
);
/** 1: allowed in a request target: visible ASCII but `#`; bytes from 0x80 on come from real clients. */
const TARGET = range([0x21, 0x22], [0x24, 0x7e], [0x80, 0xff]);

const METHODS = new Map(
  ["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"].map((text) => [
    hashOf(Buffer.from(text)),
    { text, bytes: Buffer.from(text), value: marshalText(text) },
  ]),
);
const KEY_HOST = marshalText("HTTP_HOST");
const KEY_METHOD = marshalText("REQUEST_METHOD");
const KEY_PATH = marshalText("PATH_INFO");
const KEY_QUERY = marshalText("QUERY_STRING");
const KEY_URI = marshalText("REQUEST_URI");
const HTTP_11 = Buffer.concat([marshalText("SERVER_PROTOCOL"), marshalText("HTTP/1.1")]);
const HTTP_10 = Buffer.concat([marshalText("SERVER_PROTOCOL"), marshalText("HTTP/1.0")]);
const SCHEME_HTTPS = Buffer.concat([marshalText("wsgi.url_scheme"), marshalText("https")]);
const EMPTY = Buffer.alloc(0);

/**
 * Parses one head after the other; the fields tell of the last one. The environ is left open in `writer`:
 * the caller adds what the connection knows and ends it.
 */
export class HeadParser {
  readonly writer = new EnvironWriter();
  method = "";
  /** Offset behind the head's empty line. */
  end = 0;
  /** Offsets of the request target within the bytes that were parsed. */
  targetStart = 0;
  targetEnd = 0;
  /** Offsets of the path: the origin-form target up to its query, or that part of an absolute one. */
  pathStart = 0;
  pathEnd = 0;
  http10 = false;
  keepAlive = true;
  /** Bytes; -1 when the head has no Content-Length. */
  contentLength = -1;
  chunked = false;
  expectContinue = false;
  /** The scheme that X-Forwarded-Proto names: whether to believe it is for the caller. */
  forwardedHttps = false;

  readonly #names = new FieldNames();
  #serial = 0;
  /** Host fields of the current head. */
  #hosts = 0;
  /** The target named the host already. */
  #absolute = false;
  /** `Connection: close` was there, which no keep-alive takes back (RFC 9112 9.3). */
  #closes = false;
  #repeated: KnownName[] = [];
  #problem: HeadProblem | 0 = 0;

  /**
   * Parses the head in `data` from `start` on.
   * @param end behind an empty line; the head may end before, see `this.end`
   * @returns 0, or the status to refuse it with
   */
  parse(data: Buffer, start: number, end: number): HeadProblem | 0 {
    this.#serial++;
    this.#hosts = 0;
    this.#absolute = false;
    this.#closes = false;
    this.method = "";
    this.#names.nextHead();
    this.#repeated.length = 0;
    this.#problem = 0;
    this.contentLength = -1;
    this.chunked = false;
    this.expectContinue = false;
    this.forwardedHttps = false;
    this.writer.begin(end - start);
    let at = this.#requestLine(data, start);
    while (at > 0 && data[at] !== CR) at = this.#field(data, at);
    if (at > 0 && data[at + 1] !== LF) return 400;
    this.end = at + 2;
    if (this.#problem !== 0) return this.#problem;
    if (this.#repeated.length > 0) this.#combine(data, start, this.end);
    return this.#framing();
  }

  /** Reads `METHOD SP target SP HTTP/1.x CRLF`; returns the offset behind it, 0 for a problem. */
  #requestLine(data: Buffer, start: number): number {
    const { writer } = this;
    let at = start;
    let hash = 5381;
    while (TOKEN[data[at] as number] === 1)
      hash = Math.imul(hash, 33) ^ ((data[at++] as number) | 0x20);
    if (at === start || data[at] !== SPACE) return this.#refuse(400);
    const known = METHODS.get(hash);
    // The hash folds case; methods do not (RFC 9110 9.1).
    if (known !== undefined && sameBytes(known.bytes, data, start, at)) {
      this.method = known.text;
      writer.raw(KEY_METHOD);
      writer.raw(known.value);
    } else {
      this.method = data.toString("latin1", start, at);
      if (this.method === "CONNECT") return this.#refuse(501);
      writer.raw(KEY_METHOD);
      writer.bytes(data, start, at);
    }
    const target = ++at;
    let query = -1;
    let percent = false;
    for (; ; at++) {
      const byte = data[at] as number;
      if (TARGET[byte] !== 1) break;
      if (byte === QUESTION && query < 0) query = at;
      else if (byte === PERCENT && query < 0) percent = true;
    }
    if (data[at] !== SPACE || at === target) return this.#refuse(400);
    this.targetStart = target;
    this.targetEnd = at;
    const version = at + 1;
    if (
      data.readUInt32BE(version) !== 0x48545450 || // HTTP
      data[version + 4] !== SLASH ||
      data[version + 6] !== 0x2e ||
      data[version + 8] !== CR ||
      data[version + 9] !== LF
    ) {
      return this.#refuse(400);
    }
    if (data[version + 5] !== 0x31) return this.#refuse(505);
    this.http10 = data[version + 7] === 0x30;
    if (!this.http10 && data[version + 7] !== 0x31) return this.#refuse(505);
    this.keepAlive = !this.http10;
    if (!this.#target(data, target, at, query, percent)) return 0;
    writer.raw(this.http10 ? HTTP_10 : HTTP_11);
    writer.count = 5;
    return version + 10;
  }

  #target(data: Buffer, start: number, end: number, query: number, percent: boolean): boolean {
    const { writer } = this;
    let from = start;
    let pathEnd = query < 0 ? end : query;
    if (data[start] !== SLASH) {
      if (data[start] === 0x2a && end === start + 1 && this.method === "OPTIONS") {
        // `*`: the server as a whole; WSGI has no name for it but the path itself.
      } else {
        from = this.#authority(data, start, pathEnd);
        if (from === 0) return false;
        if (from === pathEnd) {
          // No path is `/` (RFC 9110 4.2.3): the first one of the scheme's stands for it.
          from = data.indexOf(SLASH, start);
          pathEnd = from + 1;
        }
      }
    }
    writer.raw(KEY_URI);
    writer.bytes(data, start, end);
    this.pathStart = from;
    this.pathEnd = pathEnd;
    writer.raw(KEY_PATH);
    if (percent) writer.decoded(data, from, pathEnd);
    else writer.bytes(data, from, pathEnd);
    writer.raw(KEY_QUERY);
    if (query < 0) writer.bytes(EMPTY, 0, 0);
    else writer.bytes(data, query + 1, end);
    return true;
  }

  /** An absolute-form target: its authority stands for Host (RFC 9112 3.2.2). Returns where the path begins. */
  #authority(data: Buffer, start: number, end: number): number {
    const scheme = /^https?:\/\//i.exec(data.toString("latin1", start, Math.min(end, start + 8)));
    if (scheme === null) return this.#refuse(400);
    const host = start + scheme[0].length;
    const slash = data.subarray(0, end).indexOf(SLASH, host);
    const hostEnd = slash < 0 ? end : slash;
    // A host without a name is none (RFC 9110 4.2.1).
    if (host === hostEnd || data[host] === COLON || !isHost(data, host, hostEnd)) {
      return this.#refuse(400);
    }
    this.#absolute = true;
    this.writer.raw(KEY_HOST);
    this.writer.bytes(data, host, hostEnd);
    return hostEnd;
  }

  /** Reads one field line at `at`; returns the offset behind it, 0 for a problem. */
  #field(data: Buffer, start: number): number {
    const { writer } = this;
    let at = start;
    let hash = 5381;
    let byte = data[at] as number;
    while (TOKEN[byte] === 1) {
      // Folding with 0x20 also maps some other characters on each other; names are compared below.
      hash = Math.imul(hash, 33) ^ (byte | 0x20);
      byte = data[++at] as number;
    }
    if (byte !== COLON || at === start) return this.#refuse(400);
    const known = this.#names.find(hash, data, start, at);
    byte = data[++at] as number;
    while (byte === SPACE || byte === TAB) byte = data[++at] as number;
    const valueStart = at;
    while (VALUE[byte] === 1) byte = data[++at] as number;
    if (byte !== CR || data[at + 1] !== LF) return this.#refuse(400);
    let valueEnd = at;
    while (valueEnd > valueStart && (data[valueEnd - 1] === SPACE || data[valueEnd - 1] === TAB)) {
      valueEnd--;
    }
    if (known.seen === this.#serial) {
      if (known.meaning <= Meaning.dropped && known.meaning !== Meaning.plain) {
        if (!this.#repeatedSpecial(known)) return 0;
      }
      if (known.repeated !== this.#serial) {
        known.repeated = this.#serial;
        this.#repeated.push(known);
      }
      return at + 2;
    }
    known.seen = this.#serial;
    if (
      known.meaning !== Meaning.plain &&
      !this.#special(known.meaning, data, valueStart, valueEnd)
    ) {
      return this.#problem === 0 ? at + 2 : 0;
    }
    writer.raw(known.key);
    writer.bytes(data, valueStart, valueEnd);
    writer.count++;
    return at + 2;
  }

  /** Acts on a field that the server itself needs; false when the application does not get it. */
  #special(meaning: number, data: Buffer, start: number, end: number): boolean {
    switch (meaning) {
      case Meaning.host:
        this.#hosts = 1;
        if (!isHost(data, start, end)) this.#refuse(400);
        return this.#problem === 0 && !this.#absolute;
      case Meaning.contentLength:
        this.contentLength = digits(data, start, end);
        if (this.contentLength < 0) this.#refuse(400);
        return this.contentLength >= 0;
      case Meaning.transferEncoding:
        if (this.http10) this.#refuse(400);
        else if (data.toString("latin1", start, end).toLowerCase() === "chunked")
          this.chunked = true;
        else this.#refuse(501);
        // What reaches the application is already decoded.
        return false;
      case Meaning.connection:
        this.#connection(data.toString("latin1", start, end));
        return true;
      case Meaning.expect:
        if (data.toString("latin1", start, end).toLowerCase() === "100-continue") {
          this.expectContinue = !this.http10;
        } else {
          this.#refuse(417);
        }
        return true;
      case Meaning.dropped:
        return false;
      case Meaning.forwardedProto:
        this.forwardedHttps = data.toString("latin1", start, end).toLowerCase() === "https";
        return true;
      default:
        return true;
    }
  }

  #connection(value: string): void {
    for (const option of value.toLowerCase().split(",")) {
      const token = withoutBlanks(option);
      if (token === "close") this.#closes = true;
      else if (token === "keep-alive" && this.http10) this.keepAlive = true;
    }
    if (this.#closes) this.keepAlive = false;
  }

  /** A second field of a kind that the server itself reads; false when that is refused. */
  #repeatedSpecial(known: KnownName): boolean {
    switch (known.meaning) {
      case Meaning.dropped:
      case Meaning.connection:
        return true;
      default:
        this.#refuse(400);
        return false;
    }
  }

  /** Fields that came more than once are one value for WSGI: joined by a comma, cookies by a semicolon. */
  #combine(data: Buffer, start: number, end: number): void {
    // Once over the lines for all names: a head of nothing but repeats is not to cost its square.
    const found = new Map<string, string[]>();
    for (const known of this.#repeated) {
      if (known.meaning !== Meaning.dropped)
        found.set(Buffer.from(known.name).toString("latin1"), []);
    }
    for (const line of data.toString("latin1", start, end).split("\r\n").slice(1)) {
      const colon = line.indexOf(":");
      found.get(line.slice(0, colon).toLowerCase())?.push(withoutBlanks(line.slice(colon + 1)));
    }
    for (const known of this.#repeated) {
      const values = found.get(Buffer.from(known.name).toString("latin1"));
      if (values === undefined) continue;
      if (known.meaning === Meaning.connection) for (const value of values) this.#connection(value);
      if (known.meaning === Meaning.forwardedProto) this.forwardedHttps = false;
      this.writer.raw(known.key); // the later of two equal keys wins in a marshal dict
      this.writer.text(values.join(known.meaning === Meaning.cookie ? "; " : ", "));
    }
  }

  /** The rules that need the whole head. */
  #framing(): HeadProblem | 0 {
    if (this.#hosts === 0 && !this.http10) return 400;
    if (this.chunked && this.contentLength >= 0) return 400;
    return 0;
  }

  /** Tells the application that the client spoke https to a proxy that is trusted. */
  writeHttpsScheme(): void {
    this.writer.raw(SCHEME_HTTPS);
  }

  #refuse(status: HeadProblem): 0 {
    this.#problem = status;
    return 0;
  }
}

function isHost(data: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (HOST[data[i] as number] !== 1) return false;
  return true;
}
