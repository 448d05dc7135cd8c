/** Where each kind of finding points: one row or more a rule, in every surrounding that it can have. */

/** One case. */
export interface Position {
  readonly rule: string;
  readonly severity: "error" | "warning";
  /** `FILE:LINE:COLUMN`, of every finding of the rule. */
  readonly at: readonly string[];
  /** Contents by path; the first is the one that is loaded, by its ending, unless `argv` says more. */
  readonly files: { readonly [path: string]: string | Uint8Array };
  readonly argv?: readonly string[];
  readonly env?: { readonly [name: string]: string };
  /** As a start sees it, with a network in which nothing is found. */
  readonly live?: true;
}

/** Rules of the reading: texts to entries. */
export const reading: readonly Position[] = [
  ...commandLine(),
  error("not-text", ["a.ini:2:7"], { "a.ini": "[uwsgi]\nini = b\n", b: Uint8Array.of(0, 255) }),
  error("not-text", ["(command line):1:7"], { "a.ini": Uint8Array.of(255, 254, 65, 0) }),
  error("not-utf-8", ["b.ini:2:6"], {
    "a.ini": "[uwsgi]\nini = b.ini\n",
    "b.ini": Uint8Array.from([...Buffer.from("[uwsgi]\nx = a"), 0xe9, 10]),
  }),
  error("nul-byte", ["a.ini:3:7"], ini("x = 1", "y = ab\0cd")),
  error("malformed-section", ["a.ini:1:1"], { "a.ini": "[uwsgi] ; main\nx = 1\n" }),
  error("malformed-section", ["a.ini:3:2"], ini("x = 1", " [dev\t")),
  error("outside-section", ["a.ini:2:2"], { "a.ini": "\n x = 1\n[uwsgi]\n" }),
  error("byte-order-mark", ["a.ini:1:1"], { "a.ini": "\ufeff[uwsgi]\nx = 1\n" }),
  error("missing-section", ["a.ini:1:1"], { "a.ini": "[dev]\nx = 1\n" }),
  error("missing-section", ["a.ini:2:1"], { "a.ini": "; c\n[UWSGI]\nx = 1\n" }),
  error("missing-section", ["b.yaml:1:1"], {
    "a.ini": "[uwsgi]\nyaml = b.yaml\n",
    "b.yaml": "other:\n  x: 1\n",
  }),
  warning("empty-file", ["a.ini:1:1"], { "a.ini": "" }),
  warning("empty-file", ["a.ini:2:1"], { "a.ini": "[dev]\n[uwsgi]\n" }),
  warning("percent-eats-line", ["a.ini:2:8"], ini("x = 100%", "y = 1")),
  warning("percent-eats-line", ["a.yaml:2:11"], yaml("# is 100%", "x: 1")),
  warning("percent-eats-character", ["a.ini:2:5"], ini("x = %q")),
  warning("percent-eats-character", ["a.yaml:2:7", "a.yaml:3:9"], yaml("x: 5% of", 'y: "%k%w"')),
  warning("magic-in-log-format", ["a.ini:2:12"], ini("log-date = %d")),
  error("yaml-syntax", ["a.yaml:3:6"], yaml("x: 1", "b: %(x)")),
  error("yaml-syntax", ["a.yaml:2:4"], yaml("a:1", "b: 2")),
  error("yaml-syntax", ["a.yaml:2:1"], { "a.yaml": "uwsgi:\n\tx: 1\n" }),
  error("yaml-flow-section", ["a.yaml:1:8"], { "a.yaml": "uwsgi: {x: 1}\n" }),
  error("yaml-list-section", ["a.yaml:2:3"], yaml("- x: 1", "- y: 2")),
  error("yaml-section", ["a.yaml:1:8"], { "a.yaml": "uwsgi: text\n" }),
  error("yaml-repeated-section", ["a.yaml:3:1"], { "a.yaml": "uwsgi:\n  x: 1\nuwsgi:\n  y: 1\n" }),
  error("yaml-key", ["a.yaml:2:3"], yaml("[x]: 1")),
  error("yaml-nested-mapping", ["a.yaml:3:3"], yaml("x: 1", "http:", "  port: 80")),
  error("yaml-nested-list", ["a.yaml:4:7"], yaml("env:", "  - A=1", "  - B: 2")),
  error("yaml-anchor", ["a.yaml:2:6"], yaml("x: &v 1", "y: *v")),
  warning("yaml-no-value", ["a.yaml:2:3"], yaml("vacuum:", "x: 1")),
  warning("yaml-null", ["a.yaml:3:6"], yaml("x: 1", "y: ~")),
  warning("yaml-number", ["a.yaml:2:6"], yaml("x: 0o17", "y: 017")),
  error("yaml-stop", ["a.yaml:1:1"], { "a.yaml": "text\n---\nuwsgi:\n  x: 1\n" }),
  error("yaml-brackets", ["a.yaml:3:6"], yaml("x: 1", "y: [a, b", "z: 1")),
  error("yaml-brackets", ["a.yaml:3:7"], yaml("x: 1", "y:  ]", "z: 1")),
  error("magic-too-long", ["a.ini:2:699055"], ini(`x = ${"%p".repeat(400_000)}`)),
  error("nul-byte", ["a.yaml:2:7"], yaml('x: "a\\0b"')),
  error("nul-byte", ["a.json:1:18"], json('{"uwsgi":{"x":"ab\\u0000c"}}')),
  error("nul-byte", ["a.json:1:18"], json('{"uwsgi":{"x":1}}\0{')),
  error("nul-byte", ["a.xml:1:16"], xml("<uwsgi></uwsgi>\0<")),
  error("json-syntax", ["a.json:2:10"], json('{"uwsgi":{\n"x": 100}')),
  error("json-syntax", ["a.json:1:16"], json('{"uwsgi":{"n":1,}}')),
  error("json-section", ["a.json:1:10"], json('{"uwsgi":[]}')),
  error("no-section", ["a.json:1:3"], json('{"uWSGI":{"x":1}}')),
  error("json-repeated-section", ["a.json:2:2"], json('{"uwsgi":{"x":1},\n"uwsgi":{}}')),
  error("json-nested-object", ["a.json:1:12"], json('{"uwsgi":{"x":{"y":1}}}')),
  error("json-nested-list", ["a.json:1:18"], json('{"uwsgi":{"x":[1,[2],3]}}')),
  error("json-surrogate", ["a.json:1:16"], json('{"uwsgi":{"x":"\\ud800"}}')),
  warning("json-no-value", ["a.json:1:12"], json('{"uwsgi":{"x":[]}}')),
  warning("empty-file", ["a.json:1:3"], json('{"uwsgi":{}}')),
  error("xml-syntax", ["a.xml:2:3"], xml("<uwsgi>\n</uwsg>")),
  error("no-section", ["a.xml:1:2"], xml("<uwsgj><x/></uwsgj>")),
  error("xml-nested-element", ["a.xml:1:12"], xml("<uwsgi><x><y/></x></uwsgi>")),
  error("xml-lost-content", ["a.xml:2:2"], xml("<uwsgi><x>\n<y/></x></uwsgi>")),
  error("xml-comment-value", ["a.xml:1:11"], xml("<uwsgi><x><!-- c -->2</x></uwsgi>")),
  error("xml-stray-text", ["a.xml:2:2"], xml("<uwsgi>\n text <x/></uwsgi>")),
  error("xml-attribute", ["a.xml:1:11"], xml('<uwsgi><x y="1"/></uwsgi>')),
  error("xml-app", ["a.xml:1:9"], xml('<uwsgi><app mountpoint="/"/></uwsgi>')),
  error("xml-repeated-section", ["a.xml:1:20"], xml("<r><uwsgi/><!----><uwsgi/></r>")),
];

/** Rules of the resolving: includes, directives and the expansion of values. */
export const resolving: readonly Position[] = [
  error("unreadable-file", ["a.ini:2:7"], ini("ini = gone.ini")),
  error("unreadable-file", ["b.yaml:2:8"], {
    "a.ini": "[uwsgi]\ninclude = b.yaml\n",
    "b.yaml": "uwsgi:\n  ini: gone.ini\n",
  }),
  error("unknown-format", ["a.ini:2:11"], ini("include = b.conf")),
  error("include-cycle", ["b.ini:3:8"], {
    "a.ini": "[uwsgi]\nini = b.ini\n",
    "b.ini": "[uwsgi]\n\n ini = a.ini\n",
  }),
  error("no-file", ["a.ini:2:8"], ini("yaml = :dev")),
  error("invalid-placeholder", ["a.ini:2:10"], ini("set-ph = novalue")),
  error("placeholder-is-option", ["a.ini:2:10"], ini("set-ph = processes=2")),
  error("endless-expansion", ["a.ini:2:6"], ini("x = y%(x)")),
  error("endless-expansion", ["a.yaml:3:9"], yaml("env:", '  - "a%(env)"')),
  error("nested-block", ["b.ini:2:1"], {
    "a.ini": "[uwsgi]\nif-env = HOME\nini = b.ini\nendif =\n",
    "b.ini": "[uwsgi]\nfor = 1\n",
  }),
  error("unreadable-file", ["a.ini:3:8", "a.ini:3:8"], ini("for = p q", " ini = %(_).ini", "end")),
  error("exit", ["a.yaml:3:3"], yaml("x: 1", "exit: 3")),
  {
    ...error("flag-in-block", ["(command line):1:13"], ini("if-env = HOME")),
    argv: ["--ini", "a.ini", "--master"],
  },
  error("invalid-declaration", ["a.ini:2:18"], ini("declare-option = nothing")),
  error("invalid-expression", ["a.ini:2:21"], ini("if-hostname-match = [", "endif")),
  error("too-many-options", ["a.ini:3:1"], ini("for-times = 100000", "x = 1", "endfor", "y = 1")),
  warning("unclosed-block", ["b.ini:3:2"], {
    "a.ini": "[uwsgi]\nini = b.ini\n",
    "b.ini": "[uwsgi]\n\n if-env = HOME\nx = 1\n",
  }),
  warning("read-at-start", ["a.ini:2:7"], ini("ini = exec://date")),
  {
    ...error("unresolvable-host", ["a.ini:2:14"], ini("resolve = ip=nowhere.invalid")),
    live: true,
  },
  warning("undefined-variable", ["a.ini:2:8"], ini("x = /a/$(NOPE)/b")),
  warning("undefined-placeholder", ["b.ini:3:6"], {
    "a.ini": "[uwsgi]\nini = b.ini\n",
    "b.ini": "[uwsgi]\n\n x = %(nope)\n",
  }),
  warning("not-expanded", ["a.ini:2:10"], ini("listen = %(n)")),
];

/** Rules about values, where a value came a long way. */
export const settling: readonly Position[] = [
  error("unknown-option", ["b.ini:2:3"], {
    "a.ini": "[uwsgi]\nini = b.ini\n",
    "b.ini": "[uwsgi]\n  harakri = 3\n",
  }),
  error("unknown-option", ["a.yaml:3:3"], yaml("set-ph: x=1", "bufer-size: 2")),
  error("unknown-option", ["a.ini:3:1"], ini("declare-option = p=procesess=$1", "p = 3")),
  error("not-a-boolean", ["a.yaml:3:7"], yaml("master:", "  - maybe")),
  error("not-a-number", ["a.ini:2:13"], ini("processes = two")),
  error("out-of-range", ["a.ini:2:13"], ini("processes = -1")),
  error("inline-comment", ["a.ini:3:11"], ini("x = %(x y)", " master = false ; no")),
  error("unit-suffix", ["a.yaml:2:15"], yaml("limit-post: 10m")),
  error("private-variable", ["a.ini:3:1"], ini("strict = true", "base = /srv", "chdir = %(base)")),
  error("unsupported-option", ["a.ini:2:1"], ini("spooler = x")),
  error("unsupported-plugin", ["a.ini:2:10"], ini("plugin = psgi")),
  error("invalid-address", ["a.ini:2:8"], ini("http = a:b:c:d")),
];

/** Arguments have places too: columns of the command line as one would type it. */
function commandLine(): Position[] {
  const files = { "a.ini": "[uwsgi]\nvacuum = true\n" };
  const given = (rule: string, at: string, ...argv: string[]): Position => ({
    ...error(rule, [`(command line):${at}`], files),
    argv,
  });
  return [
    given("unknown-option", "1:13", "--ini", "a.ini", "--proceses", "4"),
    given("unknown-option", "1:1", "-?"),
    given("ambiguous-option", "1:13", "--ini", "a.ini", "--so"),
    given("missing-value", "1:13", "--ini", "a.ini", "--processes"),
    given("unexpected-value", "1:13", "--ini", "a.ini", "--master=true"),
    given("loose-value", "1:29", "--ini", "a.ini", "--memory-report", "2"),
    given("bare-section", "1:1", "a.ini:dev"),
    given("bare-argument", "1:13", "--ini", "a.ini", "nonsense"),
    given("unreadable-file", "1:7", "--ini", "gone.ini"),
    { ...given("one-dash", "1:1", "-master", "--ini", "a.ini"), severity: "warning" },
    { ...given("option-as-value", "1:9", "--chdir", "--master"), severity: "warning" },
  ];
}

function error(rule: string, at: readonly string[], files: Position["files"]): Position {
  return { rule, severity: "error", at, files };
}

function warning(rule: string, at: readonly string[], files: Position["files"]): Position {
  return { ...error(rule, at, files), severity: "warning" };
}

/** `a.ini` with these lines in its section. */
function ini(...lines: readonly string[]): Position["files"] {
  return { "a.ini": `[uwsgi]\n${lines.join("\n")}\n` };
}

function json(text: string): Position["files"] {
  return { "a.json": text };
}

function xml(text: string): Position["files"] {
  return { "a.xml": text };
}

/** `a.yaml` with these lines, indented, in its mapping. */
function yaml(...lines: readonly string[]): Position["files"] {
  return { "a.yaml": `uwsgi:\n${lines.map((line) => `  ${line}\n`).join("")}` };
}
