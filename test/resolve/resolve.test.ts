import { describe, expect, test } from "vitest";
import { collector } from "../../src/diagnostic.ts";
import { loadConfiguration, loadFile } from "../../src/resolve/load.ts";
import { showConfig } from "../../src/resolve/show.ts";
import { placeOf } from "../../src/source.ts";
import { brief, textOf } from "../read/marked.ts";
import type { FakeWorld } from "./fake-host.ts";
import { fakeHost } from "./fake-host.ts";

function load(world: FakeWorld, ...argv: string[]) {
  const { report, found } = collector();
  return { resolved: loadConfiguration({ argv, host: fakeHost(world) }, report), found };
}

/** The configuration of one ini file. */
function loadIni(...lines: string[]) {
  return load({ files: { "a.ini": `[uwsgi]\n${lines.join("\n")}\n` } }, "--ini", "a.ini");
}

describe("provenance", () => {
  test("every option has its place and the way to it", () => {
    const files = { "a.ini": "[uwsgi]\nini = b.ini\n", "b.ini": "[uwsgi]\n\nx = $(HOME)\n" };
    const { resolved } = load({ files }, "--ini", "a.ini");
    const x = resolved.entries.find(({ key }) => key === "x");
    expect(x).toMatchObject({ value: "/home/app", written: "$(HOME)" });
    expect(x && placeOf(x.valueSpan)).toMatchObject({ file: "b.ini", line: 3, column: 5 });
    expect(x?.includes.map(textOf)).toEqual(["a.ini", "b.ini"]);
  });

  test("an option made by set stands in the value", () => {
    const { resolved } = loadIni("set = threads=3", "set-ph = mine=4", "x = %(mine)");
    const made = resolved.entries.filter(({ key }) => key === "threads" || key === "mine");
    expect(
      made.map((entry) => [textOf(entry.keySpan), textOf(entry.valueSpan), entry.placeholder]),
    ).toEqual([
      ["threads", "3", undefined],
      ["mine", "4", true],
    ]);
  });

  test("names that placeholders use are listed", () => {
    const { resolved } = loadIni("a = 1", "b = %(a)", "c = %(d + e)", "log-format = %(uri)");
    expect([...resolved.used].sort()).toEqual(["a", "d", "e", "uri"]);
  });
});

describe("files", () => {
  test.each([
    [
      "ini = gone.ini",
      "2:7 error unreadable-file",
      "cannot read `gone.ini`: no such file (looked for `/srv/app/gone.ini`)",
    ],
    [
      "ini = /etc/gone.ini",
      "2:7 error unreadable-file",
      "cannot read `/etc/gone.ini`: no such file",
    ],
    [
      "ini = sub",
      "2:7 error unreadable-file",
      "cannot read `sub`: it is a directory (looked for `/srv/app/sub`)",
    ],
    ["ini =", "2:1 error unreadable-file", "no file is named"],
    ["include = b.conf", "2:11 error unknown-format", "`b.conf` does not end in"],
    [
      "ini = a.ini",
      "2:7 error include-cycle",
      "a file that includes itself never ends: a.ini [uwsgi] > a.ini [uwsgi]",
    ],
    [
      "ini = exec://date",
      "2:7 warning read-at-start",
      "what `exec://date` gives is read only when a server starts",
    ],
    ["yaml = :dev", "2:8 error no-file", "`:dev` without a file works only for ini"],
    ["ini = sub/bin", "2:7 error not-text", "`sub/bin` is a binary file"],
  ])("%s", (line, expected, message) => {
    const files = { "a.ini": `[uwsgi]\n${line}\n`, "sub/bin": Uint8Array.from([1, 0, 255]) };
    const { found } = load({ files }, "--ini", "a.ini");
    expect(brief(found)).toEqual([`a.ini:${expected}`]);
    expect(found[0]?.message).toContain(message);
  });

  test.each([
    ["--yaml", "uwsgi:\n  a: <%p%s> %o\n"],
    ["--json", '{"uwsgi":{"a":"<%p%s> %o"}}'],
    ["--xml", "<uwsgi><a>&lt;%p%s> %o</a></uwsgi>"],
  ])("standard input of %s", (flag, stdin) => {
    const { resolved, found } = load({ stdin }, flag, "-");
    expect(found).toEqual([]);
    expect(showConfig(resolved)).toContain(`${flag.slice(2)} = -\na = <> -\n`);
    expect(resolved.entries.at(-1)?.valueSpan.source.name).toBe("(standard input)");
  });

  test("the section of JSON and XML is cut off in the list", () => {
    const files = {
      "a.json": '{"dev":{"a":"%x"}}',
      "a.xml": '<r><uwsgi id="dev"><a>%x</a></uwsgi></r>',
    };
    const { resolved } = load({ files }, "--json", "a.json:dev", "--xml", "a.xml:dev");
    expect(showConfig(resolved)).toContain("json = a.json\na = dev\nxml = a.xml\na = dev\n");
  });

  test("a section without a file before it", () => {
    expect(brief(load({}, "--ini", ":dev").found)).toEqual(["(command line):1:7 error no-file"]);
  });

  test("standard input", () => {
    const { resolved, found } = load({ stdin: "[uwsgi]\na = <%p%s> %o\nb\n[\n" }, "--ini", "-");
    expect(showConfig(resolved)).toContain("a = <> -\nb = \n");
    expect(found[0]?.span?.source.name).toBe("(standard input)");
  });

  test("a cycle over several files is named", () => {
    const files = { "a.ini": "[uwsgi]\nini = b.ini\n", "b.ini": "[uwsgi]\nini = %da.ini\n" };
    const { found } = load({ files }, "--ini", "a.ini");
    expect(found.map(({ message }) => message)).toEqual([
      "a file that includes itself never ends: a.ini [uwsgi] > b.ini [uwsgi] > /srv/app/a.ini [uwsgi]",
    ]);
  });

  test("depth and number are bounded", () => {
    const files: { [path: string]: string } = {};
    for (let at = 0; at < 40; at++) {
      files[`${at}.ini`] = `[uwsgi]\nini = ${at + 1}.ini\nini = ${at + 1}.ini\n`;
    }
    const { found } = load({ files }, "--ini", "0.ini");
    expect(found.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^more than 32 files/),
    );
    expect(found.map(({ message }) => message)).toContainEqual("more than 1000 files are included");
  });
});

test("the end of a block does nothing where none is open", () => {
  const { resolved, found } = loadIni("endif =", "a = 1");
  expect(found).toEqual([]);
  expect(resolved.entries.map(({ key }) => key)).toEqual(["ini", "endif", "a"]);
});

describe("expansion", () => {
  test.each([
    ["a = x $(GONE)", "2:7 warning undefined-variable"],
    ["a = $(HOME:-x)", "2:5 warning undefined-variable"],
    ["a = /%(gone)/", "2:6 warning undefined-placeholder"],
    ["a = %(gone + 1)", "2:5 warning undefined-placeholder"],
    ["a = x%(a)", "2:6 error endless-expansion"],
    ["listen = %(n)", "2:10 warning not-expanded"],
    ["set = a", "2:7 error invalid-placeholder"],
    ["set-ph = threads=2", "2:10 error placeholder-is-option"],
  ])("%s", (line, expected) => {
    expect(brief(loadIni(line).found)).toEqual([`a.ini:${expected}`]);
  });

  test("log formats have variables of their own", () => {
    expect(loadIni("log-format = %(addr) %(uri)").found).toEqual([]);
  });

  test("a value that never ends stays as it is written, and so does one that grows through another", () => {
    const { resolved, found } = loadIni("a = x%(b)", "b = y%(a)y%(a)");
    expect(found.map(({ rule }) => rule)).toContain("endless-expansion");
    expect(resolved.entries[1]?.value).toBe("x%(b)");
  });

  test("a flag of the command line is no value", () => {
    const { found } = load(
      { files: { "a.ini": "[uwsgi]\nx = %(master)\n" } },
      "--master",
      "--ini",
      "a.ini",
    );
    expect(found[0]?.message).toBe(
      "`%(master)` is a flag without a value, and stays as it is written",
    );
  });
});

describe("lenient", () => {
  const file = "[uwsgi] ; main\na = 1\n";

  test("turns faults after which uWSGI goes on into warnings", () => {
    const strict = load({ files: { "a.ini": file } }, "--ini", "a.ini");
    const lenient = load({ files: { "a.ini": file } }, "--lenient", "--ini", "a.ini");
    expect(strict.found.map(({ severity }) => severity)).toEqual(["error", "error"]);
    expect(lenient.found.map(({ severity }) => severity)).toEqual(["warning", "warning"]);
  });

  test("leaves those that stop uWSGI", () => {
    expect(loadIni("lenient = true", "ini = gone.ini").found[0]?.severity).toBe("error");
  });
});

test("loadFile reads one file without environment or command line", () => {
  const { report, found } = collector();
  const host = fakeHost({ files: { "a.conf": "[dev]\nx = %x\n" }, env: { UWSGI_THREADS: "2" } });
  const resolved = loadFile("a.conf", host, report, "dev");
  expect(found).toEqual([]);
  expect(showConfig(resolved)).toBe(
    ";uWSGI instance configuration\n[uwsgi]\nx = dev\n;end of configuration\n",
  );
  loadFile("gone.ini", host, report);
  expect(brief(found)).toEqual(["gone.ini:1:1 error unreadable-file"]);
  expect(found[0]?.help).toBeUndefined();
});

test("a bare file's fault is at its argument", () => {
  expect(brief(load({}, "-M", "gone.ini").found)).toEqual([
    "(command line):1:4 error unreadable-file",
  ]);
});
