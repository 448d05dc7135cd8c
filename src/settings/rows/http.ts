/** Rows of the option table. HTTP: whom to believe, how long clients may take, fields of answers. */
import {
  addHeader,
  httpKeepalive,
  longestSeconds,
  manageExpect,
  remHeader,
  trustedProxy,
} from "../apply/http.ts";
import type { HonouredOption } from "../option.ts";
import { flag, integer, text, within } from "../option.ts";

const seconds = { maximum: longestSeconds } as const;

/** In the order of the documentation. */
export const httpRows: readonly HonouredOption[] = [
  text({
    name: "trusted-proxy",
    summary: "Peer that is believed about its clients; without it those on this machine are.",
    expected: "an address, a network such as `10.0.0.0/8`, `unix`, `loopback` or `*`",
    repeats: true,
    apply: trustedProxy,
  }),
  flag(
    "enable-proxy-protocol",
    within("http", "proxyProtocol"),
    "Expect a PROXY header, version 1 or 2, at the start of each connection to an HTTP socket.",
  ),
  flag(
    "http-enable-proxy-protocol",
    within("http", "routerProxyProtocol"),
    "Expect a PROXY header, version 1 or 2, at the start of each connection to a socket of `http`.",
  ),
  text({
    name: "http-keepalive",
    summary:
      "Seconds that a connection to a socket of `http` may be idle between two requests; 75 for 0 and 1.",
    expected: "a number of seconds",
    bare: "1",
    mayBeEmpty: true,
    apply: httpKeepalive,
  }),
  integer(
    "http-timeout",
    within("http", "timeout"),
    { minimum: 0, ...seconds, default: 0 },
    "Seconds of silence of a client or the application, sockets of `http`; 0: 60, and no limit.",
    "seconds",
  ),
  integer(
    "http-headers-timeout",
    within("http", "headersTimeout"),
    { minimum: 0, ...seconds, default: 0 },
    "Seconds that a request's head may take, sockets of `http`; 0 is http-timeout, or 30.",
    "seconds",
  ),
  integer(
    "socket-timeout",
    within("http", "socketTimeout"),
    { minimum: 1, ...seconds, default: 60 },
    "Seconds of silence of a client, and for a head (without it 30), sockets other than `http`.",
    "seconds",
  ),
  text({
    name: "http-manage-expect",
    summary: "Bytes of a body announced with `Expect`, sockets of `http`; 0 and 1 are no limit.",
    expected: "a number of bytes",
    bare: "1",
    mayBeEmpty: true,
    apply: manageExpect,
  }),
  flag(
    "http-auto-gzip",
    within("http", "autoGzip"),
    "Compress answers that have the field `uWSGI-Encoding: gzip`, sockets of `http`.",
  ),
  flag(
    "http-server-name-as-http-host",
    within("http", "hostAsServerName"),
    "Give the application the request's Host as SERVER_NAME, sockets of `http`.",
  ),
  text({
    name: "add-header",
    summary: "Field to add to every answer, `Name: value`.",
    expected: "a header field, `Name: value`",
    repeats: true,
    apply: addHeader,
  }),
  text({
    name: "rem-header",
    summary: "Name of a field to leave out of every answer of the application.",
    expected: "the name of a header field",
    pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
    repeats: true,
    apply: remHeader,
  }),
  flag(
    "log-x-forwarded-for",
    within("http", "logForwardedFor"),
    "Log the client that trusted proxies name in X-Forwarded-For.",
  ),
];
