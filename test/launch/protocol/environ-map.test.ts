import { expect, test } from "vitest";
import { EnvironWriter } from "../../../src/launch/protocol/environ.ts";
import { readEnviron, writeEnviron } from "../../../src/launch/protocol/environ-map.ts";

const vars = new Map([
  ["REQUEST_METHOD", "GET"],
  ["PATH_INFO", "/caf\xc3\xa9"],
  ["QUERY_STRING", ""],
  ["HTTP_COOKIE", "x".repeat(300)],
  ["HTTP_LONG", `\xe9${"y".repeat(70_000)}`],
]);

test.each([true, false])("what is written is read back (whole: %s)", (whole) => {
  expect([...readEnviron(writeEnviron(vars, whole))]).toEqual([...vars]);
});

test("reads what the parsers write, the later of two equal names", () => {
  const writer = new EnvironWriter();
  writer.begin(100);
  for (const text of ["A", "1", "B", "\xff0", "A", "2"]) writer.text(text);
  writer.end();
  expect([...readEnviron(writer.frame())]).toEqual([
    ["A", "2"],
    ["B", "\xff0"],
  ]);
});

test("a whole one is a dict with its end, an open one is the same without", () => {
  const whole = writeEnviron(vars, true);
  const open = writeEnviron(vars, false);
  expect(whole.subarray(0, -1)).toEqual(open);
  expect(whole.at(-1)).toBe("0".charCodeAt(0));
});
