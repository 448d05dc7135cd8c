/** An application's head as the fields of an HTTP/2 answer. */

/** Fields that HTTP/2 does not have (RFC 9113 8.2.2). */
const DROPPED = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);
/** Fields that may come several times with a meaning; of all others Node takes only lists of values. */
const SEVERAL_NOT_ALLOWED = new Set([
  "access-control-allow-credentials",
  "access-control-max-age",
  "access-control-request-method",
  "age",
  "authorization",
  "content-encoding",
  "content-language",
  "content-length",
  "content-location",
  "content-md5",
  "content-range",
  "content-type",
  "date",
  "dnt",
  "etag",
  "expires",
  "from",
  "host",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "last-modified",
  "location",
  "max-forwards",
  "proxy-authorization",
  "range",
  "referer",
  "retry-after",
  "tk",
  "upgrade-insecure-requests",
  "user-agent",
  "x-content-type-options",
]);

/** Values by name in lower case, in the order in which they stood. */
export type Fields = Record<string, string | string[]>;

/**
 * The fields of a head.
 * @param head status code, reason and fields, each line with its CRLF, as `joinAnswer` takes it
 */
export function http2Fields(head: Buffer): { readonly fields: Fields; readonly count: number } {
  const fields = new Map<string, string | string[]>();
  let count = 0;
  for (const line of head.toString("latin1").split("\r\n").slice(1)) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const name = line.slice(0, colon).toLowerCase();
    if (DROPPED.has(name)) continue;
    count++;
    const value = line.slice(colon + 1).trim();
    const before = fields.get(name);
    // Node refuses more than one of these; a browser takes the last of several Content-Types, too.
    if (before === undefined || SEVERAL_NOT_ALLOWED.has(name)) fields.set(name, value);
    else if (typeof before === "string") fields.set(name, [before, value]);
    else before.push(value);
  }
  return { fields: Object.fromEntries(fields), count };
}
