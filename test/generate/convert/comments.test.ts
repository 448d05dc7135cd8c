import { expect, test } from "vitest";
import { commentsOf } from "../../../src/generate/convert/comments.ts";
import type { Format } from "../../../src/read/read.ts";
import { readText } from "../../../src/read/read-text.ts";
import { placeOf } from "../../../src/source.ts";

/** The comments with line and column. A part of the text in « » is a value. */
function comments(format: Format, marked: string, section = "uwsgi") {
  const start = marked.indexOf("«");
  const end = marked.indexOf("»") - 1;
  const source = { name: "a", text: marked.replace(/[«»]/g, "") };
  const values = start < 0 ? [] : [{ source, start, end }];
  return commentsOf(format, readText(source, source.text, []), section, values).map((comment) => {
    const { line, column } = placeOf(comment.span);
    return `${line}:${column} ${comment.lines.join("|")}`;
  });
}

test("of JSON: both kinds, none in a string, none of another section", () => {
  const text = `// top
{ // first
  "uwsgi": { /* one
     * two
     */ "a": "// no", "b\\"/*": ["x", // item
    1], "c": "http://x" },
  "other": { /* other's */ "d": 1 } // after
} /* end */
/**/`;
  expect(comments("json", text)).toEqual([
    "1:1 top",
    "2:3 first",
    "3:14 one|two",
    "5:38 item",
    "8:3 end",
  ]);
});

test("of XML: none in CDATA, none that is a value", () => {
  const text = `<!-- top -->
<uwsgi>
  <!--
    one
    two -->
  <a><!--« value »-->x</a>
  <b><![CDATA[<!-- no -->]]></b>
  <c>3<!-- behind --></c>
</uwsgi>`;
  expect(comments("xml", text)).toEqual(["1:1 top", "3:3 one|two", "8:7 behind"]);
});

test("of YAML: none in a scalar", () => {
  const text = `uwsgi:
  a: x#y # one
  'b # c': "d # e"  # two
  f: [1, # three
    2]
  g: |  # four
    # no
  # five
`;
  expect(comments("yaml", text)).toEqual([
    "2:10 one",
    "3:21 two",
    "4:10 three",
    "6:9 four",
    "8:3 five",
  ]);
});

test("of an ini: whole lines only, of one section and what is before all", () => {
  const text = "\ufeff; top\n[x]\n# x\n[uwsgi]\n\t#one\na = 1 ; no\n;# two #\n;\n";
  expect(comments("ini", text)).toEqual(["1:1 top", "5:1 one", "7:1 two #"]);
});
