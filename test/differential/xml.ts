/** Generated XML files. */
import fc from "fast-check";
import { blockEnd, blockStart, special, value, word } from "./values.ts";

/** The text of a file with a `uwsgi` element, at its root or below. */
export function xmlFile(): fc.Arbitrary<string> {
  return fc
    .record({
      before: fc.constantFrom(
        "",
        "",
        '<?xml version="1.0"?>\n',
        '<?xml version="1.0" encoding="UTF-8"?>',
        "<!-- c -->",
        "<!DOCTYPE uwsgi>",
      ),
      shape: fc.oneof(
        { weight: 8, arbitrary: fc.constant(["<uwsgi>", "</uwsgi>"] as const) },
        fc.constantFrom(
          ...[
            ["<config><uwsgi>", "</uwsgi></config>"] as const,
            ["<config>\n <x/>\n <uwsgi>", "</uwsgi><uwsgi><b>2</b></uwsgi></config>"] as const,
            ['<uwsgi id="one">', "</uwsgi>"] as const,
            ['<c><uwsgi id="one">', '</uwsgi><uwsgi id="two"><b>2</b></uwsgi></c>'] as const,
            ["<other>", "</other>"] as const,
            ["<uwsgi>", "</uwsg>"] as const,
          ],
        ),
      ),
      content: fc.array(fc.tuple(between, element), { maxLength: 8 }),
      after: fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom("", "\n", "\n<!-- end -->\n") },
        fc.constant("x"),
      ),
    })
    .map(
      ({ before, shape: [open, close], content, after }) =>
        `${before}${open}${content.map((parts) => parts.join("")).join("")}${close}${after}`,
    );
}

const between = fc.constantFrom("", "", "\n", "\n  ", " ", "<!-- c -->", "text", "<?pi x?>");

const name = fc.constantFrom(
  "a",
  "b",
  "c",
  "x",
  "y",
  "n",
  "base",
  "port_a",
  "procname",
  "module",
  "Master",
);

const content = fc.oneof(
  { weight: 18, arbitrary: value.map(escaped) },
  { weight: 6, arbitrary: word },
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      ...[
        "&lt;&amp;&gt;&quot;&apos;",
        "&#65;&#xe9;",
        "<![CDATA[x<y]]>",
        "a<![CDATA[b]]>c",
        "<!-- c -->2",
      ],
      ...["3<!-- d -->", "3<!-- d -->4", "\n x\n", " ", "<?pi y?>z", "%(a)"],
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom("&undef;", "a & b", "]]>") },
);

const attributes = fc.oneof(
  { weight: 30, arbitrary: fc.constant("") },
  {
    weight: 6,
    arbitrary: fc.constantFrom(' id="one"', " id='two'", ' mode="m1"', ' x="1"', ' id=""'),
  },
  { weight: 1, arbitrary: fc.constantFrom(' x="1" x="2"', " x=1", " x") },
);

const element: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc
      .tuple(name, attributes, content)
      .map(([tag, more, it]) => `<${tag}${more}>${it}</${tag}>`),
  },
  { weight: 3, arbitrary: special.map(([tag, it]) => `<${tag}>${escaped(it)}</${tag}>`) },
  { weight: 1, arbitrary: fc.tuple(name, attributes).map(([tag, more]) => `<${tag}${more}/>`) },
  { weight: 1, arbitrary: name.map((tag) => `<${tag}></${tag} >`) },
  { weight: 2, arbitrary: blockStart.map(([tag, it]) => `<${tag}>${escaped(it)}</${tag}>`) },
  { weight: 2, arbitrary: blockEnd.map((tag) => `<${tag}/>`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...[
        '<app mountpoint="/x">\n <script>m</script>\n</app>',
        '<app domain="d.com">m2</app>',
        "<app/>",
      ],
      ...['<app mountpoint="/x"><script>m</script></app>', "<a>\n <b>1</b></a>", "<a><b>1</b></a>"],
      ...[
        "<![CDATA[print(1)]]>",
        "<a>1</b>",
        "<a",
        "<1>x</1>",
        "<é>x</é>",
        "<n:a>1</n:a>",
        "&amp;",
      ],
      ...['<app mountpoint="/x" id="one">\n <module>m</module>\n</app>', "<app>m</app>"],
    ),
  },
);

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
