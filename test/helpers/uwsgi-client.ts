/** A client of the uwsgi protocol, as nginx's uwsgi_pass is one. */
import { HttpConnection, type HttpResponse } from "./http.ts";
import type { Target } from "./target.ts";

/** A request's variables, in order, as they go into the packet. */
export type UwsgiVars = readonly (readonly [name: string, value: string])[];

/**
 * The bytes of a uwsgi packet: modifier1, the size of the block as 16 bits little-endian,
 * modifier2, then for every variable the lengths (16 bits, little-endian) and bytes of name and value.
 * @param size overrides the size in the header, to send a wrong one
 */
export function packet(vars: UwsgiVars, modifier1 = 0, modifier2 = 0, size?: number): Buffer {
  const block = Buffer.concat(vars.flat().map(sized));
  const head = Buffer.alloc(4);
  head.writeUInt8(modifier1, 0);
  head.writeUInt16LE(size ?? block.length, 1);
  head.writeUInt8(modifier2, 3);
  return Buffer.concat([head, block]);
}

function sized(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  const length = Buffer.alloc(2);
  length.writeUInt16LE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** The variables that nginx sends for a request without a body; `more` overrides by name. */
export function requestVars(
  path: string,
  more: { readonly [name: string]: string } = {},
): UwsgiVars {
  const [pathInfo = "", ...query] = path.split("?");
  const usual = {
    QUERY_STRING: query.join("?"),
    REQUEST_METHOD: "GET",
    CONTENT_TYPE: "",
    CONTENT_LENGTH: "",
    REQUEST_URI: path,
    PATH_INFO: pathInfo,
    DOCUMENT_ROOT: "/usr/share/nginx/html",
    SERVER_PROTOCOL: "HTTP/1.1",
    REQUEST_SCHEME: "http",
    REMOTE_ADDR: "127.0.0.1",
    REMOTE_PORT: "50000",
    SERVER_PORT: "80",
    SERVER_NAME: "localhost",
    HTTP_HOST: "localhost",
  };
  return Object.entries({ ...usual, ...more });
}

/** Sends one request, a connection each as the protocol has it, and reads the response. */
export async function uwsgiRequest(
  target: Target,
  vars: UwsgiVars,
  body: string | Uint8Array = "",
): Promise<HttpResponse> {
  const connection = await HttpConnection.open(target);
  try {
    connection.send(Buffer.concat([packet(vars), Buffer.from(body)]));
    const method = vars.find(([name]) => name === "REQUEST_METHOD")?.[1];
    return await connection.read(method);
  } finally {
    connection.destroy();
  }
}
