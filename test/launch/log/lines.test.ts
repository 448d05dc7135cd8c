import { expect, test } from "vitest";
import { lineFeed, lineSplitter, logLine } from "../../../src/launch/log/lines.ts";

test("a line has the time in UTC, and one end", () => {
  expect(logLine("text\n", new Date(0))).toBe("[1970-01-01T00:00:00Z] text\n");
});

test("a line with the date that was asked for", () => {
  const now = new Date(2026, 10, 3, 2, 9, 5);
  expect(logLine("text", now, "")).toBe("Tue Nov  3 02:09:05 2026 - text\n");
  expect(logLine("text", now, "%Y/%m")).toBe("2026/11 - text\n");
  expect(logLine("text", now, "server")).toBe("server - text\n");
});

/** The lines of a text that comes in parts of a size. */
function split(text: string, size: number, longest: number): string[] {
  const lines: string[] = [];
  const { feed, end } = lineSplitter((line) => lines.push(line.toString()), longest);
  for (let at = 0; at < text.length; at += size) feed(Buffer.from(text.slice(at, at + size)));
  end();
  return lines;
}

test.each([1, 2, 7, 100])("lines whole or in parts of %i bytes", (size) => {
  expect(split("a\n\nbc\ndef", size, 50)).toEqual(["a", "", "bc", "def"]);
  expect(split("a\n", size, 50)).toEqual(["a"]);
});

test.each([1, 3, 100])("a line that is too long is cut, in parts of %i bytes", (size) => {
  expect(split("abcdefgh\nij\n", size, 3).join("|").replaceAll("||", "|")).toBe("abc|def|gh|ij");
});

/** What a log gets of a text that comes in parts of a size. */
function fed(text: string, size: number, batches: boolean, longest: number): string[] {
  const pieces: string[] = [];
  const { feed, end } = lineFeed((piece) => pieces.push(piece.toString()), batches, longest);
  for (let at = 0; at < text.length; at += size) feed(Buffer.from(text.slice(at, at + size)));
  end();
  return pieces;
}

test.each([1, 2, 7, 100])("for a log, lines one by one, in parts of %i bytes", (size) => {
  expect(fed("a\n\nbc\ndef", size, false, 50)).toEqual(["a\n", "\n", "bc\n", "def\n"]);
  expect(fed("abcdefgh\nij\n", size, false, 5)).toEqual(["abcde\n", "fgh\n", "ij\n"]);
});

test.each([1, 2, 7, 100])("for a log, lines as they came, in parts of %i bytes", (size) => {
  const pieces = fed("a\n\nbc\ndef", size, true, 50);
  expect(pieces.join("")).toBe("a\n\nbc\ndef\n");
  expect(pieces.every((piece) => piece.endsWith("\n"))).toBe(true);
  expect(fed("a\nb\nc", 100, true, 50)).toEqual(["a\nb\n", "c\n"]);
});
