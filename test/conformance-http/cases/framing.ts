/** Where a request ends: Content-Length and Transfer-Encoding (RFC 9112 6), the ways of smuggling. */
import {
  accepted,
  chunks,
  get,
  type HttpCase,
  head,
  partial,
  post,
  posted,
  refused,
} from "../case.ts";

const ZERO = "0\r\n\r\n";
const length = (...values: string[]) =>
  post(
    values.map((value) => `Content-Length:${value}`),
    "ab",
  );
const coding = (...values: string[]) =>
  post(
    values.map((value) => `Transfer-Encoding:${value}`),
    `2\r\nab\r\n${ZERO}`,
  );

const LENGTHS: HttpCase[] = [
  accepted("a length", length(" 2"), posted(2), { body: "ab" }),
  accepted("blanks and tabs around it", length(" \t2\t "), posted(2), { body: "ab" }),
  accepted(
    "leading zeros",
    length(" 0002"),
    { ...posted(2), CONTENT_LENGTH: "0002" },
    { body: "ab" },
  ),
  accepted("zero", post(["Content-Length: 0"], ""), posted(0)),
  accepted("none: no body", post([], ""), { REQUEST_METHOD: "POST" }),
  accepted("with GET", `${get("Content-Length: 2")}ab`, { CONTENT_LENGTH: "2" }, { body: "ab" }),
  accepted(
    "with HEAD",
    `${head("HEAD / HTTP/1.1", "Host: a", "Content-Length: 2")}ab`,
    {
      ...{ REQUEST_METHOD: "HEAD", CONTENT_LENGTH: "2" },
    },
    { body: "ab" },
  ),
  ...[
    "+2",
    "-2",
    "2,2",
    "2, 2",
    "0x2",
    "2.0",
    "2e0",
    "2 2",
    "2a",
    "a",
    "",
    " ",
    '"2"',
    "2;",
    "\xb2",
    "\u0662",
    "２",
  ].map((value) =>
    refused(`${JSON.stringify(value)}`, length(value.replace(/[^\0-\xff]/g, "\xd9\xa2")), 400),
  ),
  refused("a vertical tab before it", length("\x0b2"), 400),
  refused("beyond 64 bits", length(" 18446744073709551618"), 400),
  refused("beyond 53 bits", length(" 9007199254740993"), 400),
  refused("a thousand zeros", length(` ${"0".repeat(1000)}2`), 400),
  refused("twice the same", length(" 2", " 2"), 400),
  refused("twice, different", length(" 2", " 0"), 400),
  refused("twice, the second empty", length(" 2", ""), 400),
  refused("twice, in another case", post(["Content-Length: 2", "content-length: 2"], "ab"), 400),
  refused("a blank before the colon", post(["Content-Length : 2"], "ab"), 400),
  refused("folded", post(["Content-Length:", " 2"], "ab"), 400),
  refused("a NUL in its name", post(["Content-\0Length: 2"], "ab"), 400),
  partial("a body that ends too soon", post(["Content-Length: 3"], "ab")),
  partial("a body that does not begin", post(["Content-Length: 3"], "")),
];

const CODINGS: HttpCase[] = [
  accepted("chunked", coding(" chunked"), posted(2), { body: "ab" }),
  accepted("in capitals", coding(" CHUNKED"), posted(2), { body: "ab" }),
  accepted("with tabs around it", coding("\tchunked\t"), posted(2), { body: "ab" }),
  accepted("without a blank", coding("chunked"), posted(2), { body: "ab" }),
  accepted(
    "with GET",
    `${get("Transfer-Encoding: chunked")}2\r\nab\r\n${ZERO}`,
    { CONTENT_LENGTH: "2" },
    { body: "ab" },
  ),
  ...[
    ...[
      "identity",
      "xchunked",
      "chunkedx",
      "chunked, chunked",
      "chunked,",
      ",chunked",
      ", chunked",
    ],
    ...["gzip, chunked", "chunked, gzip", "chunked, identity", "identity, chunked", "chunked;q=1"],
    ...[
      "'chunked'",
      '"chunked"',
      "chun ked",
      "",
      " ",
      "x",
      "deflate",
      "cow",
      "chunked chunked",
      "\xe7hunked",
    ],
  ].map((value) => refused(`${JSON.stringify(value)}`, coding(` ${value}`), 501)),
  refused("a vertical tab before it", coding(" \x0bchunked"), 400),
  refused("a form feed behind it", coding(" chunked\x0c"), 400),
  refused("a NUL behind it", coding(" chunked\0"), 400),
  refused("a bare CR before it", coding(" \rchunked"), 400),
  refused("a bare LF before it", coding("\n chunked"), 400),
  refused("folded", coding("\r\n chunked"), 501),
  refused("twice the same", coding(" chunked", " chunked"), 400),
  refused("twice, the second identity", coding(" chunked", " identity"), 400),
  refused("twice, the first identity", coding(" identity", " chunked"), 501),
  refused(
    "twice, in another case",
    post(["Transfer-Encoding: chunked", "TRANSFER-ENCODING: x"], ZERO),
    400,
  ),
  refused("a blank before the colon", post(["Transfer-Encoding : chunked"], ZERO), 400),
  refused(
    "a blank at the start of the line",
    post(["X: 1", " Transfer-Encoding: chunked"], ZERO),
    400,
  ),
  refused("a bare LF hides it", post(["X: 1\nTransfer-Encoding: chunked"], ZERO), 400),
  refused("a bare CR hides it", post(["X: 1\rTransfer-Encoding: chunked"], ZERO), 400),
  refused("in HTTP/1.0", `${head("POST / HTTP/1.0", "Transfer-Encoding: chunked")}${ZERO}`, 400),
  refused(
    "in HTTP/1.0 that keeps the connection",
    `${head("POST / HTTP/1.0", "Connection: keep-alive", "Transfer-Encoding: chunked")}${ZERO}`,
    400,
  ),
];

const BOTH: HttpCase[] = [
  refused(
    "length, then chunked",
    post(["Content-Length: 5", "Transfer-Encoding: chunked"], ZERO),
    400,
  ),
  refused(
    "chunked, then length",
    post(["Transfer-Encoding: chunked", "Content-Length: 5"], ZERO),
    400,
  ),
  refused(
    "chunked and a length of zero",
    post(["Content-Length: 0", "Transfer-Encoding: chunked"], ZERO),
    400,
  ),
  refused(
    "identity and a length",
    post(["Transfer-Encoding: identity", "Content-Length: 2"], "ab"),
    501,
  ),
  refused(
    "a bad length and chunked",
    post(["Content-Length: x", "Transfer-Encoding: chunked"], ZERO),
    400,
  ),
  refused(
    "an unknown coding and a length",
    post(["Content-Length: 2", "Transfer-Encoding: xchunked"], "ab"),
    501,
  ),
  refused(
    "chunked and two lengths",
    post(["Content-Length: 2", "Content-Length: 2", "Transfer-Encoding: chunked"], ZERO),
    400,
  ),
];

const SIZES: HttpCase[] = [
  accepted("several", chunks(`1\r\na\r\n2\r\nbc\r\n${ZERO}`), posted(3), { body: "abc" }),
  accepted("none", chunks(ZERO), posted(0)),
  accepted("leading zeros", chunks("0002\r\nab\r\n0000\r\n\r\n"), posted(2), { body: "ab" }),
  accepted(
    "lower and upper case",
    chunks(`a\r\n0123456789\r\nA\r\n0123456789\r\n${ZERO}`),
    posted(20),
    {
      body: "01234567890123456789",
    },
  ),
  accepted("line ends within the data", chunks(`9\r\n\r\n0\r\n\r\n\r\n\r\n${ZERO}`), posted(9), {
    body: "\r\n0\r\n\r\n\r\n",
  }),
  ...[
    "0x2",
    "+2",
    "-2",
    " 2",
    "2 ",
    "\t2",
    "2\t",
    "",
    "g",
    "2g",
    "2_0",
    "0_2",
    "2h",
    "2.",
    "２",
    "\xb2",
    "2,2",
    "2\0",
    "\x002",
  ].map((size) =>
    refused(
      `${JSON.stringify(size)}`,
      chunks(`${size.replace(/[^\0-\xff]/g, "\xef")}\r\nab\r\n${ZERO}`),
      400,
    ),
  ),
  refused("beyond 64 bits", chunks(`10000000000000002\r\nab\r\n${ZERO}`), 400),
  refused(
    "beyond 32 bits, of 2 in 32",
    chunks(`100000002\r\nab\r\n${ZERO}`.padEnd(11_000, "x")),
    413,
  ),
  refused("sixteen digits", chunks(`0000000000000002\r\nab\r\n${ZERO}`), 400),
  refused("a bare LF behind it", chunks(`2\nab\r\n${ZERO}`), 400),
  refused("a bare CR behind it", chunks(`2\rab\r\n${ZERO}`), 400),
  refused("two CRs behind it", chunks(`2\r\r\nab\r\n${ZERO}`), 400),
  refused("data too long", chunks(`2\r\nabc\r\n${ZERO}`), 400),
  refused("data too short", chunks(`3\r\nab\r\n${ZERO}`), 400),
  refused("no CRLF behind the data", chunks(`2\r\nab${ZERO}`), 400),
  refused("a bare LF behind the data", chunks(`2\r\nab\n${ZERO}`), 400),
  refused("a bare CR behind the data", chunks(`2\r\nab\r${ZERO}`), 400),
  refused("an empty line before it", chunks(`\r\n2\r\nab\r\n${ZERO}`), 400),
  partial("no last chunk", chunks("2\r\nab\r\n")),
  partial("half of the data", chunks("3\r\nab")),
  partial("half of the size", chunks("1")),
  partial("no empty line behind the last chunk", chunks("2\r\nab\r\n0\r\n")),
  partial("half of the last empty line", chunks("2\r\nab\r\n0\r\n\r")),
];

const EXTENSIONS: HttpCase[] = [
  accepted("a name", chunks("2;x\r\nab\r\n0;y\r\n\r\n"), posted(2), { body: "ab" }),
  accepted("a value", chunks(`2;x=y;z=w\r\nab\r\n${ZERO}`), posted(2), { body: "ab" }),
  accepted("a quoted value", chunks(`2;x="y;\\" z"\r\nab\r\n${ZERO}`), posted(2), { body: "ab" }),
  refused("a bare LF", chunks(`2;x\nab\r\n${ZERO}`), 400),
  refused("a bare LF in quotes", chunks(`2;x="\n"\r\nab\r\n${ZERO}`), 400),
  refused("a bare CR", chunks(`2;x\rab\r\n${ZERO}`), 400),
  refused("a NUL", chunks(`2;x\0\r\nab\r\n${ZERO}`), 400),
  refused("a control character", chunks(`2;x=\x01\r\nab\r\n${ZERO}`), 400),
  refused("a blank before the semicolon", chunks(`2 ;x\r\nab\r\n${ZERO}`), 400),
  refused("more than the limit", chunks(`2;${"x".repeat(4097)}\r\nab\r\n${ZERO}`), 400),
  refused(
    "more than the limit together",
    chunks(`1;${"x".repeat(100)}\r\na\r\n`.repeat(50) + ZERO),
    400,
  ),
];

const TRAILERS: HttpCase[] = [
  accepted("fields", chunks("2\r\nab\r\n0\r\nX-T: 1\r\nX-U:\r\n\r\n"), posted(2), { body: "ab" }),
  accepted(
    "framing fields, which do nothing",
    chunks("0\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\nHost: evil\r\n\r\n"),
    posted(0),
  ),
  accepted(
    "fields that would matter to the application",
    chunks("0\r\nAuthorization: evil\r\nCookie: evil\r\n\r\n"),
    posted(0),
  ),
  accepted("as many bytes as the limit", chunks(`0\r\nX: ${"x".repeat(8185)}\r\n\r\n`), posted(0)),
  refused("more than the limit", chunks(`0\r\nX: ${"x".repeat(8186)}\r\n\r\n`), 400),
  refused("a line without a colon", chunks("0\r\nX\r\n\r\n"), 400),
  refused("a request line", chunks("0\r\nGET /evil HTTP/1.1\r\nHost: a\r\n\r\n"), 400),
  refused("an empty name", chunks("0\r\n: 1\r\n\r\n"), 400),
  refused("a blank before the colon", chunks("0\r\nX : 1\r\n\r\n"), 400),
  refused("a folded line", chunks("0\r\nX: 1\r\n 2\r\n\r\n"), 400),
  refused("a blank at the start", chunks("0\r\n X: 1\r\n\r\n"), 400),
  refused("a bare LF", chunks("0\r\nX: 1\n\r\n"), 400),
  refused("an empty line of a bare LF", chunks("0\r\n\n"), 400),
  refused("a bare CR", chunks("0\r\nX: 1\rY: 2\r\n\r\n"), 400),
  refused("a NUL", chunks("0\r\nX: \0\r\n\r\n"), 400),
  refused("a control character in a name", chunks("0\r\nX\x01: 1\r\n\r\n"), 400),
];

/** Rows by topic. */
export const framing = {
  "Content-Length": LENGTHS,
  "Transfer-Encoding": CODINGS,
  "both of them": BOTH,
  "chunk sizes": SIZES,
  "chunk extensions": EXTENSIONS,
  trailers: TRAILERS,
};
