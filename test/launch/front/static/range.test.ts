import { expect, test } from "vitest";
import { contentRange, parseRange } from "../../../../src/launch/front/static/range.ts";

const BIG = 5_000_000_000;

test.each([
  ["bytes=0-0", 10, [[0, 1]]],
  ["bytes=2-5", 10, [[2, 6]]],
  ["bytes=2-", 10, [[2, 10]]],
  ["bytes=0-", 10, [[0, 10]]],
  ["bytes=-3", 10, [[7, 10]]],
  ["bytes=-30", 10, [[0, 10]]],
  ["bytes=8-99", 10, [[8, 10]]],
  [
    "Bytes= 1-2 , 4-5,",
    10,
    [
      [1, 3],
      [4, 6],
    ],
  ],
  [
    "bytes=6-7,0-1",
    10,
    [
      [6, 8],
      [0, 2],
    ],
  ],
  ["bytes=1-2,50-60", 10, [[1, 3]]],
  ["bytes=4999999999-", BIG, [[BIG - 1, BIG]]],
] as const)("%s of %d", (field, size, wanted) => {
  expect(parseRange(field, size)?.map(({ start, end }) => [start, end])).toEqual(wanted);
});

test.each(["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=20-30,40-"])(
  "%s cannot be satisfied",
  (field) => {
    expect(parseRange(field, 10)).toEqual([]);
  },
);

test("no part of nothing can be had", () => {
  expect([parseRange("bytes=0-", 0), parseRange("bytes=-5", 0)]).toEqual([[], []]);
});

test.each([
  "bytes",
  "bytes=",
  "bytes=,",
  "bytes=-",
  "bytes=a-b",
  "bytes=5-2",
  "bytes=1-2,x",
  "bytes 1-2",
  "lines=1-2",
  "bytes=1--2",
  "bytes=0-4,2-6",
  `bytes=${Array.from({ length: 17 }, (_, n) => `${2 * n}-${2 * n}`).join()}`,
  `bytes=${"9".repeat(16)}-`,
])("%s is ignored", (field) => {
  expect(parseRange(field, 1000)).toBeUndefined();
});

test("Content-Range names the last byte", () => {
  expect(contentRange({ start: 0, end: 1 }, BIG)).toBe("bytes 0-0/5000000000");
});
