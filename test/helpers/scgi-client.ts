/** A client of SCGI, as nginx's scgi_pass is one. */
import { type CgiAnswer, cgiAnswer } from "./cgi-answer.ts";
import { HttpConnection } from "./http.ts";
import type { Target } from "./target.ts";
import { requestVars, type UwsgiVars } from "./uwsgi-client.ts";

/** A netstring of variables. */
export function scgiHead(vars: UwsgiVars): Buffer {
  const block = Buffer.from(vars.map(([name, value]) => `${name}\0${value}\0`).join(""), "latin1");
  return Buffer.concat([Buffer.from(`${block.length}:`), block, Buffer.from(",")]);
}

/** The variables of a request, CONTENT_LENGTH first; `more` overrides by name. */
export function scgiVars(
  path: string,
  length = 0,
  more: { readonly [name: string]: string } = {},
): UwsgiVars {
  const rest = requestVars(path, { SCGI: "1", ...more }).filter(
    ([name]) => name !== "CONTENT_LENGTH",
  );
  return [["CONTENT_LENGTH", String(length)], ...rest];
}

/** Sends bytes on a connection of their own; what comes until the server closes. */
export async function exchange(target: Target, ...pieces: readonly Uint8Array[]): Promise<Buffer> {
  const connection = await HttpConnection.open(target);
  try {
    for (const piece of pieces) {
      connection.send(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return await connection.closed();
  } finally {
    connection.destroy();
  }
}

/** Sends one request and reads its answer. */
export async function scgiRequest(
  target: Target,
  vars: UwsgiVars,
  body: string | Uint8Array = "",
): Promise<CgiAnswer> {
  return cgiAnswer(await exchange(target, Buffer.concat([scgiHead(vars), Buffer.from(body)])));
}
