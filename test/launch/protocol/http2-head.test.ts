/** The heads of HTTP/2 requests as those of HTTP/1.1, and the other way round for answers. */
import { describe, expect, test } from "vitest";
import { http2Fields } from "../../../src/launch/protocol/http2-fields.ts";
import { http1Head } from "../../../src/launch/protocol/http2-head.ts";

const usual = [":method", "GET", ":scheme", "https", ":path", "/a?b", ":authority", "h:1"];
const without = (name: string) => {
  const at = usual.indexOf(name);
  return usual.filter((_, index) => index !== at && index !== at + 1);
};
const headOf = (...fields: string[]) => http1Head(fields)?.toString("latin1");

describe("a request", () => {
  test("is one of HTTP/1.1 with its fields in order", () => {
    expect(headOf(...usual, "cookie", "a=1", "x-y", "\u00e9", "cookie", "b=2")).toBe(
      "GET /a?b HTTP/1.1\r\nhost: h:1\r\ncookie: a=1\r\nx-y: \u00e9\r\ncookie: b=2\r\n\r\n",
    );
  });

  test("may have host in place of, or equal to, :authority", () => {
    expect(headOf(...without(":authority"), "host", "x")).toContain("\r\nhost: x\r\n");
    expect(headOf(...usual, "host", "H:1")?.match(/host:/g)).toHaveLength(1);
  });

  test("may be for the server as a whole, or to connect", () => {
    const star = [":method", "OPTIONS", ":scheme", "https", ":path", "*", ":authority", "h"];
    expect(headOf(...star)).toContain("OPTIONS * HTTP/1.1");
    expect(headOf(":method", "CONNECT", ":authority", "h:1")).toContain("CONNECT h:1 HTTP/1.1");
  });

  test.each<[string, string[]]>([
    ["no method", without(":method")],
    ["no path", without(":path")],
    ["no host", without(":authority")],
    ["an empty host", [...without(":authority"), ":authority", ""]],
    ["two hosts", [...usual, "host", "other"]],
    ["host twice", [...without(":authority"), "host", "x", "host", "x"]],
    ["a path that names a host", [...without(":path"), ":path", "https://evil/"]],
    ["an empty path", [...without(":path"), ":path", ""]],
    ["a star for GET", [...without(":path"), ":path", "*"]],
    ["a path with a space", [...without(":path"), ":path", "/ HTTP/1.1"]],
    ["a path with a line", [...without(":path"), ":path", "/\r\nx: y"]],
    ["a method with a line", [...without(":method"), ":method", "GET /\n"]],
    ["a method with a space", [...without(":method"), ":method", "GET /x"]],
    ["a host with a line", [...without(":authority"), ":authority", "h\r\nx: y"]],
    ["a value with a line", [...usual, "x", "a\nb"]],
    ["a name with a line", [...usual, "x\r\ny", "a"]],
    ["a value with NUL", [...usual, "x", "a\0b"]],
    ["a name with capitals", [...usual, "X-Y", "a"]],
    ["a pseudo-field twice", [...usual, ":path", "/"]],
    ["an unknown pseudo-field", [...usual, ":what", "x"]],
    ["a pseudo-field behind others", [...without(":path"), "x", "y", ":path", "/"]],
    ["connection", [...usual, "connection", "close"]],
    ["transfer-encoding", [...usual, "transfer-encoding", "chunked"]],
    ["upgrade", [...usual, "upgrade", "h2c"]],
    ["keep-alive", [...usual, "keep-alive", "1"]],
    ["te with more than trailers", [...usual, "te", "gzip"]],
  ])("%s is malformed", (_, fields) => {
    expect(headOf(...fields)).toBeUndefined();
  });
});

describe("an answer", () => {
  const fieldsOf = (...lines: string[]) =>
    http2Fields(Buffer.from(`200 OK\r\n${lines.map((line) => `${line}\r\n`).join("")}`, "latin1"));

  test("has its fields in lower case, several of one name as a list", () => {
    expect(fieldsOf("X-One: 1", "Set-Cookie: a=1", "Set-Cookie: b=2", "set-cookie: c=3")).toEqual({
      fields: { "x-one": "1", "set-cookie": ["a=1", "b=2", "c=3"] },
      count: 4,
    });
  });

  test("has nothing of the connection", () => {
    const { fields } = fieldsOf(
      "Connection: close",
      "Keep-Alive: 1",
      "Upgrade: x",
      "Constructor: y",
    );
    expect(fields).toEqual({ constructor: "y" });
  });

  test("has one of what there may be one of: the last", () => {
    expect(fieldsOf("Content-Type: a/b", "Content-Type: c/d").fields).toEqual({
      "content-type": "c/d",
    });
  });
});
