import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { collector } from "../../src/diagnostic.ts";
import { read } from "../../src/read/read.ts";
import { placeOf } from "../../src/source.ts";
import { brief, written } from "./marked.ts";

const variables = (letter: string) =>
  new Map([
    ["d", "/srv/app/"],
    ["n", ""],
    ["s", "%n"],
  ]).get(letter);

function readIni(text: string, section = "uwsgi") {
  const { report, found } = collector();
  const source = { name: "a.ini", text };
  return { entries: read("ini", source, section, variables, report), found };
}

describe("places", () => {
  test("of names and values", () => {
    const { entries } = readIni("[uwsgi]\n  socket =  :3031 \r\nmaster\nvacuum =\n");
    expect(entries.map(written)).toEqual([
      ["socket", ":3031"],
      ["master", ""],
      ["vacuum", ""],
    ]);
    expect(entries.map(({ valueSpan }) => placeOf(valueSpan))).toMatchObject([
      { line: 2, column: 13, endColumn: 18 },
      { line: 3, column: 7, endColumn: 7 },
      { line: 4, column: 7, endColumn: 7 },
    ]);
  });

  test("after magic variables, longer, shorter and gone, are those of the file", () => {
    const { entries } = readIni("[uwsgi]\n%nchdir = %d%d\n; %d\nfoo%s = a%nb\nx = 1%%\n");
    expect(entries.map(({ key, value }) => [key, value])).toEqual([
      ["chdir", "/srv/app//srv/app/"],
      ["foo%n", "ab"],
      ["x", "1%"],
    ]);
    expect(entries.map(written)).toEqual([
      ["chdir", "%d%d"],
      ["foo%s", "a%nb"],
      ["x", "1%%"],
    ]);
  });
});

describe("findings", () => {
  test.each([
    ["a section in capitals", "\n[uWSGI]\na = 1\n", ["a.ini:2:1 error missing-section"]],
    ["blanks in the brackets", "[ uwsgi ]\n", ["a.ini:1:1 error missing-section"]],
    ["another section only", "[app]\na = 1\n", ["a.ini:1:1 error missing-section"]],
    [
      "text after the header",
      "[uwsgi] ; x\n",
      ["a.ini:1:1 error malformed-section", "a.ini:1:1 error missing-section"],
    ],
    ["an option in brackets", "[uwsgi]\na=1\n [b]=2\n", ["a.ini:3:2 error malformed-section"]],
    [
      "lines that end in CR",
      "[uwsgi]\ra=1\r",
      ["a.ini:1:1 error malformed-section", "a.ini:1:1 error missing-section"],
    ],
    ["a byte order mark", "\ufeff[uwsgi]\na=1\n", ["a.ini:1:1 error byte-order-mark"]],
    ["a harmless byte order mark", "\ufeff# x\n[uwsgi]\na=1\n", []],
    ["options before the section", "a = 1\n[uwsgi]\nb = 1\n", ["a.ini:1:1 error outside-section"]],
    ["no section", "a = 1\n", ["a.ini:1:1 error missing-section"]],
    ["nothing", "\n; x\n", ["a.ini:1:1 warning empty-file"]],
    ["an empty section", "; x\n[uwsgi]\n", ["a.ini:2:1 warning empty-file"]],
    ["NUL", "[uwsgi]\na = b\0c\n", ["a.ini:2:6 error nul-byte"]],
    ["a lost line", "[uwsgi]\n# 100%\na = 1\nb = 1\n", ["a.ini:2:6 warning percent-eats-line"]],
    ["a joined line", "[uwsgi]\na = 5%\nb = 1\n", ["a.ini:2:6 warning percent-eats-line"]],
    ["a lost character", "[uwsgi]\na = 5%q %%\n", ["a.ini:2:6 warning percent-eats-character"]],
    ["a percent sign at the end", "[uwsgi]\na = 5%", ["a.ini:2:6 warning percent-eats-character"]],
    ["a percent sign in a comment", "[uwsgi]\n# 5% q %d\na = 1\n", []],
    ["a date", "[uwsgi]\nlog-date = %d.%%m\n", ["a.ini:2:12 warning magic-in-log-format"]],
    [
      "a log format",
      "[uwsgi]\nlogformat = %(addr) %s\n",
      ["a.ini:2:21 warning magic-in-log-format"],
    ],
  ])("%s", (_, text, expected) => {
    expect(brief(readIni(text).found)).toEqual(expected);
  });

  test("say what to do", () => {
    expect(readIni("[uWSGI]\n").found[0]?.help).toBe("write `[uwsgi]` exactly; this is `[uWSGI]`");
    expect(readIni("[uwsgi] ; x\n").found[0]?.help).toBe("put a comment on a line of its own");
    expect(readIni("[uwsgi]\na = 5%q\n").found[0]?.help).toBe("write `%%q`");
    expect(readIni("[app]\n", "dev").found[0]?.message).toBe(
      "no section `[dev]` here, so uWSGI reads nothing; the file has `[app]`",
    );
  });
});

test("without magic variables every span covers exactly what was read", () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
  const value = fc.stringMatching(/^[a-z0-9/:=;#"]{0,10}$/);
  fc.assert(
    fc.property(fc.array(fc.tuple(word, value)), (pairs) => {
      const text = `[uwsgi]\n${pairs.map(([key, given]) => `\t${key} = ${given} \n`).join("")}`;
      expect(readIni(text).entries.map(written)).toEqual(pairs);
    }),
  );
});
