/** An HTTP/2 client for tests, on Node's own, and frames byte by byte for what that refuses to send. */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type OutgoingHttpHeaders,
} from "node:http2";
import type { TLSSocket } from "node:tls";
import { openTls } from "./tls.ts";
import { within } from "./until.ts";

/** An answer. */
export interface Http2Answer {
  readonly headers: { readonly [name: string]: unknown };
  readonly status: number;
  readonly body: Buffer;
  /** Error code of the reset, 0 when there was none. */
  readonly code: number;
}

/** A session that trusts anybody; its errors are its end. */
export function openHttp2(port: number): Promise<ClientHttp2Session> {
  const session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
  return within(
    "an HTTP/2 session",
    new Promise((resolve, reject) => {
      session.once("connect", () => {
        session.on("error", () => {});
        resolve(session);
      });
      session.once("error", reject);
    }),
  );
}

/** Begins a request; the stream is for its body. */
export function begin(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  endStream = false,
): ClientHttp2Stream {
  const stream = session.request({ ":method": "GET", ":path": "/", ...headers }, { endStream });
  stream.on("error", () => {});
  return stream;
}

/** What comes of a stream until its end. */
export function answerOf(stream: ClientHttp2Stream): Promise<Http2Answer> {
  const parts: Buffer[] = [];
  let headers: { readonly [name: string]: unknown } = {};
  stream.on("response", (given) => {
    headers = given;
  });
  stream.on("data", (part: Buffer) => parts.push(part));
  return within(
    "the end of a stream",
    new Promise((resolve) => {
      stream.once("close", () => {
        const status = Number(headers[":status"] ?? 0);
        resolve({ headers, status, body: Buffer.concat(parts), code: stream.rstCode });
      });
    }),
  );
}

/** One request and its answer. */
export function ask(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  body: string | Buffer = "",
): Promise<Http2Answer> {
  const stream = begin(session, headers, body === "");
  const answer = answerOf(stream);
  if (body !== "") stream.end(body);
  return answer;
}

/** Types of frames (RFC 9113 6). */
export const Frame = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  continuation: 9,
} as const;
export const Flags = { endStream: 1, endHeaders: 4 } as const;

/** One frame. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A header block of literals that are not indexed (RFC 7541 6.2.2). */
export function literals(fields: readonly (readonly [string, string])[]): Buffer {
  const text = (value: string) => {
    const bytes = Buffer.from(value, "latin1");
    if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
    const rest: number[] = [];
    let size = bytes.length - 127;
    for (; size >= 128; size >>= 7) rest.push((size & 127) | 128);
    return Buffer.concat([Buffer.from([127, ...rest, size]), bytes]);
  };
  return Buffer.concat(
    fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]),
  );
}

/** A usual request's fields. */
export const usualFields = (path = "/", method = "GET") =>
  [
    [":method", method],
    [":scheme", "https"],
    [":path", path],
    [":authority", "x"],
  ] as const;

/** A connection on which the preface and empty SETTINGS were sent. */
export async function openRawHttp2(port: number): Promise<TLSSocket> {
  const socket = await openTls(port, { ALPNProtocols: ["h2"] });
  socket.on("error", () => {});
  socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  socket.write(frame(Frame.settings, 0, 0));
  return socket;
}

/** A frame that came. */
export interface CameFrame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** All frames until the connection's end. */
export function framesOf(socket: TLSSocket): {
  readonly came: CameFrame[];
  readonly end: Promise<void>;
} {
  const came: CameFrame[] = [];
  let bytes: Buffer = Buffer.alloc(0);
  socket.on("data", (data: Buffer) => {
    bytes = Buffer.concat([bytes, data]);
    while (bytes.length >= 9 && bytes.length >= 9 + bytes.readUIntBE(0, 3)) {
      const end = 9 + bytes.readUIntBE(0, 3);
      const stream = bytes.readUInt32BE(5) & 0x7fffffff;
      came.push({
        type: bytes.readUInt8(3),
        flags: bytes.readUInt8(4),
        stream,
        payload: bytes.subarray(9, end),
      });
      bytes = bytes.subarray(end);
    }
  });
  const end = within(
    "the end of the connection",
    new Promise<void>((resolve) => socket.once("close", () => resolve())),
  );
  end.catch(() => {}); // not every test waits for it
  return { came, end };
}
