import { expect, test } from "vitest";
import type { Diagnostic } from "../../src/diagnostic.ts";
import { json } from "../../src/output/json.ts";
import { pretty } from "../../src/output/pretty.ts";

function finding(text: string, marked: string, rest: Partial<Diagnostic> = {}): Diagnostic {
  const start = text.indexOf(marked);
  const span = { source: { name: "app.ini", text }, start, end: start + marked.length };
  return { rule: "a-rule", severity: "error", message: "it is wrong", span, ...rest };
}

test("place, message, source line with a mark, help", () => {
  const text = "[uwsgi]\nprocesses = auto\n";
  expect(pretty([finding(text, "auto", { help: "write a number" })], false)).toBe(
    [
      "app.ini:2:13: error: it is wrong [a-rule]",
      " 2 | processes = auto",
      "   |             ^^^^",
      "   = help: write a number",
      "",
    ].join("\n"),
  );
});

test("without a place there is only the message", () => {
  const lost = finding("", "", { span: undefined, severity: "warning" });
  expect(pretty([lost], false)).toBe("warning: it is wrong [a-rule]\n");
});

test("an empty line is not shown", () => {
  expect(pretty([finding("\nx", "")], false)).toBe("app.ini:1:1: error: it is wrong [a-rule]\n");
});

test("tabs stay, so that the mark stands under the fault; a CR is not shown", () => {
  const lines = pretty([finding("a\t=\tb\r\n", "b")], false).split("\n");
  expect(lines.slice(1, 3)).toEqual([" 1 | a\t=\tb", "   |  \t \t^"]);
});

test("a fault that spans lines is marked to the end of its first", () => {
  expect(pretty([finding("x: ab\ncd", "ab\ncd")], false)).toContain("   |    ^^\n");
});

test("long lines are cut round the fault", () => {
  const lines = pretty([finding(`${"x".repeat(500)}HERE${"y".repeat(500)}`, "HERE")], false).split(
    "\n",
  );
  expect(lines[1]?.length).toBeLessThan(180);
  const at = lines[2]?.indexOf("^^^^") ?? -1;
  expect(lines[1]?.slice(at, at + 4)).toBe("HERE");
});

test("control characters never reach the terminal", () => {
  const text = "a = \u001b[31mx\u0007";
  const shown = pretty([finding(text, "x", { message: "bad \u001b]0;title\u0007" })], false);
  expect([...shown].filter((character) => character < " " && character !== "\n")).toEqual([]);
});

test("colours are used only when asked for", () => {
  expect(pretty([finding("a", "a")], true)).toContain("\u001b[31;1merror\u001b[0m");
});

test("JSON has every field, null where there is none", () => {
  const found = [finding("k = v", "v", { help: "h" }), finding("", "", { span: undefined })];
  expect(JSON.parse(json(found))).toEqual([
    {
      file: "app.ini",
      line: 1,
      column: 5,
      endLine: 1,
      endColumn: 6,
      rule: "a-rule",
      severity: "error",
      message: "it is wrong",
      help: "h",
    },
    {
      file: null,
      line: null,
      column: null,
      endLine: null,
      endColumn: null,
      rule: "a-rule",
      severity: "error",
      message: "it is wrong",
      help: null,
    },
  ]);
  expect(json([])).toBe("[]\n");
});

test("the way to an included file, the nearest first, without the command line", () => {
  const outer = { name: "a.ini", text: "[uwsgi]\nini = b.ini\n" };
  const inner = { name: "b.ini", text: "[uwsgi]\n\nini = app.ini\n" };
  const argv = { name: "(command line)", text: "--ini a.ini" };
  const includes = [
    { source: argv, start: 6, end: 11 },
    { source: outer, start: 14, end: 19 },
    { source: inner, start: 15, end: 22 },
  ];
  const found = finding("x = 1", "1", { includes, help: "do" });
  expect(pretty([found], false)).toBe(
    [
      "app.ini:1:5: error: it is wrong [a-rule]",
      " 1 | x = 1",
      "   |     ^",
      "   = included from b.ini:3:7",
      "   = included from a.ini:2:7",
      "   = help: do",
      "",
    ].join("\n"),
  );
  const [row] = JSON.parse(json([found]));
  expect(row.includedFrom).toEqual([
    { file: "b.ini", line: 3, column: 7 },
    { file: "a.ini", line: 2, column: 7 },
  ]);
  const direct = finding("x", "x", { includes: includes.slice(0, 1) });
  expect(JSON.parse(json([direct]))[0]).not.toHaveProperty("includedFrom");
});
