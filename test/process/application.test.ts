/** Finding and loading the application: modules, files, paths, interpreters, fork or lazy. */
import { mkdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { request } from "../helpers/http.ts";
import { freePort } from "../helpers/ports.ts";
import { launch, type Program } from "../helpers/process.ts";
import { page, startServer, tsuwsgi } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";

const hello = (text: string, name = "application") =>
  `def ${name}(environ, start_response):\n    start_response("200 OK", [])\n    return [${text}]\n`;

async function start(
  args: readonly string[],
  cwd: string,
): Promise<{ port: number; server: Program }> {
  const port = await freePort();
  const server = await startServer(
    ["--http-socket", `127.0.0.1:${port}`, "--master", ...args],
    { http: port },
    { cwd },
  );
  return { port, server };
}

async function answer(args: readonly string[], cwd: string): Promise<string> {
  const { port, server } = await start(args, cwd);
  const text = await page(port, "/");
  await server.stop("SIGTERM");
  return text;
}

describe("the application is found", () => {
  const directory = temporaryDirectory({
    "app.py": `${hello('b"file"')}${hello('b"other"', "other")}`,
    "pkg/__init__.py": "",
    "pkg/mod.py": `${hello('b"module"')}${hello('b"made"', "made")}def make():\n    return made\n`,
    "lib/helper_lib.py": 'TEXT = b"from lib"\n',
    "uses_lib.py": `import helper_lib\n${hello("helper_lib.TEXT")}`,
    "reads_env.py": `import os\n${hello('os.environ["COLOUR"].encode()')}`,
    "where.py": `import os\n${hello("os.getcwd().encode()")}`,
    "names.py": `import sys\n${hello("repr((__name__, sys.argv, sys.path[0])).encode()")}`,
    "app.ini": "[uwsgi]\nwsgi-file = app.py\ncallable = other\n",
    "app.yaml": "uwsgi:\n  module: pkg.mod:made\n",
  });

  test.each<[string, readonly string[], string]>([
    ["a file", ["--wsgi-file", "app.py"], "file"],
    ["a file by its alias", ["--file", "app.py", "--callable", "other"], "other"],
    ["a bare file name", ["app.py"], "file"],
    ["a module", ["--module", "pkg.mod"], "module"],
    ["a module and its callable", ["-w", "pkg.mod:made"], "made"],
    ["a bare module", ["pkg.mod:made"], "made"],
    ["a factory", ["--wsgi", "pkg.mod:make()"], "made"],
    ["an ini", ["--ini", "app.ini"], "other"],
    ["a bare ini", ["app.ini"], "other"],
    ["a yaml", ["--yaml", "app.yaml"], "made"],
    ["a bare yaml", ["app.yaml"], "made"],
    ["pythonpath", ["--wsgi-file", "uses_lib.py", "--pythonpath", "lib"], "from lib"],
    ["env", ["--wsgi-file", "reads_env.py", "--env", "COLOUR=red=blue"], "red=blue"],
    ["chdir", ["--chdir", `${directory}/lib`, "--wsgi-file", "../where.py"], `${directory}/lib`],
    ["uWSGI's names", ["--module", "names"], "('names', ['uwsgi'], '.')"],
  ])("by %s", async (_name, args, text) => {
    expect(await answer(args, directory)).toBe(text);
  });

  test("in a virtual environment, whose interpreter runs it", async () => {
    const venv = `${directory}/venv`;
    const made = launch("/usr/bin/python3", ["-m", "venv", "--without-pip", venv]);
    expect((await made.exit).code).toBe(0);
    const { port, server } = await start(
      ["--virtualenv", "venv", "--wsgi-file", "app.py", "--callable", "other"],
      directory,
    );
    expect(await page(port, "/")).toBe("other");
    const zygote = server.processes().find((pid) => cmdline(pid).startsWith("tsuwsgi zygote"));
    expect(readFileSync(`/proc/${zygote}/environ`, "latin1")).toContain("PATH=");
    expect(server.stderr()).toContain("tsuwsgi is ready");
  });
});

describe("lazy-apps", () => {
  const directory = temporaryDirectory({
    "count.py": `import os\nIMPORTED_BY = os.getpid()\n${hello("repr((IMPORTED_BY, os.getpid())).encode()")}`,
    "broken.py": 'raise RuntimeError("no luck today")\n',
  });

  async function pairs(port: number): Promise<[string, string][]> {
    const seen = new Map<string, string>();
    await until("both workers to have answered", async () => {
      const answers = await Promise.all(Array.from({ length: 8 }, () => page(port, "/")));
      for (const text of answers) {
        const [importer = "", pid = ""] = text.replace(/[()]/g, "").split(", ");
        seen.set(pid, importer);
      }
      return seen.size === 2;
    });
    return [...seen];
  }

  test("off: imported once, by the zygote, before the fork", async () => {
    const { port, server } = await start(["--wsgi-file", "count.py", "-p", "2"], directory);
    const importers = new Set((await pairs(port)).map(([, importer]) => Number(importer)));
    expect(importers.size).toBe(1);
    const [importer = 0] = importers;
    expect(
      server
        .processes()
        .some((pid) => pid === importer && cmdline(pid).startsWith("tsuwsgi zygote")),
    ).toBe(true);
  });

  test("on: each worker imports for itself", async () => {
    const { port } = await start(["--wsgi-file", "count.py", "-p", "2", "--lazy-apps"], directory);
    for (const [pid, importer] of await pairs(port)) expect(importer).toBe(pid);
  });

  test.each([[[]], [["--lazy-apps"]]])(
    "a broken application answers 500 with its traceback logged (%j)",
    async (more) => {
      const { port, server } = await start(["--wsgi-file", "broken.py", ...more], directory);
      expect((await request(port)).status).toBe(500);
      expect(server.stderr()).toContain("RuntimeError: no luck today");
      expect(server.stderr()).toMatch(/File ".*broken\.py", line 1/);
      expect(server.stderr()).not.toContain("importlib");
    },
  );

  test.each([[[]], [["--lazy-apps"]]])(
    "and with need-app the start fails with 22 (%j)",
    async (more) => {
      const port = await freePort();
      const program = tsuwsgi(
        ["--http-socket", `127.0.0.1:${port}`, "--need-app", "--wsgi-file", "broken.py", ...more],
        { cwd: directory },
      );
      expect((await program.exit).code).toBe(22);
      expect(program.stderr()).toContain("no luck today");
      await program.assertGone();
    },
  );
});

describe("faults that only the import shows", () => {
  const directory = temporaryDirectory({
    "hidden.py": 'globals()["not_it"] = 1\nif False:\n    application = None\ndel_me = 1\n',
    "empty.py": "from os.path import *\n",
  });
  mkdirSync(`${directory}/sub`);

  test("a module that is not there", async () => {
    const port = await freePort();
    const program = tsuwsgi(["--http-socket", `127.0.0.1:${port}`, "--module", "no.such:app"], {
      cwd: directory,
    });
    expect((await program.exit).code).toBe(22);
    expect(program.stderr()).toMatch(
      /\(command line\):1:\d+: error: there is no Python module `no` /,
    );
    await program.assertGone();
  });

  test("a module that only an import hook finds is left to the import", async () => {
    const hooked = temporaryDirectory({
      "pkg/__init__.py": `__path__.append(__file__.replace("__init__.py", "../elsewhere"))\n`,
      "elsewhere/mod.py": hello('b"found"'),
    });
    expect(await answer(["--module", "pkg.mod"], hooked)).toBe("found");
  });

  test("a callable that is not there", async () => {
    const port = await freePort();
    const program = tsuwsgi(["--http-socket", `127.0.0.1:${port}`, "--wsgi-file", "empty.py"], {
      cwd: directory,
    });
    expect((await program.exit).code).toBe(22);
    expect(program.stderr()).toMatch(/\(command line\):1:\d+: .*has no callable 'application'/);
    await program.assertGone();
  });
});

function cmdline(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
}
