import { describe, expect, test } from "vitest";
import { translatePattern } from "../../../src/settings/routing/pattern.ts";

function matches(pattern: string, subject: string): readonly (string | undefined)[] | null {
  const read = translatePattern(pattern);
  if ("fault" in read) throw new Error(read.fault.message);
  const found = new RegExp(read.ok.source, read.ok.flags).exec(subject);
  return found && [...found];
}

describe("a regular expression of PCRE means the same", () => {
  test.each<[string, string, readonly (string | undefined)[] | null]>([
    ["^/a$", "/a\n", ["/a"]],
    ["^/a$", "/a\n\n", null],
    ["^/a\\z", "/a\n", null],
    ["^/a\\Z", "/a\n", ["/a"]],
    ["\\Aa", "ba", null],
    ["^.$", "\r", ["\r"]],
    ["^.$", "\n", null],
    ["(?s)^.$", "\n", ["\n"]],
    ["(?i)^AB", "ab", ["ab"]],
    ["(?is)^A.", "a\n", ["a\n"]],
    ["^\\s$", "\xa0", null],
    ["^[\\s]$", "\t", ["\t"]],
    ["^[^\\S]$", " ", [" "]],
    ["^\\h\\v\\R$", " \n\r\n", [" \n\r\n"]],
    ["[[:digit:][:upper:]]+", "ab12CD", ["12CD"]],
    ["^[]a]+$", "]a]", ["]a]"]],
    ["^[^]a]+$", "bc", ["bc"]],
    ["^[a[]+$", "[a", ["[a"]],
    ["\\Qa.b*\\E$", "a.b*", ["a.b*"]],
    ["\\Q/", "/", ["/"]],
    ["(?P<x>a)(?'y'b)(?<z>c)", "abc", ["abc", "a", "b", "c"]],
    ["(?#a comment)b", "b", ["b"]],
    ["(.)\\1", "aa", ["aa", "a"]],
    ["\\x41\\x{42}\\012", "AB\n", ["AB\n"]],
    ["\\e\\a", "\x1b\x07", ["\x1b\x07"]],
    ["^/\u00e9$", "/\xc3\xa9", ["/\xc3\xa9"]],
    ["(a)|(b)", "b", ["b", undefined, "b"]],
    ["a{2,3}?", "aaa", ["aa"]],
    ["\\/\\-\\_\\:", "/-_:", ["/-_:"]],
    ["(?<=a)b(?!c)", "abd", ["b"]],
  ])("%j on %j", (pattern, subject, found) => {
    expect(matches(pattern, subject)).toEqual(found);
  });
});

describe("what cannot be said in JavaScript is a fault, with its place", () => {
  test.each([
    ["a++b", "++", 1],
    ["a{2}+", "}+", 3],
    ["(?>a)", "(?>a)", 0],
    ["x(?i)y", "(?i)", 1],
    ["x(?i:y)", "(?i:y)", 1],
    ["(?R)", "(?R)", 0],
    ["(*UTF8)a", "(*UTF8)", 0],
    ["a\\K", "\\K", 1],
    ["\\p{L}", "\\p", 0],
    ["\\2(a)", "\\2", 0],
    ["[[:nope:]]", "[:nope:]", 1],
    ["a[bc", "[bc", 1],
    ["a\\", "\\", 1],
    ["\\g1", "\\g", 0],
  ])("%j at %j", (pattern, what, start) => {
    const read = translatePattern(pattern);
    if ("ok" in read) throw new Error(`${pattern} became ${read.ok.source}`);
    expect(pattern.slice(read.fault.start, read.fault.end)).toBe(what);
    expect(read.fault.start).toBe(start);
  });

  test.each(["a(b", "a)", "*a", "a{3,2}"])("%j is wrong in both", (pattern) => {
    expect(translatePattern(pattern)).toHaveProperty("fault");
  });
});
