/** The request line, and the forms of its target (RFC 9112 3). */
import { accepted, get, type HttpCase, head, partial, refused } from "../case.ts";

const line = (text: string) => head(text, "Host: a");
const target = (text: string) => line(`GET ${text} HTTP/1.1`);

const METHODS: HttpCase[] = [
  ...[
    "HEAD",
    "PUT",
    "DELETE",
    "OPTIONS",
    "PATCH",
    "TRACE",
    "PURGE",
    "get",
    "M-SEARCH",
    "!#$%&'*+-.^_`|~",
  ].map((method) =>
    accepted(`method ${method}`, line(`${method} / HTTP/1.1`), { REQUEST_METHOD: method }),
  ),
  refused("CONNECT with an authority", head("CONNECT a:443 HTTP/1.1", "Host: a:443"), 501),
  refused("CONNECT with a path", line("CONNECT / HTTP/1.1"), 501),
  refused("no method", line(" / HTTP/1.1"), 400),
  refused("a method with a control character", line("G\x01T / HTTP/1.1"), 400),
  refused("a method with a slash", line("G/T / HTTP/1.1"), 400),
  refused("a method beyond ASCII", line("G\xc9T / HTTP/1.1"), 400),
  refused("a NUL first", line("\0GET / HTTP/1.1"), 400),
];

const LINES: HttpCase[] = [
  refused("two blanks before the target", line("GET  / HTTP/1.1"), 400),
  refused("two blanks before the version", line("GET /  HTTP/1.1"), 400),
  refused("a tab before the target", line("GET\t/ HTTP/1.1"), 400),
  refused("a tab before the version", line("GET /\tHTTP/1.1"), 400),
  refused("a blank behind the version", line("GET / HTTP/1.1 "), 400),
  refused("something behind the version", line("GET / HTTP/1.1 x"), 400),
  refused("a vertical tab for a blank", line("GET\x0b/\x0bHTTP/1.1"), 400),
  refused("a blank in the target", line("GET /a b HTTP/1.1"), 400),
  refused("a blank at the start", line(" GET / HTTP/1.1"), 400),
  refused("a bare LF behind it", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400),
  refused("a bare CR in it", line("GET /\r HTTP/1.1"), 400),
  refused("a bare CR behind it", "GET / HTTP/1.1\rHost: a\r\n\r\n", 400),
  refused("two CRs behind it", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", 400),
  refused("no target", line("GET HTTP/1.1"), 400),
  refused("an empty target", line("GET  HTTP/1.1"), 400),
  accepted("an empty line before it", `\r\n${get()}`),
  accepted("four empty lines before it", `${"\r\n".repeat(4)}${get()}`),
  accepted("twenty empty lines before it", `${"\r\n".repeat(20)}${get()}`),
  refused("a bare LF before it", `\n${get()}`, 400),
  refused("a bare CR before it", `\r${get()}`, 400),
  refused("a TLS client, at once", "\x16\x03\x01\x02\0\x01", 400),
  refused("a proxy that speaks PROXY unasked", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n\r\n", 400),
  partial("nothing", ""),
  partial("half of a method", "GE"),
  partial("half of the line", "GET / HT"),
  partial("a line, half of its end", "GET / HTTP/1.1\r"),
  partial("a head without its empty line", "GET / HTTP/1.1\r\nHost: a\r\n"),
  partial("half of the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\r"),
];

const VERSIONS: HttpCase[] = [
  refused("HTTP/0.9, with an end", "GET /\r\n\r\n", 400),
  refused("HTTP/0.9 by name", line("GET / HTTP/0.9"), 505),
  refused("HTTP/1.2", line("GET / HTTP/1.2"), 505),
  refused("HTTP/2.0", line("GET / HTTP/2.0"), 505),
  refused("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
  refused("HTTP/1.10", line("GET / HTTP/1.10"), 400),
  refused("HTTP/11", line("GET / HTTP/11"), 400),
  refused("HTTP/1", line("GET / HTTP/1"), 400),
  refused("HTTP/1,1", line("GET / HTTP/1,1"), 400),
  refused("http/1.1", line("GET / http/1.1"), 400),
  refused("Http/1.1", line("GET / Http/1.1"), 400),
  refused("HTTPS/1.1", line("GET / HTTPS/1.1"), 400),
  refused("ICY", line("GET / ICY/1.0"), 400),
  refused("HTTP/x.1", line("GET / HTTP/x.1"), 505),
  refused("HTTP/1.x", line("GET / HTTP/1.x"), 505),
];

const TARGETS: HttpCase[] = [
  accepted("a query", target("/p?a=b?c"), {
    ...{ REQUEST_URI: "/p?a=b?c", PATH_INFO: "/p", QUERY_STRING: "a=b?c" },
  }),
  accepted("an empty query", target("/p?"), { REQUEST_URI: "/p?", PATH_INFO: "/p" }),
  accepted("escapes in the path only", target("/%41%2f?%41"), {
    ...{ REQUEST_URI: "/%41%2f?%41", PATH_INFO: "/A/", QUERY_STRING: "%41" },
  }),
  accepted("an escaped NUL", target("/%00"), { REQUEST_URI: "/%00", PATH_INFO: "/\0" }),
  accepted("escaped line ends", target("/%0d%0aX:y"), {
    ...{ REQUEST_URI: "/%0d%0aX:y", PATH_INFO: "/\r\nX:y" },
  }),
  accepted("an escaped question mark", target("/a%3fb"), {
    ...{ REQUEST_URI: "/a%3fb", PATH_INFO: "/a?b" },
  }),
  accepted("two slashes first", target("//b/c"), { REQUEST_URI: "//b/c", PATH_INFO: "//b/c" }),
  accepted("dot segments are the application's", target("/a/../b"), {
    ...{ REQUEST_URI: "/a/../b", PATH_INFO: "/a/../b" },
  }),
  accepted("bytes of UTF-8", target("/\xc3\xa9"), {
    ...{ REQUEST_URI: "/\xc3\xa9", PATH_INFO: "/\xc3\xa9" },
  }),
  accepted("characters that no URI has", target('/"<>\\^`{|}'), {
    ...{ REQUEST_URI: '/"<>\\^`{|}', PATH_INFO: '/"<>\\^`{|}' },
  }),
  refused("a fragment", target("/a#b"), 400),
  refused("a NUL", target("/a\0b"), 400),
  refused("a DEL", target("/a\x7fb"), 400),
  refused("no slash first", target("a/b"), 400),
  refused("a question mark first", target("?a"), 400),
  refused("an asterisk for GET", target("*"), 400),
  refused("an authority for GET", target("a:80"), 400),
  accepted("an asterisk for OPTIONS", line("OPTIONS * HTTP/1.1"), {
    ...{ REQUEST_METHOD: "OPTIONS", REQUEST_URI: "*", PATH_INFO: "*" },
  }),
  refused("an asterisk and more for OPTIONS", line("OPTIONS *x HTTP/1.1"), 400),
];

const absolute = (uri: string, ...hosts: string[]) =>
  head(`GET ${uri} HTTP/1.1`, ...(hosts.length > 0 ? hosts : ["Host: a"]));

const ABSOLUTE: HttpCase[] = [
  accepted("its authority is the host", absolute("http://b:81/p?q", "Host: c"), {
    ...{ REQUEST_URI: "http://b:81/p?q", PATH_INFO: "/p", QUERY_STRING: "q", HTTP_HOST: "b:81" },
  }),
  accepted("without a path", absolute("http://b"), {
    ...{ REQUEST_URI: "http://b", PATH_INFO: "/", HTTP_HOST: "b" },
  }),
  accepted("without a path, with a query", absolute("http://b?q"), {
    ...{ REQUEST_URI: "http://b?q", PATH_INFO: "/", QUERY_STRING: "q", HTTP_HOST: "b" },
  }),
  accepted("with escapes", absolute("http://b/%41"), {
    ...{ REQUEST_URI: "http://b/%41", PATH_INFO: "/A", HTTP_HOST: "b" },
  }),
  accepted("of IPv6", absolute("http://[::1]:80/"), {
    ...{ REQUEST_URI: "http://[::1]:80/", HTTP_HOST: "[::1]:80" },
  }),
  accepted("in capitals", absolute("HTTP://B/"), {
    ...{ REQUEST_URI: "HTTP://B/", HTTP_HOST: "B" },
  }),
  accepted("of https", absolute("https://b/"), {
    ...{ REQUEST_URI: "https://b/", HTTP_HOST: "b" },
  }),
  accepted(
    "of HTTP/1.0, without Host",
    head("GET http://b/ HTTP/1.0"),
    {
      ...{ REQUEST_URI: "http://b/", HTTP_HOST: "b", SERVER_PROTOCOL: "HTTP/1.0" },
    },
    { closes: true },
  ),
  refused("with a user", absolute("http://u@b/"), 400),
  refused("without an authority", absolute("http:///p"), 400),
  refused("with a port only", absolute("http://:80/"), 400),
  refused("of another scheme", absolute("ftp://b/"), 400),
  refused("with one slash", absolute("http:/b"), 400),
  refused("with a backslash", absolute("http://b\\c/"), 400),
  refused("with bytes beyond ASCII in the authority", absolute("http://b\xe9/"), 400),
  refused("without Host", absolute("http://a/", "X: 1"), 400),
  refused("with two Hosts", absolute("http://a/", "Host: a", "Host: b"), 400),
  refused("with a Host that is none", absolute("http://a/", "Host: a/b"), 400),
];

/** Rows by topic. */
export const requestLine = {
  methods: METHODS,
  "request lines": LINES,
  versions: VERSIONS,
  targets: TARGETS,
  "absolute targets": ABSOLUTE,
};
