/** What generated requests are made of: valid ones, and the words that break them. */
import type { Random } from "../helpers/random.ts";
import { topics } from "./cases/topics.ts";

/** Valid requests, which are changed at random. */
export const VALID: readonly Buffer[] = Object.values(topics)
  .flat()
  .filter(
    ({ requests, refused, raw }) =>
      requests.length > 0 && refused === undefined && raw.length < 1000,
  )
  .map(({ raw }) => Buffer.from(raw, "latin1"));

/** Words that a parser of HTTP may stumble over. */
export const WORDS: readonly string[] = [
  ...[
    "\r\n",
    "\n",
    "\r",
    "\r\n\r\n",
    "\n\n",
    " ",
    "\t",
    "\0",
    ":",
    ";",
    ",",
    "0",
    "1",
    "\xe9",
    "\x0b",
    "_",
  ],
  ...[
    "\r\nContent-Length: 2",
    "\r\nTransfer-Encoding: chunked",
    "\r\nHost: b",
    "chunked",
    "identity",
  ],
  ...[
    "\r\nConnection: close",
    "\r\nConnection: keep-alive",
    "\r\nExpect: 100-continue",
    "\r\nX_Y: 1",
  ],
  ...[
    "\r\n ",
    "\r\n\t",
    "0\r\n\r\n",
    "2\r\nab\r\n",
    "a;b=c\r\n",
    " HTTP/1.1",
    " HTTP/1.0",
    "HTTP/2.0",
  ],
  ...[
    "http://b",
    "//",
    "?",
    "#",
    "*",
    "%",
    "%00",
    "/",
    "GET ",
    "POST ",
    "OPTIONS ",
    "CONNECT ",
    "PRI ",
  ],
  ...["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "+", "-", "0x", "ffffffffffffffff", "\xff", "\x7f", '"'],
];

const NAMES = [
  ...[
    "Accept",
    "X-A",
    "x-a",
    "X_A",
    "Cookie",
    "User-Agent",
    "Content-Type",
    "Proxy",
    "X.Y",
    "Upgrade",
  ],
  ...[
    "TE",
    "Trailer",
    "Keep-Alive",
    "Forwarded",
    "Range",
    "!",
    "X-Forwarded-For",
    "Content_Length",
  ],
];
const VALUES = [
  "",
  "a",
  "a, b",
  "chunked",
  "close",
  "keep-alive",
  "a\tb",
  "\xe9",
  "1",
  '"q"',
  "x".repeat(300),
];
const TARGETS = [
  ...[
    "/",
    "/a",
    "/a?b",
    "/a?b?c",
    "/%41",
    "/%zz",
    "//a",
    "/a/../b",
    "*",
    "http://b/",
    "http://b",
    "http://b?c",
  ],
  ...[
    "http://b:80/c?d",
    "https://b/",
    "/\xe9",
    "?",
    "a",
    "/#",
    "/a\\b",
    '/"',
    "b:80",
    "HTTP://B/",
    "http://u@b/",
  ],
];

/** One to three requests, each mostly valid. */
export function requests(random: Random): Buffer {
  let text = "";
  for (let n = 1 + random.below(3); n > 0; n--) text += request(random);
  return Buffer.from(text, "latin1");
}

function request(random: Random): string {
  const rarely = <T>(odd: () => T, usual: T): T => (random.once(12) ? odd() : usual);
  const method = random.pick([
    "GET",
    "GET",
    "POST",
    "PUT",
    "HEAD",
    "OPTIONS",
    "DELETE",
    "PATCH",
    "PURGE",
    "get",
  ]);
  const target = random.once(2) ? "/" : random.pick(TARGETS);
  const version = random.once(6)
    ? "HTTP/1.0"
    : rarely(() => random.pick(["HTTP/2.0", "HTTP/1.2", "http/1.1", ""]), "HTTP/1.1");
  const end = () => rarely(() => random.pick(["\n", "\r", "\r\r\n", " \r\n"]), "\r\n");
  const blank = () => rarely(() => random.pick(["", "  ", "\t", " \t "]), " ");
  const lines = rarely(
    () => [],
    [`Host:${blank()}${rarely(() => random.pick(["", "a b", "a/b", "a:1", "[::1]"]), "a")}`],
  );
  for (let fields = random.below(4); fields > 0; fields--) {
    const name = random.pick(NAMES);
    const line = `${name}${rarely(() => " ", "")}:${blank()}${random.pick(VALUES)}${rarely(() => " ", "")}`;
    lines.splice(random.below(lines.length + 1), 0, line);
  }
  if (random.once(6))
    lines.push(
      `Connection: ${random.pick(["close", "keep-alive", "close, x", "Close", "upgrade"])}`,
    );
  if (random.once(15)) lines.push(`Expect: ${random.pick(["100-continue", "x", ""])}`);
  const body = framed(random, lines);
  const gap = random.once(10) ? random.pick(["\r\n", "\n", "\r\n\r\n", "\r"]) : "";
  return `${gap}${method}${rarely(blank, " ")}${target}${rarely(blank, " ")}${version}${end()}${lines.map((line) => line + end()).join("")}${end()}${body}`;
}

/** A body, whose framing is added to the lines. */
function framed(random: Random, lines: string[]): string {
  const text = random.pick([
    "",
    "a",
    "hello",
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "0\r\n\r\n",
    "x".repeat(40),
  ]);
  switch (random.below(6)) {
    case 0: {
      const value = random.once(8)
        ? random.pick(["+1", "1, 1", "0x1", "", "-1", "00", "1 "])
        : String(text.length);
      lines.push(`Content-Length: ${value}`);
      if (random.once(20)) lines.push(`Content-Length: ${value}`);
      return text;
    }
    case 1: {
      lines.push(
        `Transfer-Encoding: ${random.once(8) ? random.pick(["Chunked", "identity", "gzip, chunked", "chunked, chunked", "x"]) : "chunked"}`,
      );
      if (random.once(20)) lines.push("Content-Length: 5");
      return chunked(random, text);
    }
    default:
      return "";
  }
}

function chunked(random: Random, text: string): string {
  let body = "";
  for (let at = 0; at < text.length; ) {
    const piece = text.slice(at, at + 1 + random.below(text.length));
    const size = random.once(4)
      ? piece.length.toString(16).toUpperCase().padStart(3, "0")
      : piece.length.toString(16);
    const extension = random.once(8)
      ? random.pick([";a", ";a=b", ' ;a="b"', ";", "; a = b", ";\x01"])
      : "";
    body += `${size}${extension}\r\n${piece}${random.once(30) ? "\n" : "\r\n"}`;
    at += piece.length;
  }
  const trailers = random.once(5)
    ? random.pick(["X: 1\r\n", "Content-Length: 9\r\n", "X\r\n", " X: 1\r\n", "X: 1\n"])
    : "";
  return `${body}0\r\n${trailers}\r\n`;
}
