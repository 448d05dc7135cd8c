/** The field section: names, values, Host, and what becomes of them in an environ (RFC 9112 5, RFC 9110 5). */
import { accepted, get, type HttpCase, head, post, refused } from "../case.ts";

const host = (...lines: string[]) => head("GET / HTTP/1.1", ...lines);

const HOSTS: HttpCase[] = [
  refused("none", host("X: 1"), 400),
  refused("no field at all", "GET / HTTP/1.1\r\n\r\n", 400),
  refused("two", host("Host: a", "Host: b"), 400),
  refused("twice the same", host("Host: a", "Host: a"), 400),
  refused("two, one in capitals", host("Host: a", "HOST: a"), 400),
  accepted("empty", host("Host:"), { HTTP_HOST: "" }),
  accepted("with a port", host("Host: a:80"), { HTTP_HOST: "a:80" }),
  accepted("of IPv6", host("Host: [::1]:80"), { HTTP_HOST: "[::1]:80" }),
  accepted("with blanks and tabs around", host("Host: \ta\t "), { HTTP_HOST: "a" }),
  accepted("with an underscore in its value", host("Host: a_b.c~d!$&'()*+,;=%41"), {
    HTTP_HOST: "a_b.c~d!$&'()*+,;=%41",
  }),
  ...[
    "a/b",
    "a b",
    "a\tb",
    "u@a",
    "a\xe9",
    "a?b",
    "a#b",
    "a\\b",
    'a"b',
    "<a>",
    "a^b",
    "a`b",
    "{a}",
    "a|b",
  ].map((value) => refused(`${JSON.stringify(value)}`, host(`Host: ${value}`), 400)),
  refused("a NUL", host("Host: a\0b"), 400),
  accepted(
    "none in HTTP/1.0",
    head("GET / HTTP/1.0"),
    {
      ...{ HTTP_HOST: undefined, SERVER_PROTOCOL: "HTTP/1.0" },
    },
    { closes: true },
  ),
  refused("two in HTTP/1.0", head("GET / HTTP/1.0", "Host: a", "Host: b"), 400),
  refused("with a blank before its colon", host("Host : a"), 400),
  refused("one with an underscore is none", host("Ho_st: a"), 400),
  refused("a folded one", host("Host:", " a"), 400),
];

const NAMES: HttpCase[] = [
  refused("a blank before the colon", get("X : 1"), 400),
  refused("a tab before the colon", get("X\t: 1"), 400),
  refused("a blank in a name", get("X Y: 1"), 400),
  refused("an empty name", get(": 1"), 400),
  refused("no colon", get("X"), 400),
  refused("a line with a blank only", get(" "), 400),
  refused("whitespace at the start of the section", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400),
  refused("a tab at the start of the section", "GET / HTTP/1.1\r\n\tX: 1\r\nHost: a\r\n\r\n", 400),
  refused("an empty line with a blank", "GET / HTTP/1.1\r\nHost: a\r\n \r\n\r\n", 400),
  ...[
    "\0",
    "\x01",
    "\x0b",
    "\x1f",
    "\x7f",
    "\x80",
    "\xff",
    "(",
    ")",
    ",",
    "/",
    ";",
    "<",
    "=",
    ">",
    "?",
    "@",
    "[",
    "\\",
    "]",
    "{",
    "}",
    '"',
  ].map((byte) => refused(`${JSON.stringify(byte)} in a name`, get(`X${byte}Y: 1`), 400)),
  accepted("any case is one name", get("x-a: 1", "X-A: 2"), { HTTP_X_A: "1, 2" }),
  accepted(
    "odd characters keep their own key",
    get("X.Y: 1", "X!Y: 2", "X|Y: 3", "X^Y: 4", "X~Y: 5"),
    {
      ...{ "HTTP_X.Y": "1", "HTTP_X!Y": "2", "HTTP_X|Y": "3", "HTTP_X^Y": "4", "HTTP_X~Y": "5" },
    },
  ),
  accepted("all token characters", get("!#$%&'*+-.^`|~09az: 1"), {
    "HTTP_!#$%&'*+_.^`|~09AZ": "1",
  }),
];

/** A name with an underscore would have the same key as the one with a dash. */
const UNDERSCORES: HttpCase[] = [
  accepted("alone", get("X_Forwarded_For: evil")),
  accepted("before the real one", get("X_Forwarded_For: evil", "X-Forwarded-For: real"), {
    HTTP_X_FORWARDED_FOR: "real",
  }),
  accepted("behind the real one", get("X-Forwarded-For: real", "X_Forwarded_For: evil"), {
    HTTP_X_FORWARDED_FOR: "real",
  }),
  accepted("one of two", get("X-Forwarded_For: evil", "X-Forwarded-For: real"), {
    HTTP_X_FORWARDED_FOR: "real",
  }),
  accepted("on both sides of the real one, in any case", get("x_a: 1", "X-A: 2", "X_a: 3"), {
    HTTP_X_A: "2",
  }),
  accepted("a length", get("Content_Length: 5")),
  accepted(
    "a length beside the real one",
    post(["Content_Length: 9", "Content-Length: 2"], "ab"),
    {
      ...{ REQUEST_METHOD: "POST", CONTENT_LENGTH: "2" },
    },
    { body: "ab" },
  ),
  accepted("a coding", get("Transfer_Encoding: chunked")),
  accepted("a type", get("Content_Type: text/evil")),
  accepted("a host", get("Ho_st: evil", "_Host: evil", "Host_: evil")),
  accepted("an expectation", get("_Expect: tea")),
  accepted("only underscores", get("_: 1", "__: 2")),
];

const VALUES: HttpCase[] = [
  accepted("empty", get("X:"), { HTTP_X: "" }),
  accepted("blanks only", get("X: \t "), { HTTP_X: "" }),
  accepted("no blank before it", get("X:1"), { HTTP_X: "1" }),
  accepted("colons", get("X: a:b: c"), { HTTP_X: "a:b: c" }),
  accepted("inner blanks and tabs stay", get("X: a \t b"), { HTTP_X: "a \t b" }),
  accepted("every byte beyond ASCII", get("X: \x80\xa0\xff"), { HTTP_X: "\x80\xa0\xff" }),
  refused("a NUL", get("X: a\0b"), 400),
  refused("a bare CR", get("X: a\rb"), 400),
  refused("a CR at its end", get("X: a\r"), 400),
  refused("a bare LF", get("X: a\nY: b"), 400),
  refused("a bare LF at the end of the last line", "GET / HTTP/1.1\r\nHost: a\n\r\n", 400),
  refused("an empty line of a bare LF", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400),
  ...["\x01", "\x08", "\x0b", "\x0c", "\x1b", "\x1f", "\x7f"].map((byte) =>
    refused(`${JSON.stringify(byte)}`, get(`X: a${byte}b`), 400),
  ),
  refused("folded by a blank", get("X: a", " b"), 400),
  refused("folded by a tab", get("X: a", "\tb"), 400),
  refused("folded to nothing", get("X: a", " "), 400),
  refused("the last one, folded", get("X: a", " b: c"), 400),
];

const REPEATED: HttpCase[] = [
  accepted("are joined by a comma", get("Accept: a", "X: 1", "Accept: b"), {
    ...{ HTTP_ACCEPT: "a, b", HTTP_X: "1" },
  }),
  accepted("with empty ones among them", get("X:", "X: 1", "X:"), { HTTP_X: ", 1, " }),
  accepted("cookies by a semicolon", get("Cookie: a=1", "cookie: b=2"), {
    HTTP_COOKIE: "a=1; b=2",
  }),
  refused("not the type", get("Content-Type: a/b", "Content-Type: c/d"), 400),
  refused("not the expectation", get("Expect: 100-continue", "Expect: 100-continue"), 400),
  accepted("with bytes beyond ASCII", get("X: \xe9", "X: \xff"), { HTTP_X: "\xe9, \xff" }),
];

const DROPPED: HttpCase[] = [
  accepted("Proxy", get("Proxy: http://evil")),
  accepted("Proxy twice, in any case", get("PROXY: 1", "proxy: 2")),
  accepted("Proxy with an underscore", get("_Proxy: 1", "Proxy_: 1")),
  accepted("Proxy-Authorization stays", get("Proxy-Authorization: x"), {
    HTTP_PROXY_AUTHORIZATION: "x",
  }),
];

/** Rows by topic. */
export const fields = {
  Host: HOSTS,
  "field names": NAMES,
  "names with underscores": UNDERSCORES,
  "field values": VALUES,
  "repeated fields": REPEATED,
  "dropped fields": DROPPED,
};
