import { describe, expect, test } from "vitest";
import { parseBoolean, parseInteger, parsePair } from "../../src/options/value.ts";

describe("parseBoolean", () => {
  test.each(["false", "Off", "NO", "0"])("%s is false", (text) => {
    expect(parseBoolean(text)).toEqual({ ok: true, value: false });
  });
  test.each(["true", "ON", "Yes", "1", ""])("%j is true", (text) => {
    expect(parseBoolean(text)).toEqual({ ok: true, value: true });
  });
  test.each(["disabled", "00", '"false"', "false ; no", "none"])("%s is neither", (text) => {
    expect(parseBoolean(text)).toEqual({ ok: false, expected: "`true` or `false`" });
  });
});

test("parseInteger takes the whole text", () => {
  expect(parseInteger("-12")).toEqual({ ok: true, value: -12 });
  expect(parseInteger("+7")).toEqual({ ok: true, value: 7 });
  for (const text of ["", "4 ; four", "0x10", "1e3", "5k", " 4", "1.5", "99999999999999999999"]) {
    expect(parseInteger(text), text).toEqual({ ok: false, expected: "a whole number" });
  }
});

test("parsePair divides at the first equals sign", () => {
  expect(parsePair("a=b=c")).toEqual({ ok: true, value: { name: "a", value: "b=c" } });
  expect(parsePair("a=")).toEqual({ ok: true, value: { name: "a", value: "" } });
  expect(parsePair("=b").ok).toBe(false);
  expect(parsePair("a").ok).toBe(false);
});
