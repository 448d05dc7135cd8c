/** Blocks, schemes, inherit and declared options: what is listed, and where a finding points. */
import { describe, expect, test } from "vitest";
import type { Diagnostic } from "../../src/diagnostic.ts";
import { collector, includeChain, locate } from "../../src/diagnostic.ts";
import type { Host, LiveHost } from "../../src/resolve/host.ts";
import { loadConfiguration } from "../../src/resolve/load.ts";
import { type MemoryWorld, memoryHost } from "../../src/resolve/memory-host.ts";
import { settle } from "../../src/settings/settle.ts";

function load(
  files: MemoryWorld["files"],
  argv: readonly string[] = ["--ini", "a.ini"],
  more: Partial<Host> = {},
) {
  const { report, found } = collector();
  const world = {
    files: files ?? {},
    cwd: "/srv",
    hostname: "web1",
    env: { HOME: "/root", E: "" },
  };
  const host: Host = { ...memoryHost(world), ...more };
  const resolved = loadConfiguration({ argv, host }, report);
  const listed = resolved.entries.filter(({ hidden }) => !hidden);
  return {
    resolved,
    found,
    list: listed.slice(argv[0] === "--ini" ? 1 : 0).map(({ key, value }) => `${key}=${value}`),
    said: found.map(brief),
  };
}

function brief(diagnostic: Diagnostic): string {
  return `${locate(diagnostic)} ${diagnostic.severity} ${diagnostic.rule}`;
}

const ini = (...lines: string[]) => ({ "a.ini": ["[uwsgi]", ...lines, ""].join("\n") });

describe("blocks", () => {
  test("each line goes through all rounds before the next", () => {
    const { list, said } = load(ini("for = a  b", "x = %(_)%(_)", "y = 1", "endfor =", "z = 1"));
    expect(list).toEqual(["for=a  b", "x=aa", "x=bb", "y=1", "y=1", "endfor=", "z=1"]);
    expect(said).toEqual([]);
  });

  test("if-opt sees what was listed before, also inside its own block", () => {
    const { list } = load(
      ini("if-not-opt = a", "a = 1", "b = 2", "endif =", "if-opt = a=1", "c = %(_)"),
    );
    // Once `a` is there, the condition no longer holds.
    expect(list).toEqual(["if-not-opt=a", "a=1", "endif=", "if-opt=a=1", "c=1"]);
  });

  test("if-plugin knows the plugins that were named", () => {
    const { list } = load(
      ini(
        "if-plugin = http",
        "a = 1",
        "endif",
        "plugins = x, http",
        "if-plugin = http",
        "b = %(_)",
        "endif",
      ),
    );
    expect(list.filter((line) => /^[ab]=/.test(line))).toEqual(["b=http"]);
  });

  test("files, directories and patterns", () => {
    const files = {
      ...ini(
        "for-glob = d/*.[ab]",
        "g = %(_)",
        "endfor",
        "if-dir = d",
        "i = %(_)",
        "endif",
        "if-not-file = d",
        "n = %(_)",
        "endif",
        "for-readline = d/x.a",
        "l = [%(_)]",
        "endfor",
      ),
      ...{ "d/x.b": "", "d/x.a": "one\r\n two \n", "d/.h.a": "", "d/x.c": "", "d/s.a/file": "" },
    };
    const { list } = load(files);
    expect(list.filter((line) => /^[ginl]=/.test(line))).toEqual([
      ...["g=d/s.a/", "g=d/x.a", "g=d/x.b", "i=d", "n=d", "l=[one]", "l=[ two ]"],
    ]);
  });

  test("a block in a block is named with the line of the outer one", () => {
    const { found, said } = load(ini("if-env = HOME", "  for = 1", "endif"));
    expect(said).toEqual(["a.ini:3:3 error nested-block"]);
    expect(found[0]?.message).toContain("`if-env` (line 2)");
  });

  test("a block that is left open is named where it begins", () => {
    expect(load(ini("for = 1", "a = %(_)")).said).toEqual(["a.ini:2:1 warning unclosed-block"]);
  });

  test("a flag of the command line in an open block, which crashes uWSGI", () => {
    const { said } = load(ini("if-env = HOME"), ["--ini", "a.ini", "--master"]);
    expect(said).toContain("(command line):1:13 error flag-in-block");
  });

  test("an expression that is none", () => {
    expect(load(ini("if-hostname-match = [", "endif")).said).toEqual([
      "a.ini:2:21 error invalid-expression",
    ]);
  });

  test("loops that would fill the memory are stopped, and say so once", () => {
    const { said, list } = load(ini("for-times = 60000", "a = %(_)", "b = %(_)", "c = 1"));
    expect(said).toContain("a.ini:4:1 error too-many-options");
    expect(said.filter((line) => line.endsWith("too-many-options"))).toHaveLength(1);
    expect(list.length).toBeLessThanOrEqual(100_000);
  });
});

/** Answers everything, and notes what it was asked. */
function answering(answers: { readonly [question: string]: string }): {
  live: LiveHost;
  asked: string[];
} {
  const asked: string[] = [];
  const answer = (question: string) => {
    asked.push(question);
    const text = answers[question];
    return text === undefined
      ? ({ ok: false, problem: "no answer" } as const)
      : ({ ok: true, bytes: new TextEncoder().encode(text) } as const);
  };
  const live: LiveHost = {
    exec: (command) => answer(`exec ${command}`),
    fetch: (url) => answer(`fetch ${url}`),
    readDescriptor: (fd) => answer(`fd ${fd}`),
    lookup: (name) => (answer(`lookup ${name}`).ok ? answers[`lookup ${name}`] : undefined),
  };
  return { live, asked };
}

describe("what only a start reads", () => {
  const lines = ini(
    ...[
      "ini = exec://make",
      "a = <@(http://h/x)>",
      "b = %(a)!",
      "resolve = r=db.local",
      "c = %(r)",
      "d = @(fd://5)",
      "e = 1",
    ],
  );

  test("is asked for when starting", () => {
    const { live, asked } = answering({
      ...{ "exec make": "[uwsgi]\nmade = 1\n", "fetch http://h/x": "page\n", "fd 5": "five" },
      "lookup db.local": "10.0.0.1",
    });
    const { list, said } = load(lines, undefined, { live });
    expect(list).toEqual([
      ...["ini=exec://make", "made=1", "a=<page>", "b=<page>!", "resolve=r=db.local", "r=10.0.0.1"],
      ...["c=10.0.0.1", "d=five", "e=1"],
    ]);
    expect(said).toEqual([]);
    expect(asked).toEqual(["exec make", "lookup db.local", "fetch http://h/x", "fd 5"]);
  });

  test("is unknown otherwise, and so is what depends on it", () => {
    const { resolved, said } = load(lines);
    const uncertain = resolved.entries.filter((entry) => entry.uncertain).map(({ key }) => key);
    expect(uncertain).toEqual(["a", "b", "r", "c", "d"]);
    expect(said).toEqual(["a.ini:2:7 warning read-at-start"]);
  });

  test("fails with its place", () => {
    const { live } = answering({});
    expect(load(lines, undefined, { live }).said.sort()).toEqual([
      "a.ini:2:7 error unreadable-file",
      "a.ini:3:6 error unreadable-file",
      "a.ini:5:13 error unresolvable-host",
      "a.ini:6:5 warning undefined-placeholder",
      "a.ini:7:5 error unreadable-file",
    ]);
  });

  test.each(["data://1", "sym://x", "section://x", "call://f"])(
    "%s is not in this program",
    (name) => {
      const { found, said } = load(ini(`a = @(${name})`));
      expect(said).toEqual(["a.ini:2:5 error unreadable-file"]);
      expect(found[0]?.message).toContain("uwsgi binary");
    },
  );
});

describe("files' texts", () => {
  test("lose one line break; placeholders in them are expanded, variables of the environment are not", () => {
    const files = { ...ini("v = 1", "a = <@(t)>"), t: "%(v) $(HOME)\n\n" };
    expect(load(files).list).toEqual(["v=1", "a=<1 $(HOME)\n>"]);
  });

  test("that are missing are named in their place", () => {
    expect(load(ini("a = x@(nope)")).said).toEqual(["a.ini:2:6 error unreadable-file"]);
  });
});

describe("inherit", () => {
  test("is read last, from an expanded name, and not expanded itself", () => {
    const files = {
      ...ini("n = b", "inherit = %(n).ini", "z = 1"),
      "b.ini": "[uwsgi]\nx = $(HOME)%(n)%n\nini = c.ini\n",
      "c.ini": "[uwsgi]\nc = 1\n",
    };
    const { list } = load(files);
    expect(list).toEqual(["n=b", "inherit=b.ini", "z=1", "x=$(HOME)%(n)b", "ini=c.ini", "c=1"]);
  });

  test("of itself is a cycle with a place", () => {
    const { said, list } = load(ini("inherit = a.ini"));
    expect(said).toEqual(["a.ini:2:11 error include-cycle"]);
    expect(list.length).toBeLessThan(5);
  });
});

describe("declared options", () => {
  test("mean their template, which is not listed", () => {
    const { resolved, list, said } = load(
      ini("declare-option = web=http-socket=$1;processes=$2", "web = :80 4"),
    );
    expect(list).toEqual(["declare-option=web=http-socket=$1;processes=$2", "web=:80 4"]);
    expect(said).toEqual([]);
    const hidden = resolved.entries.filter((entry) => entry.hidden);
    expect(hidden.map(({ key, value }) => `${key}=${value}`)).toEqual([
      "http-socket=:80",
      "processes=4",
    ]);
    expect(hidden.map(({ keySpan }) => keySpan.start)).toEqual([57, 57]);
  });

  test("that are used before they are declared count in their place", () => {
    const { resolved } = load(ini("p = 3", "declare-option = p=processes=$1"));
    expect(resolved.entries.map(({ key }) => key)).toEqual([
      "ini",
      "p",
      "processes",
      "declare-option",
    ]);
  });

  test("that stand for something unknown say so where they are used", () => {
    const { resolved, said } = load(ini("declare-option = p=procesess=$1", "p = 3"));
    expect(said).toEqual([]);
    const { report, found } = collector();
    settle(resolved, memoryHost(), report);
    expect(found.map(brief)).toContain("a.ini:3:1 error unknown-option");
  });

  test("need a name and a template", () => {
    expect(load(ini("declare-option = p")).said).toEqual(["a.ini:2:18 error invalid-declaration"]);
  });
});

test("config reads a file as include does", () => {
  const { list, said } = load({ ...ini("config = b.json"), "b.json": '{"uwsgi":{"x":1}}' });
  expect([list, said]).toEqual([["config=b.json", "x=1"], []]);
});

test("exit ends the start where it stands", () => {
  expect(load(ini("a = 1", "exit = 3")).said).toEqual(["a.ini:3:1 error exit"]);
});

test("a finding in an included file has the way there", () => {
  const files = {
    ...ini("ini = b.ini"),
    "b.ini": "[uwsgi]\n  ini = c.ini\n",
    "c.ini": "[uwsgi]\na = %(nope)\n",
  };
  const { found } = load(files);
  const [finding] = found;
  expect(finding && brief(finding)).toBe("c.ini:2:5 warning undefined-placeholder");
  const chain = finding ? includeChain(finding) : [];
  expect(chain.map(({ file, line, column }) => `${file}:${line}:${column}`)).toContain("b.ini:2:9");
});

test("a bare file is no first file: capitals are empty in it", () => {
  const { list } = load(ini("a = [%N%n]"), ["a.ini"]);
  expect(list).toEqual(["a=[a]"]);
});
