/** Keys, values and surroundings for generated configurations, of any format. */
import fc from "fast-check";

/** Names that uWSGI does not know: private variables. */
const privateKeys = [
  "a",
  "b",
  "c",
  "x",
  "y",
  "n",
  "base",
  "port_a",
  "my key",
  "chmod_socket",
  "Master",
];

/** Options that uWSGI applies without a trace outside of its process, whatever their value. */
const knownKeys = [
  "procname",
  "procname-prefix",
  "pythonpath",
  "module",
  "chdir2",
  "static-index",
  "log-format",
];

/** Any key that may have any value. */
export const key = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...privateKeys) },
  { weight: 2, arbitrary: fc.constantFrom(...knownKeys) },
);

/** A piece of text that means nothing to the reading, except where a format's own syntax says so. */
const plain = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom("a", "b1", "prod", "8080", "1", "-3", "0", "007", "/srv/x", ":3031"),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(" ", "  ", "\t", "=", ",", ":", "/", ".", "-", "_", "+", "*"),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ";",
      "#",
      '"',
      "'",
      "\\",
      "(",
      ")",
      "[",
      "]",
      "{",
      "}",
      "<",
      ">",
      "&",
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom("é", "日本", "🙂", "\u00a0", "\v", "\u2028", "\r") },
);

/** A variable, a placeholder or a file in a value, whole or broken. */
const placeholder = fc.constantFrom(
  ...[
    "%(a)",
    "%(b)",
    "%(c)",
    "%(x)",
    "%(base)",
    "%(undef)",
    "%(_)",
    "%()",
    "%( a )",
    "%(port_%(a))",
  ],
  ...[
    "%(a + 1)",
    "%(a * b)",
    "%(a - 5 + c)",
    "%(n / a)",
    "%(a ++)",
    "%(b --)",
    "%(a b)",
    "%(a +1)",
  ],
  ...["%(n++)", "%(a", "%(a(b))", "%(a)(b)", "%(my key)", "%(processes)", "%(%(x))", "%(y + %(n))"],
  ...[
    "$(A)",
    "$(B)",
    "$(EMPTY)",
    "$(NOPE)",
    "$(DEEP)",
    "$($(B))",
    "$( A )",
    "$(A",
    "$()",
    "$A",
    "$$(A)",
  ],
  ...["@(v.txt)", "@($(F))", "@(l.txt)", "$(%(a))", "%($(B))", "@", "$", "@()"],
);

/** Magic variables that are the same in two runs; and `%` before other characters. */
const magic = fc.constantFrom(
  ...[
    "%o",
    "%p",
    "%s",
    "%d",
    "%n",
    "%e",
    "%c",
    "%x",
    "%v",
    "%h",
    "%k",
    "%u",
    "%U",
    "%g",
    "%G",
    "%V",
  ],
  ...["%0", "%1", "%9", "%b", "%j", "%[", "%O", "%P", "%S", "%D", "%N", "%E", "%C", "%X", "%J"],
  ...["%%", "%%(a)", "%%%%", "% ", "%q", "%Y-%m", "%;", "%=", "%)", "%%%(a)"],
);

/** Text for a value: words, blanks, marks and placeholders in a row. */
export const value = fc
  .array(
    fc.oneof(
      { weight: 5, arbitrary: plain },
      { weight: 3, arbitrary: placeholder },
      { weight: 1, arbitrary: magic },
    ),
    { maxLength: 6 },
  )
  .map((pieces) => pieces.join(""));

/** Values of a few thousand characters, past the buffers of a reader. */
export const longValue = fc
  .tuple(value, fc.constantFrom("long ", "%%", "=", "é"), fc.integer({ min: 500, max: 3000 }))
  .map(([text, unit, count]) => text + unit.repeat(count));

/** A word of digits, letters or a path. */
export const word = fc.constantFrom("a", "b1", "prod", "8080", "2", "/srv/x", "v.txt", "sub");

/**
 * Options that act while the configuration is read, or that uWSGI applies to itself: their values are such
 * that it does not stop. (It would for a negative number, or an address with `*`.)
 */
export const special = fc.oneof(
  pair(fc.constantFrom("processes", "threads", "harakiri"), fc.constantFrom("2", "4 ; x", "1%(n)")),
  pair(
    fc.constantFrom("listen", "umask", "spooler-processes"),
    fc.constantFrom("22", "%(n)", "$(A)"),
  ),
  pair(fc.constant("http-socket"), fc.constantFrom(":8080", "127.0.0.1:80%k", "/run/%n.sock")),
  pair(
    fc.constant("env"),
    value.map((text) => `A=${text}`),
  ),
  pair(
    fc.constantFrom("set"),
    fc.tuple(key, value).map(([name, text]) => `${name}=${text}`),
  ),
  pair(
    fc.constantFrom("set-ph", "set-placeholder"),
    fc.tuple(fc.constantFrom("a", "x", "ph", "n"), value).map(([name, text]) => `${name}=${text}`),
  ),
  pair(fc.constantFrom("declare-option"), fc.constantFrom("mine=procname=$1;x=$2", "mine=env=$1")),
  pair(fc.constant("mine"), value),
  pair(
    fc.constantFrom("print", "iprint"),
    value.map((text) => `p${text}`),
  ),
);

/** The beginnings of blocks. */
export const blockStart = fc.oneof(
  pair(fc.constant("for"), fc.constantFrom("1 2", "a  b\tc", "", "a", "%(x) b", "x y z")),
  pair(fc.constant("for-times"), fc.constantFrom("2", "0", "x", "", "3")),
  pair(fc.constant("for-glob"), fc.constantFrom("*.txt", "sub/*", "no*", "sub")),
  pair(fc.constant("for-readline"), fc.constantFrom("l.txt", "nope.txt", "v.txt")),
  pair(
    fc.constantFrom("if-env", "if-not-env"),
    fc.constantFrom("A", "NOPE", "EMPTY", "A=aval", "A=", "A = aval", "", "EMPTY="),
  ),
  pair(
    fc.constantFrom("if-opt", "if-not-opt"),
    fc.constantFrom("a", "a=1", "processes=2", "x=prod", "nope", "n=%(x)", "n="),
  ),
  pair(
    fc.constantFrom(
      ...["if-exists", "if-not-exists", "if-file", "if-not-file", "if-dir", "if-not-dir"],
      ...["ifexists", "ifdir", "if-directory"],
    ),
    fc.constantFrom("v.txt", "sub", "nope", "%p", "%(a)", "/", "sub/"),
  ),
  pair(fc.constantFrom("if-hostname", "if-not-hostname"), fc.constantFrom("%h", "nope", "")),
  pair(
    fc.constantFrom("if-hostname-match", "if-not-hostname-match"),
    fc.constantFrom("^.", "^nope\\d+$", "[a-z0-9]"),
  ),
  pair(fc.constantFrom("if-reload", "if-not-reload"), fc.constantFrom("", "true")),
);

/** The ends of blocks. */
export const blockEnd = fc.constantFrom("end", "endfor", "end-for", "endif", "end-if");

/** What every world has besides its configuration. */
export const surroundings = {
  "v.txt": "hello\n",
  "l.txt": "A=1\n# c\n\n  last %(a) $(A)\n",
  "sub/one": "",
  "sub/two.txt": "t\r\n",
} as const;

/** Environments: a few variables with awkward values, and options among them. */
export const environment = fc
  .record(
    {
      A: fc.constantFrom("aval", "1", "$(B)", "x$(B)"),
      B: fc.constantFrom("A", "%(a)", "z%(x)", ""),
      EMPTY: fc.constant(""),
      DEEP: fc.constantFrom("$(A)", "<$(B)>", "@(v.txt)", "%(a + 1)"),
      F: fc.constantFrom("v.txt", "l.txt"),
      UWSGI_X: fc.constantFrom("envx", "%(a)"),
      UWSGI_MY_OPTION: fc.constantFrom("1", "$(A)"),
    },
    { requiredKeys: [] },
  )
  .map((some): { readonly [name: string]: string } => ({
    PATH: "/usr/bin:/bin",
    HOME: "/home/app",
    ...some,
  }));

/** A key and a value. */
export type Pair = readonly [key: string, value: string];

function pair(keys: fc.Arbitrary<string>, values: fc.Arbitrary<string>): fc.Arbitrary<Pair> {
  return fc.tuple(keys, values);
}
