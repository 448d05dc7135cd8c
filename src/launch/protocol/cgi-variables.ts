/**
 * The variables of a request as the gateway protocols carry them (uwsgi, FastCGI, SCGI): names and values
 * of CGI (RFC 3875 4.1), which become a marshal environ as they are.
 */
import { EnvironWriter, marshalPair } from "./environ.ts";
import { digits } from "./head-bytes.ts";

const SCHEME_HTTPS = marshalPair("wsgi.url_scheme", "https");
/** What every WSGI application may rely on, should the peer not send it. */
const REQUIRED = ["REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "SERVER_PROTOCOL", "SERVER_PORT"];
const DEFAULTS: Readonly<Record<string, string>> = {
  REQUEST_METHOD: "GET",
  SERVER_PROTOCOL: "HTTP/1.0",
  SERVER_PORT: "80",
};

/**
 * HTTP_PROXY would be read as the proxy to use by CGI-style libraries ("httpoxy"). The others have names
 * without HTTP_ (RFC 3875 4.1.18, PEP 3333), and nginx sends both.
 */
const DROPPED = new Set(["HTTP_PROXY", "HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"]);

/** Takes the variables of one request after the other; the fields tell of the last one. */
export class CgiVariables {
  readonly writer = new EnvironWriter();
  method = "";
  uri = "";
  /** PATH_INFO, as latin-1. */
  path = "";
  protocol = "";
  remoteAddress = "";
  /** Bytes of body that follow; -1 when no variable says it. */
  contentLength = -1;
  readonly #seen = new Set<string>();
  #https = false;

  /**
   * Begins a new environ, which is left open in `writer`.
   * @param bytes that the variables come in
   */
  begin(bytes: number): void {
    this.method = this.uri = this.path = this.protocol = this.remoteAddress = "";
    this.contentLength = -1;
    this.#https = false;
    this.#seen.clear();
    this.writer.begin(bytes);
  }

  /**
   * One variable; its name and value lie in `data` from the first offset up to the second.
   * @returns false when the request cannot be taken: CONTENT_LENGTH is no length
   */
  add(data: Buffer, name: number, nameEnd: number, value: number, valueEnd: number): boolean {
    const { writer } = this;
    const key = data.toString("latin1", name, nameEnd);
    // Names with a dot are WSGI's own (`wsgi.input`), not a peer's to set.
    if (key === "" || key.includes(".") || DROPPED.has(key)) return true;
    this.#seen.add(key);
    if (key === "CONTENT_LENGTH") {
      // Of two the later is the one that the application sees.
      this.contentLength = valueEnd === value ? -1 : digits(data, value, valueEnd);
      if (valueEnd > value && this.contentLength < 0) return false;
    }
    this.#note(key, data, value, valueEnd);
    writer.text(key);
    writer.bytes(data, value, valueEnd);
    writer.count++;
    return true;
  }

  /** Whether the current request has a variable of this name. */
  has(name: string): boolean {
    return this.#seen.has(name);
  }

  /** Adds what the peer did not send. */
  complete(): void {
    for (const name of REQUIRED) {
      if (!this.#seen.has(name)) this.writer.raw(marshalPair(name, DEFAULTS[name] ?? ""));
    }
    if (this.#https) this.writer.raw(SCHEME_HTTPS);
  }

  /** Keeps what the server itself needs. */
  #note(name: string, data: Buffer, start: number, end: number): void {
    switch (name) {
      case "REQUEST_METHOD":
        this.method = data.toString("latin1", start, end);
        break;
      case "REQUEST_URI":
        this.uri = data.toString("latin1", start, end);
        break;
      case "PATH_INFO":
        this.path = data.toString("latin1", start, end);
        break;
      case "SERVER_PROTOCOL":
        this.protocol = data.toString("latin1", start, end);
        break;
      case "REMOTE_ADDR":
        this.remoteAddress = data.toString("latin1", start, end);
        break;
      case "HTTPS": {
        const value = data.toString("latin1", start, end);
        this.#https = value === "on" || value === "1";
        break;
      }
      case "UWSGI_SCHEME":
        this.#https = data.toString("latin1", start, end) === "https";
        break;
    }
  }
}
