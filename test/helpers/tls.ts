/** TLS clients for tests. Nothing is verified here: what the server shows is looked at by the tests. */
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { formatRequest, type HttpRequest } from "./http.ts";
import { within } from "./until.ts";

/** A connection whose handshake is done, or the error that it met. */
export function openTls(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  return within(
    "the TLS handshake",
    new Promise((resolve, reject) => {
      const socket = connect(
        { host: "127.0.0.1", port, rejectUnauthorized: false, ...options },
        () => resolve(socket),
      );
      socket.once("error", reject);
    }),
  );
}

/** All that comes on a connection until its end; an error of it is the failure. */
export function allOf(socket: TLSSocket): Promise<string> {
  return within(
    "the server to close the connection",
    new Promise((resolve, reject) => {
      const parts: Buffer[] = [];
      socket.on("data", (part: Buffer) => parts.push(part));
      socket.once("error", reject);
      socket.once("close", () => resolve(Buffer.concat(parts).toString("latin1")));
    }),
  );
}

/** One request over TLS; the whole answer as text. */
export async function tlsRequest(
  port: number,
  wanted: HttpRequest = {},
  options: ConnectionOptions = {},
): Promise<string> {
  const socket = await openTls(port, options);
  const headers = [...(wanted.headers ?? []), ["Connection", "close"] as const];
  socket.write(formatRequest({ ...wanted, headers }));
  return await allOf(socket);
}

/** The JSON body of an answer. */
export function jsonOf(answer: string): { readonly [name: string]: unknown } {
  return JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4));
}
