import { describe, expect, it } from "vitest";
import { FRAME_HEADER } from "../../../src/launch/protocol/frame.ts";
import { findHeadEnd } from "../../../src/launch/protocol/head-bytes.ts";
import { HeadParser } from "../../../src/launch/protocol/http-head.ts";
import { unmarshal } from "../../helpers/marshal.ts";

const parser = new HeadParser();

function parse(head: string): { problem: number; environ: Record<string, string> } {
  const data = Buffer.from(head, "latin1");
  const problem = parser.parse(data, 0, data.length);
  if (problem !== 0) return { problem, environ: {} };
  parser.writer.end();
  return { problem, environ: unmarshal(parser.writer.frame().subarray(FRAME_HEADER)) };
}

function fields(...lines: string[]): string {
  return `${["GET / HTTP/1.1", "Host: a", ...lines].join("\r\n")}\r\n\r\n`;
}

describe("a request head becomes an environ", () => {
  it("has the request line, decoded path, query and fields", () => {
    const { environ } = parse(
      "GET /a%20b/%C3%A9?x=%20&y HTTP/1.1\r\nHost: example.test:80\r\nUser-Agent:\t curl \r\nX-Empty:\r\n\r\n",
    );
    expect(environ).toEqual({
      REQUEST_METHOD: "GET",
      REQUEST_URI: "/a%20b/%C3%A9?x=%20&y",
      PATH_INFO: "/a b/\u00c3\u00a9",
      QUERY_STRING: "x=%20&y",
      SERVER_PROTOCOL: "HTTP/1.1",
      HTTP_HOST: "example.test:80",
      HTTP_USER_AGENT: "curl",
      HTTP_X_EMPTY: "",
    });
  });

  it("keeps bytes from 0x80 on as latin-1, and long values whole", () => {
    const long = "x".repeat(300);
    const { environ } = parse(
      fields("X-Name: caf\u00e9", `X-Long: ${long}`, `X-Both: \u00e9${long}`),
    );
    expect(environ["HTTP_X_NAME"]).toBe("caf\u00e9");
    expect(environ["HTTP_X_LONG"]).toBe(long);
    expect(environ["HTTP_X_BOTH"]).toBe(`\u00e9${long}`);
  });

  it("leaves a broken percent escape as it is", () => {
    expect(parse("GET /100%/%zz/%4 HTTP/1.1\r\nHost: a\r\n\r\n").environ["PATH_INFO"]).toBe(
      "/100%/%zz/%4",
    );
  });

  it("joins repeated fields by a comma, cookies by a semicolon", () => {
    const { environ } = parse(fields("X-A: 1", "Cookie: a=1", "x-a: 2", "cookie: b=2", "X-A: 3"));
    expect(environ["HTTP_X_A"]).toBe("1, 2, 3");
    expect(environ["HTTP_COOKIE"]).toBe("a=1; b=2");
  });

  it("gives content type and length without HTTP_", () => {
    const { environ } = parse(fields("Content-Type: text/plain", "Content-Length: 12"));
    expect(environ["CONTENT_TYPE"]).toBe("text/plain");
    expect(environ["CONTENT_LENGTH"]).toBe("12");
    expect(environ).not.toHaveProperty("HTTP_CONTENT_TYPE");
    expect(parser.contentLength).toBe(12);
  });

  it("drops names with underscores, Proxy and Transfer-Encoding", () => {
    const { environ } = parse(
      fields("X_Forwarded_For: evil", "Proxy: http://evil", "Transfer-Encoding: chunked"),
    );
    expect(Object.keys(environ).filter((key) => key.startsWith("HTTP_"))).toEqual(["HTTP_HOST"]);
    expect(parser.chunked).toBe(true);
  });

  it("takes the host from an absolute target", () => {
    const { environ } = parse("GET http://real:81/p?q HTTP/1.1\r\nHost: other\r\n\r\n");
    expect(environ).toMatchObject({ HTTP_HOST: "real:81", PATH_INFO: "/p", QUERY_STRING: "q" });
  });

  it("tells what the connection is to do", () => {
    parse(fields());
    expect(parser.keepAlive).toBe(true);
    parse(fields("Connection: foo, Close"));
    expect(parser.keepAlive).toBe(false);
    parse("GET / HTTP/1.0\r\n\r\n");
    expect([parser.keepAlive, parser.http10]).toEqual([false, true]);
    parse("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
    expect(parser.keepAlive).toBe(true);
    parse(fields("Connection: keep-alive", "Connection: close"));
    expect(parser.keepAlive).toBe(false);
  });

  it("does not take one name for another with the same folded hash", () => {
    // `@` folds to a backquote, `^` to `~`: both of each pair are token characters or refused.
    const { environ } = parse(fields("X^A: 1", "X~A: 2"));
    expect(environ["HTTP_X^A"]).toBe("1");
    expect(environ["HTTP_X~A"]).toBe("2");
  });

  it("survives more names than it remembers", () => {
    const lines = Array.from({ length: 1500 }, (_, i) => `N${i}: ${i}`);
    const { environ } = parse(fields(...lines));
    expect(environ["HTTP_N1499"]).toBe("1499");
    expect(environ["HTTP_N3"]).toBe("3");
  });
});

describe("a head that could be read in two ways is refused", () => {
  const cases: [string, string, number][] = [
    ["no method", " / HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["no target", "GET  HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["two blanks", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["a tab for a blank", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["no version", "GET /\r\nHost: a\r\n\r\n", 400],
    ["a lower-case version", "GET / http/1.1\r\nHost: a\r\n\r\n", 400],
    ["HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\n", 505],
    ["HTTP/2.0 with a path", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505],
    ["HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505],
    ["a fragment", "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["a relative target", "GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["CONNECT", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 501],
    ["no Host", "GET / HTTP/1.1\r\nX: 1\r\n\r\n", 400],
    ["two Hosts", fields("Host: b"), 400],
    ["a Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400],
    ["a blank before the colon", fields("X : 1"), 400],
    ["an empty name", fields(": 1"), 400],
    ["no colon", fields("X"), 400],
    ["a folded line", fields("X: 1", " 2"), 400],
    ["a bare CR in a value", fields("X: 1\r2"), 400],
    ["a NUL in a value", fields("X: 1\0"), 400],
    ["a control character in a name", fields("X\x01: 1"), 400],
    ["a bare LF at a line's end", "GET / HTTP/1.1\r\nHost: a\nX: 1\r\n\r\n", 400],
    ["two lengths", fields("Content-Length: 1", "Content-Length: 1"), 400],
    ["a list of lengths", fields("Content-Length: 1, 1"), 400],
    ["a signed length", fields("Content-Length: +1"), 400],
    ["a hex length", fields("Content-Length: 0x1"), 400],
    ["an empty length", fields("Content-Length:"), 400],
    ["a length beyond all bounds", fields("Content-Length: 99999999999999999999"), 400],
    ["length and chunks", fields("Content-Length: 1", "Transfer-Encoding: chunked"), 400],
    ["another coding", fields("Transfer-Encoding: gzip, chunked"), 501],
    ["chunks that are not quite", fields("Transfer-Encoding: xchunked"), 501],
    ["two codings", fields("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), 400],
    ["chunks in HTTP/1.0", "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400],
    ["an absolute target without Host", "GET http://a/ HTTP/1.1\r\nX: 1\r\n\r\n", 400],
    [
      "an absolute target with two Hosts",
      "GET http://a/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
      400,
    ],
    ["an unknown expectation", fields("Expect: tea"), 417],
  ];
  it.each(cases)("%s", (_name, head, status) => {
    expect(parse(head).problem).toBe(status);
  });
});

describe("a client cannot make the parser forget a name", () => {
  /** The parser's hash of a field name. */
  const hashOf = (name: string) =>
    Buffer.from(name).reduce((hash, byte) => Math.imul(hash, 33) ^ (byte | 0x20), 5381);

  /** Another name with the same hash: two letters beside each other changed. */
  function colliding(name: string): string {
    const letters = "!#$&'*+-.^`|~0123456789abcdefghijklmnopqrstuvwxyz";
    for (let i = 0; i + 1 < name.length; i++) {
      for (const a of letters) {
        for (const b of letters) {
          const other = name.slice(0, i) + a + b + name.slice(i + 2);
          if (other !== name && hashOf(other) === hashOf(name)) return other;
        }
      }
    }
    throw new Error(`nothing collides with ${name}`);
  }

  const collider = colliding("content-length");

  it("by another with its hash, before or between", () => {
    const lines = ["Content-Length: 1", `${collider}: x`, "Content-Length: 2"];
    expect(parse(fields(...lines)).problem).toBe(400);
    const fresh = new HeadParser();
    const data = Buffer.from(fields(`${collider}: x`, ...lines));
    expect(fresh.parse(data, 0, data.length)).toBe(400);
    const { environ } = parse(fields(`${collider}: 1`, "Content-Length: 2", `${collider}: 3`));
    const key = `HTTP_${collider.toUpperCase().replaceAll("-", "_")}`;
    expect([environ[key], environ["CONTENT_LENGTH"]]).toEqual(["1, 3", "2"]);
  });

  it("by filling its table", () => {
    const fresh = new HeadParser();
    const filler = Array.from({ length: 2000 }, (_, i) => `F${i}: 1`);
    const data = Buffer.from(
      fields(...filler, "X-Late: 1", "X-Late: 2", "Content-Length: 1", "Content-Length: 1"),
    );
    expect(fresh.parse(data, 0, data.length)).toBe(400);
    const joined = Buffer.from(fields(...filler, "X-Late: 1", "X-Late: 2"));
    expect(fresh.parse(joined, 0, joined.length)).toBe(0);
    fresh.writer.end();
    const environ = unmarshal(fresh.writer.frame().subarray(FRAME_HEADER));
    expect(environ["HTTP_X_LATE"]).toBe("1, 2");
  });

  it("and many repeats do not cost their square", () => {
    const names = Array.from({ length: 3000 }, (_, i) => `${i}:`);
    const began = performance.now();
    expect(parse(fields(...names, ...names)).environ["HTTP_2999"]).toBe(", ");
    expect(performance.now() - began).toBeLessThan(500);
  });
});

describe("the end of a head", () => {
  it("is found once it is there", () => {
    const head = Buffer.from(fields("X: 1"));
    for (let length = 0; length < head.length; length++) {
      expect(findHeadEnd(head.subarray(0, length), 0, 65536)).toBe(0);
    }
    expect(findHeadEnd(Buffer.concat([head, Buffer.from("GET")]), 0, 65536)).toBe(head.length);
  });

  it("is not waited for after a bare LF", () => {
    expect(findHeadEnd(Buffer.from("GET / HTTP/1.1\n"), 0, 65536)).toBe(-1);
    expect(findHeadEnd(Buffer.from("GET / HTTP/1.1\r\nHost: a\n\n"), 0, 65536)).toBe(-1);
  });
});

describe("the scheme that a proxy tells of", () => {
  it.each([
    [[], false],
    [["X-Forwarded-Proto: https"], true],
    [["X-Forwarded-Proto: HTTPS"], true],
    [["X-Forwarded-Proto: http"], false],
    [["X-Forwarded-Proto: https, http"], false],
    [["X-Forwarded-Proto: http,https"], true],
    [["X-Forwarded-Proto: http", "X-Forwarded-Proto: https"], true],
    [["X-Forwarded-Proto: https", "X-Forwarded-Proto: http"], false],
    [["X-Forwarded-Proto: https", "X-Forwarded-Proto: ftp"], false],
    [["X-Forwarded-SSL: on"], true],
    [["X-Forwarded-SSL: ON"], true],
    [["X-Forwarded-SSL: 1"], true],
    [["X-Forwarded-SSL: off"], false],
    [["X-Forwarded-SSL: on, off"], false],
    [["X-Forwarded-SSL: on", "X-Forwarded-SSL: off"], false],
    [["X-Forwarded-SSL: on", "X-Forwarded-Proto: http"], false],
    [["X-Forwarded-Proto: http", "X-Forwarded-SSL: on"], false],
    [["X-Forwarded-Proto: https", "X-Forwarded-SSL: off"], true],
    [["X-Forwarded-Proto: ftp", "X-Forwarded-SSL: on"], true],
    [["X-Forwarded-Proto:", "X-Forwarded-SSL: on"], true],
    [["Forwarded: proto=https", "X_Forwarded_Proto: https", "Front-End-Https: on"], false],
  ])("%j: https %s", (lines, https) => {
    const { problem } = parse(fields(...lines));
    expect([problem, parser.forwardedHttps]).toEqual([0, https]);
    parse(fields());
    expect(parser.forwardedHttps).toBe(false);
  });
});
