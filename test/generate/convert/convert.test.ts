import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { collector } from "../../../src/diagnostic.ts";
import { convert } from "../../../src/generate/convert/convert.ts";
import type { Format } from "../../../src/read/read.ts";
import { read } from "../../../src/read/read.ts";
import { brief } from "../../read/marked.ts";

const values = new Map([
  ["d", "/srv/app/"],
  ["n", "app"],
  ["s", "app.ini"],
  ["x", ""],
  ["[", "\u001b"],
]);
const variables = (letter: string) => values.get(letter);

function run(from: Format, to: Format, text: string, section = "") {
  const { report, found } = collector();
  const source = { name: `a.${from}`, text };
  return { text: convert({ source, from, to, section, variables }, report), found };
}

/** Names and values as a reader has them, magic variables replaced. */
function entriesOf(format: Format, text: string, section = ""): [string, string][] {
  const { report, found } = collector();
  const entries = read(format, { name: `b.${format}`, text }, section, variables, report);
  expect(found.filter(({ severity }) => severity === "error")).toEqual([]);
  return entries.map(({ key, value }) => [key, value]);
}

const ini = `# half of it, 50%% of all
[uwsgi]
; where
chdir = %d/x%%y
home = %(base)/venv

master
env = A=1
env = B="it's"
if-env = PORT
http = :$(PORT)
endif
# -- end --
  odd key = [x] & <y> # 7
[other]
# not of this section
b = 2
`;

describe("an ini", () => {
  test("as YAML", () => {
    expect(run("ini", "yaml", ini).text).toBe(`uwsgi:
  # half of it, 50%% of all
  # where
  chdir: '%d/x%%y'
  home: '%(base)/venv'

  master: ''
  env:
    - A=1
    - B="it's"
  if-env: PORT
  http: ':$(PORT)'
  endif: ''
  # -- end --
  odd key: '[x] & <y> # 7'
`);
  });

  test("as JSON", () => {
    expect(run("ini", "json", ini.replace("odd key", "%n-key")).text).toBe(`{
  "uwsgi": {
    // half of it, 50%% of all
    // where
    "chdir": "%d/x%%y",
    "home": "%(base)/venv",

    "master": "",
    "env": [
      "A=1",
      "B=\\"it's\\""
    ],
    "if-env": "PORT",
    "http": ":$(PORT)",
    "endif": "",
    // -- end --
    "%n-key": "[x] & <y> # 7"
  }
}
`);
  });

  test("as XML", () => {
    expect(
      run("ini", "xml", ini.replace("odd key", "odd")).text,
    ).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<uwsgi>
  <!-- half of it, 50%% of all -->
  <!-- where -->
  <chdir>%d/x%%y</chdir>
  <home>%(base)/venv</home>

  <master><![CDATA[]]></master>
  <env>A=1</env>
  <env>B="it's"</env>
  <if-env>PORT</if-env>
  <http>:$(PORT)</http>
  <endif><![CDATA[]]></endif>
  <!-- - - end - - -->
  <odd>[x] &amp; &lt;y&gt; # 7</odd>
</uwsgi>
`);
  });

  test("of another section keeps its name", () => {
    expect(run("ini", "yaml", ini, "other").text).toBe(
      "other:\n  # half of it, 50%% of all\n  # not of this section\n  b: 2\n",
    );
    expect(run("ini", "xml", "[a&b]\nx = 1\n", "a&b").text).toContain('<uwsgi id="a&amp;b">');
    expect(run("ini", "json", "[dev]\nx = 1\n", "dev").text).toContain('"dev": {\n    "x": 1\n');
  });
});

test("YAML as an ini: comments behind a value come above it", () => {
  const text = `# top
uwsgi: # section
  a: "x # y" # one # two
  b: it's
  vacuum:

  env:
  # in the list
  - A
  - 'B#' # bb
other:
  # another's
  x: 1
`;
  expect(run("yaml", "ini", text).text).toBe(`[uwsgi]
# top
# section
# one # two
a = x # y
b = it's
# in the list
env = A
# bb
env = B#
`);
});

test("lines of a value are no comments, and stay a block in YAML", () => {
  const text = "uwsgi:\n  c: |\n    l1\n\n    # l2\n     l3\n  # real\n  d: 1\n";
  expect(run("yaml", "yaml", text).text).toBe(text);
});

test("a comment's control characters and rare line breaks do not end it", () => {
  const converted = run("ini", "yaml", "[uwsgi]\n# a\u0085b = 1\u2028c\u0007\rd\na = 1\n").text;
  expect(converted).toBe("uwsgi:\n  # a b = 1 c\n  # d\n  a: 1\n");
});

test("a comment does not grow from one conversion to the next", () => {
  const once = run("ini", "yaml", "[uwsgi]\n# 5%%\na = 1\n").text ?? "";
  expect(run("yaml", "ini", once).text).toBe("[uwsgi]\n# 5%%\na = 1\n");
});

describe("what a format cannot hold", () => {
  test.each<[string, Format, Format, string, string]>([
    ["a line break in an ini", "yaml", "ini", 'uwsgi:\n  a: "x\\ny"\n', "a.yaml:2:7"],
    ["blanks in front in an ini", "yaml", "ini", "uwsgi:\n  a: ' x'\n", "a.yaml:2:7"],
    ["an equals sign in a name", "yaml", "ini", "uwsgi:\n  a=b: x\n", "a.yaml:2:3"],
    ["a name that begins a header", "yaml", "ini", "uwsgi:\n  '[a': x\n", "a.yaml:2:4"],
    ["a name that begins a comment", "yaml", "ini", "uwsgi:\n  ;a: x\n", "a.yaml:2:3"],
    ["a section of two lines", "yaml", "ini", '"a\\nb":\n  a: x\n', "a.yaml:1:1"],
    ["a name with a blank in XML", "ini", "xml", "[uwsgi]\nmy key = 1\n", "a.ini:2:1"],
    ["a name with a colon in XML", "ini", "xml", "[uwsgi]\na:b = 1\n", "a.ini:2:1"],
    ["no name in XML", "ini", "xml", "[uwsgi]\n= 1\n", "a.ini:2:1"],
    ["an app in XML", "ini", "xml", "[uwsgi]\napp = 1\n", "a.ini:2:1"],
    ["a control character in XML", "ini", "xml", "[uwsgi]\na = %[31m\n", "a.ini:2:5"],
    ["a long name in YAML", "ini", "yaml", `[uwsgi]\n${"a".repeat(161)} = 1\n`, "a.ini:2:1"],
    ["half a character", "ini", "json", "[uwsgi]\na = \ud800\n", "a.ini:2:5"],
    ["a character that is used inside", "ini", "yaml", "[uwsgi]\na = \u{40001}\n", "a.ini:2:5"],
  ])("%s", (title, from, to, text, place) => {
    const section = title.startsWith("a section") ? "a\nb" : "";
    const result = run(from, to, text, section);
    expect(brief(result.found)).toContain(`${place} error cannot-convert`);
    expect(result.text).toBeUndefined();
  });

  test("is said with the option and the reason", () => {
    const [found] = run("ini", "xml", "[uwsgi]\n%n key = 1\n").found;
    expect(found?.message).toBe(
      "the name `%n key` cannot be written in XML: the name of an element has only letters, digits, `.`, `-`, `_`",
    );
  });
});

describe("magic variables", () => {
  test("that are empty may leave nothing, which is no value in YAML", () => {
    const { text, found } = run("yaml", "ini", "uwsgi:\n  a: %x\n  b: 1\n");
    expect([text, brief(found)]).toEqual([
      undefined,
      ["a.yaml:2:3 warning yaml-no-value", "a.yaml:2:6 error cannot-convert"],
    ]);
  });

  test("that may be empty are CDATA in XML, where nothing would be 1", () => {
    expect(run("ini", "xml", "[uwsgi]\na = %x\n").text).toContain("<a><![CDATA[%x]]></a>");
  });

  test("of the file's name are pointed out", () => {
    const { found } = run("ini", "yaml", "[uwsgi]\na = 1\nb = /x/%s\nc = %%s %n\n");
    expect(brief(found)).toEqual(["a.ini:3:5 warning file-name-variable"]);
    expect(run("ini", "ini", "[uwsgi]\nb = %s\n").found).toEqual([]);
  });

  test("that are none disappear as uWSGI has it, with a warning", () => {
    const { text, found } = run("ini", "yaml", "[uwsgi]\na = 5%q!\n# 7%\nb = 1\nc = 2\n");
    expect(text).toBe("uwsgi:\n  a: 5!\n  # 7%%\n  # b = 1\n  c: 2\n");
    expect(brief(found)).toEqual([
      "a.ini:2:6 warning percent-eats-character",
      "a.ini:3:4 warning percent-eats-line",
    ]);
  });

  test("an escape character is one again in an ini, and quoted elsewhere", () => {
    expect(run("ini", "ini", "[uwsgi]\na = x%[y\n").text).toBe("[uwsgi]\na = x%[y\n");
    expect(run("ini", "yaml", "[uwsgi]\na = x%[y\n").text).toBe('uwsgi:\n  a: "x\\x1by"\n');
    expect(run("yaml", "ini", 'uwsgi:\n  a: "x\\ey"\n').text).toBe("[uwsgi]\na = x%[y\n");
  });

  test("of time are the same in one conversion", () => {
    let now = 0;
    const { report, found } = collector();
    const source = { name: "a.ini", text: "[uwsgi]\na = %T\n" };
    const clock = (letter: string) => (letter === "T" ? String(now++) : undefined);
    const conversion = { source, from: "ini", to: "yaml", section: "uwsgi" } as const;
    expect(convert({ ...conversion, variables: clock }, report)).toBe("uwsgi:\n  a: '%T'\n");
    expect(found).toEqual([]);
  });
});

test("a section of the same file is pointed out, unless another ini was read before", () => {
  const own = run("ini", "json", "[uwsgi]\nini = :base\n[base]\na = 1\n");
  expect(brief(own.found)).toEqual(["a.ini:2:7 warning own-section"]);
  expect(run("ini", "json", "[uwsgi]\nini = b.ini\nini = :base\n").found).toEqual([]);
});

test("errors of the text come first, and nothing is written", () => {
  const { text, found } = run("yaml", "ini", 'uwsgi:\n  a:\n    b: "x\\ny"\n');
  expect([text, brief(found)]).toEqual([undefined, ["a.yaml:2:3 error yaml-nested-mapping"]]);
});

/** Pieces of text that some format reads as something else. */
const pieces = fc.constantFrom(
  ..."a b c é 漢 😀 \u0085 \u2028 \ufeff \t ' \" \\ # ; : , [ ] { } & < > ! | * @ ` ~ - = ? . 0 1e3 true null ]]> -- // /* \\n".split(
    " ",
  ),
  " ",
  "  ",
  ": ",
  " #",
  "%%",
  "%(x)",
  "%d",
  "%n",
  "$(HOME)",
  "@(f)",
);
const lineOf = fc.array(pieces, { maxLength: 6 }).map((parts) => parts.join(""));

/** An ini that anybody could have written; `%x` of its own are already in it. */
const inis = fc
  .array(fc.tuple(fc.constantFrom("a", "b", "env", "x-y", "my key", "#", "; "), lineOf), {
    maxLength: 8,
  })
  .map((lines) => `[uwsgi]\n${lines.map(([key, value]) => `${key} = ${value}\n`).join("")}`);

/** Text with anything in it, doubled percent signs included, as YAML writes it in double quotes. */
const anything = fc
  .array(fc.oneof(pieces, fc.constantFrom("\n", "\n\n", "\r", "\u0001", "\u007f", "\u001b")), {
    maxLength: 8,
  })
  .map((parts) => JSON.stringify(parts.join("")).replace("\u007f", "\\x7f"));
const quotable = fc
  .oneof({ weight: 4, arbitrary: lineOf.map((text) => JSON.stringify(text)) }, anything)
  .filter((text) => !/[\u0085\u2028\ufeff]/.test(text));
const yamls = fc
  .array(
    fc.tuple(
      fc.constantFrom("a", "env", "b c"),
      fc.array(quotable, { minLength: 1, maxLength: 3 }),
    ),
    {
      minLength: 1,
      maxLength: 5,
    },
  )
  .map((all) => {
    const lines = all.map(([key, [first = "", ...more]]) =>
      more.length === 0
        ? `  ${key}: ${first}\n`
        : `  ${key}:\n${[first, ...more].map((item) => `    - ${item}\n`).join("")}`,
    );
    return `uwsgi:\n${lines.join("")}`;
  });

const formats = ["ini", "yaml", "json", "xml"] as const;

describe("reading the result gives the same entries", () => {
  const pairs = formats.flatMap((from) => formats.map((to) => [from, to] as const));

  test.each(pairs)("%s to %s", (from, to) => {
    let written = 0;
    // What a YAML file can hold, an ini often cannot.
    const first = from === "ini" || to === "ini" ? "ini" : "yaml";
    const check = (original: string) => {
      const text = first === from ? original : run(first, from, original).text;
      if (text === undefined) return;
      const result = run(from, to, text);
      if (result.text === undefined) {
        expect(result.found.some(({ severity }) => severity === "error")).toBe(true);
        return;
      }
      written++;
      expect(entriesOf(to, result.text)).toEqual(entriesOf(from, text));
    };
    fc.assert(fc.property(first === "ini" ? inis : yamls, check), { numRuns: 500 });
    expect(written).toBeGreaterThan(50);
  });

  test("ini to JSON, as JSON.parse reads it", () => {
    const parsed = (text: string): unknown => JSON.parse(text);
    fc.assert(
      fc.property(lineOf, (line) => {
        const text = `[uwsgi]\na = ${line}\n`;
        const result = run("ini", "json", text).text ?? "";
        // Magic variables first, as uWSGI does.
        const magic = result.replace(/%([%dn])/g, (_, letter) =>
          letter === "%" ? "%" : (variables(letter) ?? ""),
        );
        const [[, value = ""] = []] = entriesOf("ini", text);
        const number = /^(?:0|-?[1-9]\d*)$/.test(value);
        expect(parsed(magic)).toEqual({ uwsgi: { a: number ? Number(value) : value } });
      }),
    );
  });

  test("ini to YAML to ini is the same text as the ini written anew", () => {
    fc.assert(
      fc.property(inis, (text) => {
        const anew = run("ini", "ini", text).text ?? "";
        const there = run("ini", "yaml", anew).text ?? "";
        expect(run("yaml", "ini", there).text).toBe(anew);
      }),
    );
  });
});
