import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { placeOf } from "../src/source.ts";

test("lines and columns count from 1, and past the end is the end", () => {
  const source = { name: "a.ini", text: "ab\n\ncd\r\né💡f" };
  const at = (start: number, end = start) => placeOf({ source, start, end });
  expect(at(0)).toEqual({ file: "a.ini", line: 1, column: 1, endLine: 1, endColumn: 1 });
  expect(at(2)).toMatchObject({ line: 1, column: 3 });
  expect(at(3)).toMatchObject({ line: 2, column: 1 });
  expect(at(4, 8)).toMatchObject({ line: 3, column: 1, endLine: 4, endColumn: 1 });
  expect(at(11)).toMatchObject({ line: 4, column: 4 });
  expect(at(99)).toMatchObject({ line: 4, column: 5 });
});

test("every offset has the place that splitting the text gives", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", "\n", "\r", "é") }), fc.nat(), (text, n) => {
      const offset = n % (text.length + 1);
      const before = text.slice(0, offset).split("\n");
      const source = { name: "a", text };
      expect(placeOf({ source, start: offset, end: offset })).toMatchObject({
        line: before.length,
        column: (before.at(-1)?.length ?? 0) + 1,
      });
    }),
  );
});

test("a text is searched for its lines once, however many places are asked for", () => {
  const source = { name: "a.ini", text: "a = 1\n".repeat(1000) };
  const searches = vi.spyOn(String.prototype, "indexOf");
  try {
    for (let start = 0; start < 6000; start++) placeOf({ source, start, end: start + 1 });
    expect(searches).toHaveBeenCalledTimes(1001);
  } finally {
    searches.mockRestore();
  }
});
