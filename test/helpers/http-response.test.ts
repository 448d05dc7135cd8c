import { describe, expect, test } from "vitest";
import { framingOf, parseHead, takeBody } from "./http-response.ts";

function head(text: string) {
  const parsed = parseHead(Buffer.from(text, "latin1"));
  if (!parsed) throw new Error("no head");
  return parsed;
}

describe("heads", () => {
  test("come when complete", () => {
    const text = "HTTP/1.1 200 OK\r\nA: 1\r\nB:  two \r\n\r\n";
    for (let end = 0; end < text.length; end++) {
      expect(parseHead(Buffer.from(text.slice(0, end)))).toBeUndefined();
    }
    expect(head(`${text}rest`)).toEqual({
      version: "HTTP/1.1",
      status: 200,
      reason: "OK",
      headers: [
        ["A", "1"],
        ["B", "two"],
      ],
      end: text.length,
    });
  });

  test.each([
    "HTTP/1.1 20 OK\r\n\r\n",
    "HTTP/2 200 OK\r\n\r\n",
    " HTTP/1.1 200 OK\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA : 1\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA: 1\r\n folded\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA: 1\nB: 2\r\n\r\n",
  ])("%j is refused", (text) => expect(() => head(text)).toThrow("bad"));
});

describe("framing", () => {
  test.each([
    ["GET", "200 OK\r\nContent-Length: 3", { kind: "length", length: 3 }],
    ["GET", "200 OK\r\nTransfer-Encoding: chunked", { kind: "chunked" }],
    ["GET", "200 OK", { kind: "close" }],
    ["HEAD", "200 OK\r\nContent-Length: 3", { kind: "none" }],
    ["GET", "304 Not Modified\r\nContent-Length: 3", { kind: "none" }],
    ["GET", "204 No Content", { kind: "none" }],
  ])("%s: %j", (method, rest, framing) => {
    expect(framingOf(head(`HTTP/1.1 ${rest}\r\n\r\n`), method)).toEqual(framing);
  });

  test.each([
    "200 OK\r\nContent-Length: 3\r\nContent-Length: 3",
    "200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked",
    "200 OK\r\nContent-Length: +3",
    "200 OK\r\nTransfer-Encoding: gzip",
    "204 No Content\r\nContent-Length: 0",
  ])("%j is refused", (rest) => {
    expect(() => framingOf(head(`HTTP/1.1 ${rest}\r\n\r\n`), "GET")).toThrow();
  });
});

describe("chunks", () => {
  const take = (text: string) => takeBody(Buffer.from(text), { kind: "chunked" }, false);

  test("end with the empty one, and what follows stays", () => {
    const text = "3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n";
    for (let end = 0; end < text.length; end++) expect(take(text.slice(0, end))).toBeUndefined();
    const taken = take(`${text}HTTP/1.1`);
    expect([taken?.body.toString(), taken?.end]).toEqual(["abc0123456789", text.length]);
  });

  test.each(["x\r\n", "3;a=b\r\nabc\r\n0\r\n\r\n", "3\r\nabcd\r\n0\r\n\r\n", "-1\r\n"])(
    "%j is refused",
    (text) => expect(() => take(text)).toThrow("chunk"),
  );
});
