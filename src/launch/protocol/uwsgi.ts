/**
 * The uwsgi protocol's request packet: a modifier, a u16 size, another modifier, then size bytes of
 * variables, each a u16 length and a name, a u16 length and a value, all little-endian.
 */
import { EnvironWriter, marshalPair } from "./environ.ts";
import { digits } from "./head-bytes.ts";

/** Bytes before the variables. */
export const PACKET_HEADER = 4;

/** What a packet's first four bytes say. */
export interface PacketHead {
  readonly modifier1: number;
  readonly modifier2: number;
  /** Bytes of variables. */
  readonly size: number;
}

/** Reads the first four bytes; undefined when they are not all there. */
export function packetHead(data: Buffer): PacketHead | undefined {
  if (data.length < PACKET_HEADER) return undefined;
  return {
    modifier1: data.readUInt8(0),
    size: data.readUInt16LE(1),
    modifier2: data.readUInt8(3),
  };
}

/** Whether four bytes are the beginning of an HTTP request line: someone took the wrong socket. */
export function looksLikeHttp(data: Buffer): boolean {
  return /^[A-Z]{3,4}|^[A-Z]{3} /.test(data.toString("latin1", 0, PACKET_HEADER));
}

const SCHEME_HTTPS = marshalPair("wsgi.url_scheme", "https");
/** What every WSGI application may rely on, should the peer not send it. */
const REQUIRED = ["REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "SERVER_PROTOCOL", "SERVER_PORT"];
const DEFAULTS: Readonly<Record<string, string>> = {
  REQUEST_METHOD: "GET",
  SERVER_PROTOCOL: "HTTP/1.0",
  SERVER_PORT: "80",
};

/** Reads the variables of one packet after the other; the fields tell of the last one. */
export class PacketParser {
  readonly writer = new EnvironWriter();
  method = "";
  uri = "";
  /** PATH_INFO, as latin-1. */
  path = "";
  protocol = "";
  remoteAddress = "";
  /** Bytes of body that follow; -1 when the packet does not say. */
  contentLength = -1;

  /**
   * Reads the variables into a new environ, which is left open in `writer`.
   * @param vars exactly the packet's variables
   * @returns false when they are not well-formed
   */
  parse(vars: Buffer): boolean {
    const { writer } = this;
    const seen = new Set<string>();
    this.method = this.uri = this.path = this.protocol = this.remoteAddress = "";
    this.contentLength = -1;
    let https = false;
    writer.begin(vars.length);
    let at = 0;
    while (at < vars.length) {
      if (at + 2 > vars.length) return false;
      const nameEnd = at + 2 + vars.readUInt16LE(at);
      if (nameEnd + 2 > vars.length) return false;
      const valueEnd = nameEnd + 2 + vars.readUInt16LE(nameEnd);
      if (valueEnd > vars.length) return false;
      const name = vars.toString("latin1", at + 2, nameEnd);
      at = valueEnd;
      // Names with a dot are WSGI's own (`wsgi.input`), not a peer's to set; HTTP_PROXY would be read as
      // the proxy to use by CGI-style libraries ("httpoxy").
      if (name === "" || name === "HTTP_PROXY" || name.includes(".")) continue;
      const value = vars.toString("latin1", nameEnd + 2, valueEnd);
      seen.add(name);
      if (name === "CONTENT_LENGTH") {
        // Of two the later is the one that the application sees.
        this.contentLength = value === "" ? -1 : digits(vars, nameEnd + 2, valueEnd);
        if (value !== "" && this.contentLength < 0) return false;
      }
      if (name === "HTTPS") https = value === "on" || value === "1";
      else if (name === "UWSGI_SCHEME") https = value === "https";
      this.#note(name, value);
      writer.text(name);
      writer.bytes(vars, nameEnd + 2, valueEnd);
      writer.count++;
    }
    for (const name of REQUIRED) {
      if (!seen.has(name)) writer.raw(marshalPair(name, DEFAULTS[name] ?? ""));
    }
    if (https) writer.raw(SCHEME_HTTPS);
    return true;
  }

  #note(name: string, value: string): void {
    if (name === "REQUEST_METHOD") this.method = value;
    else if (name === "REQUEST_URI") this.uri = value;
    else if (name === "PATH_INFO") this.path = value;
    else if (name === "SERVER_PROTOCOL") this.protocol = value;
    else if (name === "REMOTE_ADDR") this.remoteAddress = value;
  }
}
