import { describe, expect, test } from "vitest";
import { brief, textOf, written } from "./marked.ts";
import { reading } from "./reading.ts";

const readXml = (text: string, id = "") => reading("xml", text, id);

function pairs(text: string, id = ""): [string, string][] {
  return readXml(text, id).entries.map(({ key, value }) => [key, value]);
}

test("the text is the value, an empty element is 1, blanks are kept", () => {
  expect(pairs("<uwsgi><a> x\r\n</a><b/><c></c><d>&lt;&#x41;&#66;&amp;</d></uwsgi>")).toEqual([
    ["a", " x\n"],
    ["b", "1"],
    ["c", "1"],
    ["d", "<AB&"],
  ]);
});

test("CDATA is text, and among the options Python", () => {
  expect(pairs("<uwsgi><a><![CDATA[<x>]]><![CDATA[y]]></a><![CDATA[f()]]></uwsgi>")).toEqual([
    ["a", "<x>y"],
    ["eval", "f()"],
  ]);
});

test("an id chooses the section and the options", () => {
  const text =
    '<r><uwsgi id="x"><a>1</a></uwsgi><uwsgi id="y"><b>2</b><c id="y">3</c><d id="x">4</d></uwsgi></r>';
  expect(pairs(text)).toEqual([["a", "1"]]);
  expect(pairs(text, "y")).toEqual([
    ["b", "2"],
    ["c", "3"],
  ]);
  expect(pairs('<uwsgi id="x"><a>1</a></uwsgi>', "uwsgi")).toEqual([["a", "1"]]);
});

test("applications are mounted", () => {
  const text = `<uwsgi><app mountpoint="/x">
    <script>mod</script>
  </app><app domain="d.com">mod2</app><app>mod3</app><app/></uwsgi>`;
  const { entries, found } = readXml(text);
  expect(found).toEqual([]);
  expect(entries.map(({ key, value }) => [key, value])).toEqual([
    ["mount", "/x=mod"],
    ["app", ""],
    ["mount", "d.com|=mod2"],
    ["app", ""],
    ["mount", "mod3"],
    ["app", ""],
    ["app", ""],
  ]);
  expect(entries.map(written).slice(0, 2)).toEqual([
    ["app", "mod"],
    ["app", ""],
  ]);
});

test("names are without a prefix that stands for a namespace", () => {
  expect(pairs('<x:uwsgi xmlns:x="u"><x:a>1</x:a><y:b>2</y:b><xml:c/></x:uwsgi>')).toEqual([
    ["a", "1"],
    ["y:b", "2"],
    ["c", "1"],
  ]);
});

test("places are those of the file, behind entities and magic variables too", () => {
  const text = "<uwsgi>\n <%n.b>&lt;%d%n;</%n.b><c><![CDATA[%d]]></c><d/></uwsgi>";
  const { entries, found } = readXml(text);
  expect(found).toEqual([]);
  expect(entries.map(({ key, value }) => [key, value])).toEqual([
    ["a.b", "</srv/app/a;"],
    ["c", "/srv/app/"],
    ["d", "1"],
  ]);
  expect(entries.map(written)).toEqual([
    ["%n.b", "&lt;%d%n;"],
    ["c", "%d"],
    ["d", ""],
  ]);
});

describe("what is no XML", () => {
  test.each([
    ["nothing", "", "1:1", "there is no element"],
    ["text", "x", "1:1", "text before the first element"],
    ["text after the end", "<uwsgi/>\nx", "1:9", "text after the last element"],
    ["two roots", "<uwsgi/><b/>", "1:10", "`<b>` after the end of `<uwsgi>`"],
    ["an element that is not closed", "<uwsgi>\n<a>", "2:2", "`<a>` is not closed"],
    ["another end", "<uwsgi><a></b>", "1:13", "`</b>` where `<a>` must be closed first"],
    ["an end of nothing", "<a/></b>", "1:7", "`</b>` closes nothing"],
    ["a tag without its end", "<uwsgi", "1:1", "`<uwsgi` without its `>`"],
    ["an end tag without its end", "<a></a <b/>", "1:4", "`</a` without its `>`"],
    ["a blank after `<`", "< uwsgi/>", "1:1", "`<` must be followed by the name"],
    ["a digit after `<`", "<a><1/></a>", "1:4", "`<` must be followed by the name"],
    ["`</` alone", "<a></ a>", "1:4", "`</` must be followed by the name"],
    ["an ampersand", "<a>x & y</a>", "1:6", "`&` must begin an entity"],
    ["an unknown entity", "<a>\n&nbsp;</a>", "2:1", "the entity `&nbsp;` is not known"],
    ["no character", "<a>&#0;</a>", "1:4", "`&#0;` is no character of XML"],
    ["a control character", "<a>\u0001</a>", "1:4", "a control character"],
    ["a control character in CDATA", "<a><![CDATA[\u0001]]></a>", "1:13", "a control character"],
    ["an end of CDATA", "<a>x]]></a>", "1:5", "`]]>` cannot stand in a text"],
    ["CDATA that is not closed", "<a><![CDATA[x</a>", "1:4", "a CDATA section without its end"],
    ["a comment that is not closed", "<a><!-- x</a>", "1:4", "a comment without its end"],
    ["two dashes in a comment", "<a><!-- a--b --></a>", "1:10", "`--` cannot stand in a comment"],
    ["an instruction that is not closed", "<?x <a/>", "1:1", "an instruction without its end"],
    ["an instruction without a name", "<? x?><a/>", "1:1", "`<?` must be followed by a name"],
    ["an instruction called XML", "<a><?XML x?></a>", "1:6", "`XML` is kept for XML itself"],
    ["no blank in an instruction", "<?x!?><a/>", "1:4", "a blank is missing after `<?x`"],
    [
      "a blank line before the declaration",
      '\n<?xml version="1.0"?><a/>',
      "2:1",
      "`<?xml` must be the very first",
    ],
    [
      "a declaration without a version",
      '<?xml encoding="utf-8"?><a/>',
      "1:1",
      "a malformed XML declaration",
    ],
    ["another version", '<?xml version="2.0"?><a/>', "1:16", "version `2.0` of XML is not known"],
    [
      "another encoding",
      '<?xml version="1.0" encoding="latin1"?><a>é</a>',
      "1:31",
      "the text says that it is `latin1`",
    ],
    [
      "an unknown encoding",
      '<?xml version="1.0" encoding="foo"?><a/>',
      "1:31",
      "the text says that it is `foo`",
    ],
    ["no quotes", "<a b=1/>", "1:6", "the value of an attribute must be in quotes"],
    ["no value", "<a b/>", "1:4", "the attribute `b` has no value"],
    ["an open quote", '<a b="1/>', "1:6", "the quote is not closed"],
    ["`<` in an attribute", '<a b="<"/>', "1:7", "`<` cannot stand in an attribute"],
    ["an entity in an attribute", '<a b="&x;"/>', "1:7", "the entity `&x;` is not known"],
    ["no blank between attributes", '<a b="1"c="2"/>', "1:9", "expected a blank"],
    ["an attribute twice", '<a b="1" b="2"/>', "1:10", "a second attribute `b`"],
    ["no attribute", "<a =/>", "1:4", "expected an attribute"],
    ["a DOCTYPE after the beginning", "<a/><!DOCTYPE a>", "1:5", "`<!DOCTYPE` must stand once"],
    ["a malformed DOCTYPE", "<!DOCTYPE a PUBLIC 'x'><a/>", "1:1", "not written as XML wants it"],
    ["declarations", "<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", "1:13", "declarations in a `<!DOCTYPE`"],
    ["depth", "<a>".repeat(258), "1:773", "more than 257 elements"],
  ])("%s", (_, text, place, message) => {
    const { entries, found } = readXml(text);
    expect(entries).toEqual([]);
    expect(brief(found)).toEqual([`a.xml:${place} error xml-syntax`]);
    expect(found[0]?.message).toContain(message);
  });

  test("a percent sign that eats `<` is said first", () => {
    expect(brief(readXml("<uwsgi><a>100%</a></uwsgi>").found)).toEqual([
      "a.xml:1:14 warning percent-eats-character",
      "a.xml:1:21 error xml-syntax",
    ]);
  });

  test("what libxml2 lets pass is XML", () => {
    const text =
      '<?xml version="1.1" encoding="us-ascii" standalone="yes"?>\n<!DOCTYPE a SYSTEM "x.dtd" [ ]>' +
      '<!-- c --><?p q?><uwsgi><a b="&#9;x>" ></a ></uwsgi>\n<?p?>';
    expect(pairs(text)).toEqual([["a", "1"]]);
    expect(pairs('\ufeff<?xml version="1.0"?><uwsgi><a/></uwsgi>')).toEqual([["a", "1"]]);
    expect(
      pairs(`${"<uwsgi><a> ".padEnd(10)}${"<a>".repeat(255)}${"</a>".repeat(256)}</uwsgi>`),
    ).toEqual([["a", " "]]);
  });
});

describe("findings", () => {
  test.each([
    [
      "an element that begins with one",
      "<uwsgi><a><b/></a></uwsgi>",
      "1:12 error xml-nested-element",
      "b",
    ],
    [
      "an instruction without text",
      "<uwsgi><a><?p?></a></uwsgi>",
      "1:11 error xml-nested-element",
      "<?p?>",
    ],
    [
      "an element after a blank",
      "<uwsgi><a>\n<b>1</b></a></uwsgi>",
      "2:2 error xml-lost-content",
      "b",
    ],
    [
      "text after a comment",
      "<uwsgi><a>1<!-- c -->2</a></uwsgi>",
      "1:22 error xml-lost-content",
      "2",
    ],
    [
      "CDATA after text",
      "<uwsgi><a>1<![CDATA[2]]></a></uwsgi>",
      "1:21 error xml-lost-content",
      "2",
    ],
    [
      "a comment for a value",
      "<uwsgi><a><!-- c --></a></uwsgi>",
      "1:11 error xml-comment-value",
      "<!-- c -->",
    ],
    ["text among the options", "<uwsgi> x <a/></uwsgi>", "1:9 error xml-stray-text", "x "],
    ["an attribute", '<uwsgi><a value="1"/></uwsgi>', "1:11 error xml-attribute", "value="],
    ["a mode", '<uwsgi><a mode="m">1</a></uwsgi>', "1:11 error xml-attribute", "mode="],
    ["an app that mounts nothing", '<uwsgi><app domain="d"/></uwsgi>', "1:9 error xml-app", "app"],
    [
      "an app without a blank",
      "<uwsgi><app><script>m</script></app></uwsgi>",
      "1:9 error xml-app",
      "app",
    ],
    [
      "an app with more",
      "<uwsgi><app> <script>m</script><x/></app></uwsgi>",
      "1:33 error xml-lost-content",
      "x",
    ],
    [
      "an app with text before",
      "<uwsgi><app>y<script>m</script></app></uwsgi>",
      "1:13 error xml-lost-content",
      "y",
    ],
    [
      "a second section",
      "<r><uwsgi><a/></uwsgi><uwsgi/></r>",
      "1:24 error xml-repeated-section",
      "uwsgi",
    ],
    ["nothing", "<uwsgi> <!-- c --></uwsgi>", "1:2 warning empty-file", "uwsgi"],
    ["no section", "<config><a/></config>", "1:2 error no-section", "config"],
    ["an empty root", "<config/>", "1:2 error missing-section", "config"],
    ["a section in capitals", "<r>\n<UWSGI/></r>", "2:2 error no-section", "UWSGI"],
    [
      "a percent sign in a text",
      "<uwsgi><!-- 5% q --><a>5%q</a></uwsgi>",
      "1:25 warning percent-eats-character",
      "%q",
    ],
  ])("%s", (_, text, expected, marked) => {
    const { found } = readXml(text);
    expect(brief(found)).toEqual([`a.xml:${expected}`]);
    expect(found[0]?.span && textOf(found[0].span)).toBe(marked);
  });

  test("an id that is not there", () => {
    const text = '<r><uwsgi id="web"/><uwsgi id="api"/></r>';
    const [found] = readXml(text, "wep").found;
    expect(found).toMatchObject({ rule: "no-section", span: { start: 14, end: 17 } });
    expect(readXml(text, "else").found[0]?.message).toContain('the file has `<uwsgi id="web">`');
  });

  test("sections with different ids are meant to be several", () => {
    expect(readXml('<r><uwsgi id="a"><x/></uwsgi><uwsgi id="b"/></r>').found).toEqual([]);
  });
});
