/** Engines that the interpreter lacks the package for. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { freePort } from "../helpers/ports.ts";
import { projectPath, runTsuwsgi, tsuwsgi } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";

const app = ["--wsgi-file", projectPath("test/apps/greenlets.py")];

describe("an engine whose package is missing", () => {
  /** A virtual environment with nothing in it. */
  function emptyVenv(): string {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, "bin"));
    symlinkSync("/usr/bin/python3", join(directory, "bin", "python"));
    writeFileSync(
      join(directory, "pyvenv.cfg"),
      "home = /usr/bin\ninclude-system-site-packages = false\n",
    );
    return directory;
  }

  test.each([
    ["gevent", "gevent"],
    ["eventlet", "eventlet"],
    ["asyncio", "greenlet"],
  ])("%s: neither lint nor a start accept it, and say which", async (engine, missing) => {
    const config = join(temporaryDirectory(), "app.ini");
    const file = projectPath("test/apps/greenlets.py");
    const port = await freePort();
    const text = `[uwsgi]\nhttp-socket = 127.0.0.1:${port}\nwsgi-file = ${file}\nmaster = true\n`;
    writeFileSync(config, `${text}home = ${emptyVenv()}\n${engine} = 10\n`);
    const problem = `\`${engine}\` needs the Python package ${missing}`;
    const lint = await runTsuwsgi(["lint", config]);
    expect([lint.code, lint.stdout + lint.stderr]).toEqual([1, expect.stringContaining(problem)]);
    const server = tsuwsgi([config]);
    expect((await server.exit).code).toBe(1);
    expect(server.stderr()).toContain(problem);
    expect(server.stderr()).toContain("app.ini:6:");
    await server.assertGone();
  });

  test("and only the interpreter itself notices: the start ends with 1, whatever leniency", async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, "gevent.py"), 'raise ImportError("broken on purpose")\n');
    const listen = ["--http-socket", `127.0.0.1:${await freePort()}`, "--master", "--lenient"];
    const path = ["--env", `PYTHONPATH=${directory}`];
    const server = tsuwsgi([...listen, ...app, ...path, "--gevent", "2"]);
    expect((await server.exit).code).toBe(1);
    expect(server.stderr()).toContain("cannot be imported: ImportError: broken on purpose");
    await server.assertGone();
  });
});
