import { expect, test } from "vitest";
import { fileHead, multipart } from "../../../../src/launch/front/static/static-head.ts";

const fields = {
  type: "text/css",
  coding: "gzip",
  varies: true,
  ranges: true,
  etag: '"e"',
  lastModified: "L",
  expires: "X",
};

test("a 304 says what matters to a cache, and errors say nothing of the file", () => {
  const names = (status: 200 | 206 | 304 | 412 | 416) =>
    fileHead(status, fields, "More: m\r\n")
      .toString()
      .split("\r\n")
      .slice(1, -1)
      .map((line) => line.split(":")[0]);
  const cache = ["Last-Modified", "ETag", "Expires", "Vary", "More"];
  expect(names(200)).toEqual(["Content-Type", "Content-Encoding", "Accept-Ranges", ...cache]);
  expect(names(206)).toEqual(names(200));
  expect(names(304)).toEqual(cache);
  expect([names(412), names(416)]).toEqual([["More"], ["More"]]);
});

test("several parts, and their length with what is between", () => {
  const ranges = [
    { start: 0, end: 2 },
    { start: 5, end: 9 },
  ];
  const made = multipart(ranges, 20, "a/b", "BOUND");
  expect(made.type).toBe("multipart/byteranges; boundary=BOUND");
  expect(made.between).toEqual([
    "--BOUND\r\nContent-Type: a/b\r\nContent-Range: bytes 0-1/20\r\n\r\n",
    "\r\n--BOUND\r\nContent-Type: a/b\r\nContent-Range: bytes 5-8/20\r\n\r\n",
    "\r\n--BOUND--\r\n",
  ]);
  expect(made.length).toBe(made.between.join("").length + 6);
});
