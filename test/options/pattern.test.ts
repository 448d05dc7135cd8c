import { expect, test } from "vitest";
import { parsePattern } from "../../src/options/pattern.ts";

function matches(pattern: string, text: string): boolean | string {
  const read = parsePattern(pattern);
  return read.ok ? read.value.test(text) : read.expected;
}

test.each([
  ["/srv/.*\\.jpe?g$", "/srv/a.jpg", true],
  ["/srv/.*\\.jpe?g$", "/srv/a.jpgx", false],
  ["(?i)\\.PNG$", "a.png", true],
  ["\\.PNG$", "a.png", false],
  ["foo\\-bar", "foo-bar", true],
  ["[a\\-c]", "-", true],
  ["[a\\-c]", "b", false],
  ["\\_\\'\\:\\@", "_':@", true],
  ["[\\]\\-]x", "-x", true],
  ["caf\u00e9.", "caf\u00e9s", true],
  ["\\d{2,3}\\b", "12", true],
])("%s on %s: %s", (pattern, text, wanted) => {
  expect(matches(pattern, text)).toBe(wanted);
});

test.each([
  "(",
  "a**",
  "\\Aabc",
  "x\\z",
  "(?P<n>a)",
  "a++",
  "[[:alpha:]]",
  "[^[:space:]]",
  "(?x) a",
])("%s is not taken, with a reason", (pattern) => {
  const read = parsePattern(pattern);
  expect(read.ok ? "taken" : read.expected).toMatch(
    /^(a regular expression of JavaScript \(.+\)|no class)/,
  );
});
