/** How long a connection lasts, what may come on it, and the limits (RFC 9112 9, RFC 9110 10.1.1). */
import {
  accepted,
  chunks,
  type Environ,
  get,
  type HttpCase,
  head,
  LIMITS,
  partial,
  post,
  posted,
  refused,
} from "../case.ts";

const old = (...lines: string[]) => head("GET / HTTP/1.0", "Host: a", ...lines);
const OLD: Environ = { SERVER_PROTOCOL: "HTTP/1.0" };
const said = (value: string, more: Environ = {}): Environ => ({ HTTP_CONNECTION: value, ...more });
const ends = { closes: true };

const PERSISTENCE: HttpCase[] = [
  accepted("HTTP/1.1 keeps", get()),
  accepted("HTTP/1.1 with close", get("Connection: close"), said("close"), ends),
  accepted(
    "HTTP/1.1 with Close in a list",
    get("Connection: x, Close ,y"),
    said("x, Close ,y"),
    ends,
  ),
  accepted(
    "HTTP/1.1 with close in a second field",
    get("Connection: x", "Connection: close"),
    said("x, close"),
    ends,
  ),
  accepted("HTTP/1.1 with keep-alive", get("Connection: keep-alive"), said("keep-alive")),
  accepted(
    "HTTP/1.1 with both",
    get("Connection: close, keep-alive"),
    said("close, keep-alive"),
    ends,
  ),
  accepted(
    "HTTP/1.1 with a word that begins with close",
    get("Connection: closed"),
    said("closed"),
  ),
  accepted(
    "HTTP/1.1 with close and a blank that is none",
    get("Connection: close\xa0"),
    said("close\xa0"),
  ),
  accepted("HTTP/1.1 with a quoted close", get('Connection: "close"'), said('"close"')),
  accepted("HTTP/1.1 with an empty Connection", get("Connection:"), said("")),
  accepted("HTTP/1.0 closes", old(), OLD, ends),
  accepted("HTTP/1.0 with keep-alive", old("Connection: Keep-Alive"), said("Keep-Alive", OLD)),
  accepted(
    "HTTP/1.0 with keep-alive in a list",
    old("Connection: x ,keep-alive"),
    said("x ,keep-alive", OLD),
  ),
  accepted(
    "HTTP/1.0 with close before keep-alive",
    old("Connection: close, keep-alive"),
    said("close, keep-alive", OLD),
    ends,
  ),
  accepted(
    "HTTP/1.0 with close behind keep-alive",
    old("Connection: keep-alive, close"),
    said("keep-alive, close", OLD),
    ends,
  ),
  accepted(
    "HTTP/1.0 with both in two fields",
    old("Connection: close", "Connection: keep-alive"),
    said("close, keep-alive", OLD),
    ends,
  ),
  accepted(
    "HTTP/1.0 with a body",
    `${head("POST / HTTP/1.0", "Host: a", "Content-Length: 2")}ab`,
    posted(2, OLD),
    { body: "ab", closes: true },
  ),
  accepted(
    "HTTP/1.0 with a body, kept",
    `${head("POST / HTTP/1.0", "Host: a", "Connection: keep-alive", "Content-Length: 2")}ab`,
    posted(2, said("keep-alive", OLD)),
    { body: "ab" },
  ),
];

const UPGRADES: HttpCase[] = [
  accepted(
    "to h2c are not followed",
    get("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"),
    {
      ...{
        HTTP_CONNECTION: "Upgrade, HTTP2-Settings",
        HTTP_UPGRADE: "h2c",
        HTTP_HTTP2_SETTINGS: "AAMAAABk",
      },
    },
  ),
  accepted(
    "to WebSocket are the application's to answer",
    get("Connection: Upgrade", "Upgrade: websocket"),
    {
      ...{ HTTP_CONNECTION: "Upgrade", HTTP_UPGRADE: "websocket" },
    },
  ),
  accepted(
    "with a body: it is still a body",
    post(["Connection: Upgrade", "Upgrade: x", "Content-Length: 2"], "ab"),
    posted(2, { HTTP_CONNECTION: "Upgrade", HTTP_UPGRADE: "x" }),
    { body: "ab" },
  ),
];

const expect = (value: string): Environ => ({ HTTP_EXPECT: value });

const EXPECTATIONS: HttpCase[] = [
  accepted(
    "100-continue with a length",
    post(["Expect: 100-continue", "Content-Length: 2"], "ab"),
    posted(2, expect("100-continue")),
    { body: "ab" },
  ),
  accepted(
    "100-continue in capitals",
    post(["Expect: 100-CONTINUE", "Content-Length: 2"], "ab"),
    posted(2, expect("100-CONTINUE")),
    { body: "ab" },
  ),
  accepted(
    "100-continue with chunks",
    post(["Expect: 100-continue", "Transfer-Encoding: chunked"], "2\r\nab\r\n0\r\n\r\n"),
    posted(2, expect("100-continue")),
    { body: "ab" },
  ),
  accepted("100-continue without a body", get("Expect: 100-continue"), expect("100-continue")),
  accepted(
    "100-continue in HTTP/1.0",
    `${head("POST / HTTP/1.0", "Host: a", "Expect: 100-continue", "Content-Length: 2")}ab`,
    posted(2, { ...OLD, ...expect("100-continue") }),
    { body: "ab", closes: true },
  ),
  ...["tea", "", "100-continue, 100-continue", "100-continue;q=1", "200-ok", "100"].map((value) =>
    refused(`${JSON.stringify(value)}`, post([`Expect: ${value}`, "Content-Length: 2"], "ab"), 417),
  ),
  refused(
    "of a body that is too large",
    post(["Expect: 100-continue", `Content-Length: ${LIMITS.limitPost + 1}`], ""),
    413,
  ),
];

/** A head of exactly this many bytes. */
function sized(bytes: number): string {
  return get(`X: ${"x".repeat(bytes - get("X: ").length)}`);
}

const many = Math.floor((LIMITS.bufferSize - get().length) / 4);

const SIZES: HttpCase[] = [
  accepted("a head of buffer-size", sized(LIMITS.bufferSize), {
    HTTP_X: "x".repeat(LIMITS.bufferSize - get("X: ").length),
  }),
  refused("a head of one byte more", sized(LIMITS.bufferSize + 1), 431),
  refused("a head without end", get().slice(0, -2) + "X: 1\r\n".repeat(LIMITS.bufferSize / 5), 431),
  refused(
    "a target of more than buffer-size",
    head(`GET /${"x".repeat(LIMITS.bufferSize)} HTTP/1.1`, "Host: a"),
    414,
  ),
  refused("a method of more than buffer-size", "M".repeat(LIMITS.bufferSize + 1), 414),
  accepted("as many fields as fit", get(...Array(many).fill("a:")), {
    HTTP_A: ", ".repeat(many - 1),
  }),
  refused("one field more", get(...Array(many + 1).fill("a:")), 431),
  accepted(
    "a body of limit-post",
    post([`Content-Length: ${LIMITS.limitPost}`], "x".repeat(LIMITS.limitPost)),
    posted(LIMITS.limitPost),
    { body: "x".repeat(LIMITS.limitPost) },
  ),
  refused("a length of one byte more", post([`Content-Length: ${LIMITS.limitPost + 1}`], ""), 413),
  accepted(
    "chunks of limit-post",
    chunks(`${LIMITS.limitPost.toString(16)}\r\n${"x".repeat(LIMITS.limitPost)}\r\n0\r\n\r\n`),
    posted(LIMITS.limitPost),
    { body: "x".repeat(LIMITS.limitPost) },
  ),
  refused(
    "chunks of one byte more",
    chunks(`1\r\nx\r\n${LIMITS.limitPost.toString(16)}\r\n${"x".repeat(LIMITS.limitPost)}`),
    413,
  ),
];

const first = { environ: { REQUEST_URI: "/1", PATH_INFO: "/1" }, body: "" };
const FIRST = head("GET /1 HTTP/1.1", "Host: a");
const second = { environ: posted(2, { REQUEST_URI: "/2", PATH_INFO: "/2" }), body: "ab" };
const SECOND = `${head("POST /2 HTTP/1.1", "Host: a", "Content-Length: 2")}ab`;
const third = { environ: posted(3, { REQUEST_URI: "/3", PATH_INFO: "/3" }), body: "cde" };
const THIRD = `${head("POST /3 HTTP/1.1", "Host: a", "Transfer-Encoding: chunked")}1\r\nc\r\n2\r\nde\r\n0\r\nX: 1\r\n\r\n`;
const last = {
  environ: { REQUEST_URI: "/4", PATH_INFO: "/4", HTTP_CONNECTION: "close" },
  body: "",
};
const LAST = head("GET /4 HTTP/1.1", "Host: a", "Connection: close");

const PIPELINES: HttpCase[] = [
  { name: "two", raw: FIRST + FIRST, requests: [first, first], closes: false },
  {
    name: "with bodies",
    raw: FIRST + SECOND + THIRD + FIRST,
    requests: [first, second, third, first],
    closes: false,
  },
  {
    name: "with empty lines between",
    raw: `${FIRST}\r\n${SECOND}\r\n\r\n${FIRST}`,
    requests: [first, second, first],
    closes: false,
  },
  {
    name: "a last one in the middle",
    raw: FIRST + LAST + SECOND,
    requests: [first, last],
    closes: true,
  },
  {
    name: "an error in the middle",
    raw: `${FIRST}GET  / HTTP/1.1\r\n\r\n${SECOND}`,
    requests: [first],
    refused: 400,
    closes: true,
  },
  {
    name: "an error in a body in the middle",
    raw: `${FIRST}${chunks("x\r\n")}${SECOND}`,
    requests: [first],
    refused: 400,
    closes: true,
  },
  {
    name: "a body that was not announced",
    raw: `${post([], "")}{}${FIRST}`,
    requests: [{ environ: { REQUEST_METHOD: "POST" }, body: "" }],
    refused: 400,
    closes: true,
  },
  {
    name: "a body longer than announced",
    raw: `${SECOND}x\r\n\r\n`,
    requests: [second],
    refused: 400,
    closes: true,
  },
  {
    name: "a request too large in the middle",
    raw: FIRST + sized(LIMITS.bufferSize + 1),
    requests: [first],
    refused: 431,
    closes: true,
  },
  {
    name: "a request that looks like one within a body",
    raw: post([`Content-Length: ${FIRST.length}`], FIRST) + FIRST,
    requests: [{ environ: posted(FIRST.length), body: FIRST }, first],
    closes: false,
  },
];

const HALVES: HttpCase[] = [
  partial("of a field", get("X: 1").slice(0, -6)),
  partial("of a head of HTTP/0.9", "GET /\r\n"),
];

/** Rows by topic. */
export const connection = {
  persistence: PERSISTENCE,
  upgrades: UPGRADES,
  expectations: EXPECTATIONS,
  limits: SIZES,
  pipelines: PIPELINES,
  halves: HALVES,
};
