import fc from "fast-check";
import { expect, test } from "vitest";
import { nginxComment, nginxQuote } from "../../src/generate/quote.ts";

/** The value of one parameter as nginx's ngx_conf_read_token reads it; throws when it is not one. */
function read(token: string): string {
  if (!token.startsWith('"')) {
    if (!/^[^\s;{}"'\\$#]+$/.test(token)) throw new Error(`not bare: ${token}`);
    return token;
  }
  const inside = /^"((?:[^"\\]|\\[\s\S])*)"$/.exec(token)?.[1];
  if (inside === undefined) throw new Error(`not one quoted token: ${token}`);
  return inside.replace(
    /\\(["'\\trn])/g,
    (_, c: string) => ({ t: "\t", r: "\r", n: "\n" })[c] ?? c,
  );
}

test("plain paths stay readable", () => {
  expect(nginxQuote("unix:/run/app.sock")).toBe("unix:/run/app.sock");
  expect(nginxQuote("[::1]:80")).toBe("[::1]:80");
});

test.each([
  ["a b", '"a b"'],
  ["", '""'],
  ['say "hi"\\', '"say \\"hi\\"\\\\"'],
  ["a;b{c}#d", '"a;b{c}#d"'],
  ["l1\nl2\t\r", '"l1\\nl2\\t\\r"'],
  ["\\n", '"\\\\n"'],
])("%j is written %s", (value, written) => expect(nginxQuote(value)).toBe(written));

test("nginx reads back any text", () => {
  const sharp = fc.string({ unit: fc.constantFrom(..."\\\"';{}#$ \n\t\rtrnab/é") });
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), sharp), (value) => {
      expect(read(nginxQuote(value))).toBe(value);
    }),
  );
});

test("no comment has a second line", () => {
  expect(nginxComment("a\nb\rc\0d")).toBe("# a?b?c?d");
});
