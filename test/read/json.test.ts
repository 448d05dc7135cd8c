import { describe, expect, test } from "vitest";
import { brief, written } from "./marked.ts";
import { reading } from "./reading.ts";

const readJson = (text: string, section = "") => reading("json", text, section);

function pairs(text: string, section = ""): [string, string][] {
  return readJson(text, section).entries.map(({ key, value }) => [key, value]);
}

test("values are texts, 1 and 0, and numbers as written; a list repeats its key", () => {
  expect(
    pairs('{"uwsgi":{"a":"s","b":true,"c":false,"d":null,"e":1.50,"f":-3,"g":[1e3,"x",true]}}'),
  ).toEqual([
    ["a", "s"],
    ["b", "1"],
    ["c", "0"],
    ["d", "0"],
    ["e", "1.50"],
    ["f", "-3"],
    ["g", "1e3"],
    ["g", "x"],
    ["g", "1"],
  ]);
});

test("escapes", () => {
  expect(pairs(String.raw`{"uwsgi":{"\u0061\/":"\"\\\b\f\n\r\t\u00e9\ud83d\ude00"}}`)).toEqual([
    ["a/", '"\\\b\f\n\r\té😀'],
  ]);
});

test("another section", () => {
  expect(pairs('{"uwsgi":{"a":1},"dev":{"b":2}}', "dev")).toEqual([["b", "2"]]);
});

test("places are inside the quotes, and behind magic variables those of the file", () => {
  const text = '{ // %d é\n "uwsgi": {"%nb": "x%d%n!", "e\\u0041": [12, "%d"], "t": true}}';
  const { entries, found } = readJson(text);
  expect(found).toEqual([]);
  expect(entries.map(written)).toEqual([
    ["%nb", "x%d%n!"],
    ["e\\u0041", "12"],
    ["e\\u0041", "%d"],
    ["t", "true"],
  ]);
  expect(entries.map(({ value }) => value)).toEqual(["x/srv/app/a!", "12", "/srv/app/", "1"]);
});

describe("what is no JSON", () => {
  test.each([
    ["a comma too many", '{"uwsgi":{"a":1,}}', "1:16", "a comma before `}`"],
    ["a comma too many in a list", '{"uwsgi":{"a":[1,\n]}}', "1:17", "a comma before `]`"],
    ["two commas", '{"uwsgi":{"a":1,,}}', "1:17", "expected a name in double quotes, found `,`"],
    ["no comma", '{"uwsgi":{"a":1\n"b":2}}', "2:1", 'expected `,` or `}`, found `"b"`'],
    ["no colon", '{"uwsgi" {}}', "1:10", "expected `:` after the name, found `{`"],
    ["no value", '{"uwsgi":}', "1:10", "expected a value, found `}`"],
    ["a name without quotes", "{uwsgi:1}", "1:2", "`uwsgi` is not JSON"],
    ["a number for a name", "{1:1}", "1:2", "expected a name in double quotes, found `1`"],
    ["a word of Python", '{"uwsgi":{"a":True}}', "1:15", "`True` is not JSON"],
    ["single quotes", "{'uwsgi':1}", "1:2", "`'` cannot stand here"],
    ["a hash", "{\n# c\n}", "2:1", "`#` cannot stand here"],
    ["a lone slash", '{"uwsgi":{}} /', "1:14", "`/` cannot stand here"],
    ["a byte order mark", "\ufeff{}", "1:1", "a byte order mark"],
    ["a leading zero", '{"a":[01]}', "1:7", "a number cannot begin with 0"],
    ["a minus alone", '{"a":-}', "1:6", "a digit after the minus sign"],
    ["a point alone", '{"a":1.}', "1:6", "a digit after the point"],
    ["an exponent alone", '{"a":1e+}', "1:6", "a digit after the exponent"],
    ["a line break in a text", '{"a":"x\ny"}', "1:8", "a line break inside a string"],
    ["a tab in a text", '{"a":"\t"}', "1:7", "a tab inside a string"],
    ["an escape that is none", '{"a":"\\q"}', "1:7", "`\\q` is no escape"],
    ["half an escape", '{"a":"\\u12"}', "1:7", "four hexadecimal digits"],
    ["an open text", '{"a":"x', "1:6", "the text ends inside a string"],
    ["an open object", '{"a":{}', "1:8", "expected `,` or `}`, the text ends"],
    ["nothing", "", "1:1", "expected a value, the text ends"],
    ["more than one value", "{}\n{}", "2:1", "expected the end of the text, found `{`"],
    ["a percent sign that eats a quote", '{"a":"5%"}', "1:6", "the text ends inside a string"],
    ["depth", `${"[".repeat(1001)}1`, "1:1002", "more than 1000 objects and lists"],
  ])("%s", (_, text, place, message) => {
    const { entries, found } = readJson(text);
    const errors = found.filter(({ severity }) => severity === "error");
    expect(entries).toEqual([]);
    expect(brief(errors)).toEqual([`a.json:${place} error json-syntax`]);
    expect(errors[0]?.message).toContain(message);
  });

  test("says what to do", () => {
    const help = (text: string) => readJson(text).found.at(-1)?.help;
    expect(help('{"a":1,}')).toBe("take the comma out");
    expect(help('{"a":None}')).toBe("write `null`");
    expect(help('{"a":FALSE}')).toBe("write `false`");
    expect(help('{"a":app}')).toBe('write `"app"`');
    expect(help('{"a":"\t"}')).toBe("write `\\t`");
    expect(help("{'a'}")).toBe("strings are in double quotes");
    expect(help('{"a":"\\d"}')).toBe("write `\\\\` for a backslash");
  });
});

describe("findings", () => {
  test.each([
    ["an object for a value", '{"uwsgi":{"a":{"b":1},"c":1}}', ["1:12 error json-nested-object"]],
    ["a list in a list", '{"uwsgi":{"a":[[1],2]}}', ["1:16 error json-nested-list"]],
    ["an empty list", '{"uwsgi":{"a":[]}}', ["1:12 warning json-no-value"]],
    ["no options", '{"uwsgi":{}}', ["1:3 warning empty-file"]],
    ["a second section", '{"uwsgi":{"a":1},"uwsgi":{}}', ["1:19 error json-repeated-section"]],
    [
      "no object",
      '{"uwsgi":1,"uwsgi":{}}',
      ["1:10 error json-section", "1:13 error json-repeated-section"],
    ],
    ["no section", '{"app":{}}', ["1:1 error no-section"]],
    ["a section in capitals", '{\n"uWSGI":{}}', ["2:2 error no-section"]],
    ["a list", "[1]", ["1:1 error no-section"]],
    ["half a pair", '{"uwsgi":{"a":"x\\udc00"}}', ["1:17 error json-surrogate"]],
    ["a NUL", '{"uwsgi":{"a":"x\\u0000y"}}', ["1:17 error nul-byte"]],
    ["a NUL in the name", '{"uwsgi":{"a\\u0000":1}}', ["1:13 error nul-byte"]],
  ])("%s", (_, text, expected) => {
    expect(brief(readJson(text).found)).toEqual(expected.map((line) => `a.json:${line}`));
  });

  test("a comment may hold percent signs", () => {
    expect(readJson('{ // 5% q\n"uwsgi": /* 7%\n q */ {"a": "// 5%q"}}').found).toMatchObject([
      { rule: "percent-eats-character", span: { start: 42 } },
    ]);
  });

  test("a line comment that ends in a percent sign swallows the next line", () => {
    const { entries, found } = readJson('{"uwsgi":{ // 100%\n"a":1,\n"b":2}}');
    expect(entries.map(({ key }) => key)).toEqual(["b"]);
    expect(brief(found)).toEqual(["a.json:1:18 warning percent-eats-line"]);
  });
});
