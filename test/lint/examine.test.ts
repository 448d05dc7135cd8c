import { join } from "node:path";
import { expect, test } from "vitest";
import { nodeMachine } from "../../src/commands/machine.ts";
import { examine } from "../../src/lint/examine.ts";
import { realHost } from "../../src/resolve/host.ts";
import { loadFile } from "../../src/resolve/load.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { resolvedFrom } from "../settings/resolved.ts";

const directory = temporaryDirectory({ "app.py": "application = print\n" });
const host = {
  ...{ cwd: () => directory, readText: () => undefined },
  ...{ list: () => undefined, kindOf: () => undefined },
};
const machine = { ...nodeMachine(), searchPath: "/usr/bin" };

const rules = async (text: string, on: typeof machine | undefined = machine) =>
  (await examine(() => resolvedFrom(text), host, on)).found.map(({ rule }) => rule);

test("what settling and the machine say comes together, in the order of the text", async () => {
  const text = "processes = auto\nhttp = :1\nwsgi-file = no.py\nproceses = 2";
  expect(await rules(text)).toEqual(["not-a-number", "wsgi-file", "unknown-option"]);
});

test("without a machine only the configuration is judged", async () => {
  const { found, hasErrors } = await examine(
    () => resolvedFrom("http = :1\nwsgi-file = no.py\nharakiri = 5"),
    host,
    undefined,
  );
  expect([found.map(({ rule }) => rule), hasErrors]).toEqual([["no-master"], false]);
});

test("what could not be read lacks nothing", async () => {
  const { found, hasErrors } = await examine(
    (report) => {
      report({ rule: "no-file", severity: "error", message: "gone", span: undefined });
      return { entries: [], used: new Set() };
    },
    host,
    machine,
  );
  expect([found.map(({ rule }) => rule), hasErrors]).toEqual([["no-file"], true]);
});

test("a chdir that cannot be understood does not make the application missing", async () => {
  expect(await rules("http = :1\nchdir = sub # x\nwsgi-file = in-sub.py")).toEqual([
    "inline-comment",
  ]);
});

test("a value with a variable that nothing sets has that one fault", async () => {
  const text =
    "[uwsgi]\nhttp = :$(PORT)\nprocesses = %(count)\nwsgi-file = app.py\nenv = A=%(no)\n";
  const path = join(temporaryDirectory({ "app.ini": text }), "app.ini");
  const real = { ...realHost(), env: {} };
  const { found } = await examine((report) => loadFile(path, real, report), host, machine);
  expect(found.map(({ severity, rule }) => `${severity} ${rule}`)).toEqual([
    "error undefined-variable",
    "error undefined-placeholder",
    "warning undefined-placeholder",
  ]);
});

test("a file without options is told once, as the error that it is", async () => {
  const emptied = (text: string) =>
    examine(
      (report) => {
        const resolved = resolvedFrom(text);
        const source = { name: "empty.ini", text: "" };
        const span = { source, start: 0, end: 0 };
        report({ rule: "empty-file", severity: "warning", message: "no options", span });
        return resolved;
      },
      host,
      machine,
    );
  expect((await emptied("")).found).toMatchObject([{ rule: "empty-file", severity: "error" }]);
  const enough = await emptied("http = :1\nwsgi-file = app.py");
  expect(enough.found).toMatchObject([{ rule: "empty-file", severity: "warning" }]);
});

test("what follows from a fault of reading is not told again", async () => {
  const { found } = await examine(
    (report) => {
      const resolved = resolvedFrom("http = :1\nwsgi-file = no\ufffd.py");
      const source = resolved.entries[0]?.keySpan.source;
      const span = source && { source, start: 24, end: 25 };
      report({ rule: "not-utf-8", severity: "error", message: "bad byte", span });
      return resolved;
    },
    host,
    machine,
  );
  expect(found.map(({ rule }) => rule)).toEqual(["not-utf-8"]);
});
