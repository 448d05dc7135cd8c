import { expect, test } from "vitest";
import { collector } from "../../src/diagnostic.ts";
import { decode } from "../../src/read/decode.ts";
import { brief } from "./marked.ts";

function decodeBytes(...bytes: number[]) {
  const { report, found } = collector();
  const named = { source: { name: "a.ini", text: "" }, start: 0, end: 0 };
  return { source: decode("a.ini", Uint8Array.from(bytes), named, report), found };
}

test("UTF-8 is taken as it is, a byte order mark and all", () => {
  const { source, found } = decodeBytes(0xef, 0xbb, 0xbf, 0xc3, 0xa9, 0x0a);
  expect(source?.text).toBe("\ufeffé\n");
  expect(found).toEqual([]);
});

test.each([
  ["a lone byte of Latin-1", [0x61, 0x0a, 0xc3, 0xa9, 0xe9, 0x62], "2:2", "0xe9"],
  ["a byte that begins nothing", [0x61, 0xff], "1:2", "0xff"],
  ["a sequence that breaks off", [0x61, 0xe2, 0x98, 0x62], "1:2", "0xe2"],
  ["a sequence that breaks off at the end", [0x61, 0x62, 0xe2, 0x98], "1:3", "0xe2"],
  ["a surrogate", [0x61, 0xed, 0xa0, 0x80, 0x62], "1:2", "0xed"],
  ["the first byte", [0x80], "1:1", "0x80"],
])("%s", (_, bytes, place, byte) => {
  const { source, found } = decodeBytes(...bytes);
  expect(brief(found)).toEqual([`a.ini:${place} error not-utf-8`]);
  expect(found[0]?.message).toContain(byte);
  expect(source?.text).toContain("\ufffd");
});

test.each([
  ["binary", [0x7f, 0x45, 0x4c, 0x46, 0x02, 0x00, 0xff], "is a binary file"],
  ["UTF-16", [0xff, 0xfe, 0x61, 0x00], "is UTF-16"],
])("%s is no text", (_, bytes, message) => {
  const { source, found } = decodeBytes(...bytes);
  expect(source).toBeUndefined();
  expect(found[0]?.message).toContain(message);
});
