/** A request as another server gets it, over HTTP or the uwsgi protocol. */
import { Buffer } from "node:buffer";

/** How the body of a request goes on to another server. */
export type BodyKind = "none" | "length" | "chunked";

/** Fields that are for this connection only (RFC 9110 7.6.1), or that are written anew. */
const OWN = new Set(
  (
    "CONNECTION KEEP_ALIVE PROXY_CONNECTION PROXY_AUTHENTICATE PROXY_AUTHORIZATION TE TRAILER " +
    "TRANSFER_ENCODING UPGRADE EXPECT X_FORWARDED_FOR CONTENT_LENGTH CONTENT_TYPE"
  ).split(" "),
);
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\t -~\x80-\xff]*$/;

/** The kind of body that a request's variables tell of. */
export function bodyKind(vars: ReadonlyMap<string, string>, whole: boolean): BodyKind {
  if (whole) return "none";
  return (vars.get("CONTENT_LENGTH") ?? "") === "" ? "chunked" : "length";
}

/**
 * The head of an HTTP request, for a connection of its own. HTTP/1.0, as uWSGI has it, so that the answer
 * comes without chunks; only a body whose length nobody knows needs HTTP/1.1.
 * @param to the host and target in place of the request's own
 * @returns undefined when the variables make no request
 */
export function httpHead(
  vars: ReadonlyMap<string, string>,
  to: { readonly host: string | undefined; readonly uri: string | undefined },
  body: BodyKind,
): Buffer | undefined {
  const method = vars.get("REQUEST_METHOD") ?? "";
  if (!TOKEN.test(method)) return undefined;
  const target = (to.uri || vars.get("REQUEST_URI") || "/").replace(
    /[^!-~]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
  const lines = [`${method} ${target} HTTP/1.${body === "chunked" ? 1 : 0}`];
  const dropped = new Set(listOf(vars.get("HTTP_CONNECTION") ?? ""));
  for (const [name, value] of vars) {
    if (!name.startsWith("HTTP_")) continue;
    const field = name.slice(5);
    if (OWN.has(field) || dropped.has(field) || (to.host !== undefined && field === "HOST"))
      continue;
    if (TOKEN.test(field) && VALUE.test(value)) lines.push(`${fieldName(field)}: ${value}`);
  }
  if (to.host !== undefined) lines.push(`Host: ${to.host}`);
  const type = vars.get("CONTENT_TYPE") ?? "";
  if (type !== "" && VALUE.test(type)) lines.push(`Content-Type: ${type}`);
  if (body === "length") lines.push(`Content-Length: ${vars.get("CONTENT_LENGTH")}`);
  if (body === "chunked") lines.push("Transfer-Encoding: chunked");
  const forwarded = [vars.get("HTTP_X_FORWARDED_FOR"), vars.get("REMOTE_ADDR")].filter(Boolean);
  lines.push("Connection: close", `X-Forwarded-For: ${forwarded.join(", ")}`);
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
}

/** Names in a Connection field, as CGI spells them. */
function listOf(field: string): string[] {
  return field.split(",").map((name) => name.trim().toUpperCase().replaceAll("-", "_"));
}

/** `ACCEPT_LANGUAGE` is Accept-Language. */
function fieldName(field: string): string {
  return field
    .split("_")
    .map((word) => word.charAt(0) + word.slice(1).toLowerCase())
    .join("-");
}

/**
 * The packet of a uwsgi request.
 * @returns undefined when the variables do not fit into one
 */
export function uwsgiPacket(
  vars: ReadonlyMap<string, string>,
  modifier1: number,
  modifier2: number,
): Buffer | undefined {
  const pieces: Buffer[] = [];
  for (const [name, value] of vars) {
    if (!name.includes(".")) pieces.push(sized(name), sized(value));
  }
  const block = Buffer.concat(pieces);
  if (block.length > 0xffff) return undefined;
  const head = Buffer.from([modifier1, block.length & 0xff, block.length >> 8, modifier2]);
  return Buffer.concat([head, block]);
}

function sized(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  return Buffer.concat([Buffer.from([bytes.length & 0xff, bytes.length >> 8]), bytes]);
}
