/**
 * The head of an HTTP/2 request (RFC 9113 8) as the head of an HTTP/1.1 request, so that one parser makes the
 * environ of both and is as strict with both. nghttp2 has refused most of what is refused here again: nothing
 * in a field may ever end a line.
 */

/** Fields that are about one connection of HTTP/1 (RFC 9113 8.2.2). */
const CONNECTION_FIELDS = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);
const LINE_END = /[\r\n\0]/;
const PSEUDO = new Set([":method", ":scheme", ":authority", ":path"]);

/**
 * The head in HTTP/1.1's form.
 * @param fields names and values in turn, as they came, one character a byte
 * @returns undefined for a request that is malformed (RFC 9113 8.1.1)
 */
export function http1Head(fields: readonly string[]): Buffer | undefined {
  const pseudo = new Map<string, string>();
  const lines: string[] = [];
  let host: string | undefined;
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const name = fields[at] ?? "";
    const value = fields[at + 1] ?? "";
    if (LINE_END.test(name) || LINE_END.test(value)) return undefined;
    if (name.startsWith(":")) {
      if (lines.length > 0 || pseudo.has(name) || !PSEUDO.has(name)) return undefined;
      pseudo.set(name, value);
    } else if (CONNECTION_FIELDS.has(name) || name !== name.toLowerCase()) {
      return undefined;
    } else if (name === "te") {
      if (value.toLowerCase() !== "trailers") return undefined;
      lines.push(`te: ${value}\r\n`);
    } else if (name === "host") {
      if (host !== undefined) return undefined;
      host = value;
    } else {
      lines.push(`${name}: ${value}\r\n`);
    }
  }
  const method = pseudo.get(":method") ?? "";
  const authority = pseudo.get(":authority") ?? host;
  const target = method === "CONNECT" ? authority : pseudo.get(":path");
  if (!authority || target === undefined || !isTarget(method, target)) return undefined;
  // Two names for one request are how one server is made to see another request than the next (8.3.1).
  if (host !== undefined && host.toLowerCase() !== authority.toLowerCase()) return undefined;
  const head = `${method} ${target} HTTP/1.1\r\nhost: ${authority}\r\n${lines.join("")}\r\n`;
  return Buffer.from(head, "latin1");
}

/** A path, or `*`: an absolute target would name another host. Neither part of a request line has a space. */
function isTarget(method: string, target: string): boolean {
  if (method === "" || method.includes(" ") || target.includes(" ")) return false;
  return method === "CONNECT" || target.startsWith("/") || (method === "OPTIONS" && target === "*");
}
