/** A configuration that uses the language, started: what it asks of the machine happens, and only then. */
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import { freePort } from "../helpers/ports.ts";
import { page, runTsuwsgi, startServer } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";

const files = {
  "app.py": [
    "import os",
    "NAMES = ('FROM_DIR', 'LINES', 'EMPTY', 'GONE', 'SET')",
    "def application(environ, start_response):",
    "    start_response('200 OK', [])",
    "    return [repr([os.environ.get(name) for name in NAMES]).encode()]",
    "",
  ].join("\n"),
  "env.d/FROM_DIR": "from the directory \n",
  "env.d/LINES": "two\0lines",
  "env.d/EMPTY": "",
  "env.d/.hidden": "x",
};

test("commands, directories of variables, loops and conditions", async () => {
  const port = await freePort();
  const cwd = temporaryDirectory({
    ...files,
    "more.xml": "<uwsgi><if-file>app.py</if-file><wsgi-file>%(_)</wsgi-file><endif/></uwsgi>",
    "more.json": '{"uwsgi": {"master": true, "envdir": ["env.d"]}}',
    "app.ini": [
      "[uwsgi]",
      `port = @(exec://touch ran; echo ${port})`,
      "ini = exec://printf '[uwsgi]\\nset = made=by a command'",
      "http-socket = 127.0.0.1:%(port)",
      "for = more",
      "include = %(_).json",
      "endfor =",
      "include = more.xml",
      "unenv = GONE",
      "env = SET=%(made)",
      "print = hello from %n",
      "",
    ].join("\n"),
  });
  const ran = join(cwd, "ran");
  for (const command of [["lint"], ["show"], ["convert", "--to", "json"], ["nginx"]]) {
    await runTsuwsgi([...command, "app.ini"], { cwd });
    expect(existsSync(ran), command[0]).toBe(false);
  }
  const lint = await runTsuwsgi(["lint", "app.ini"], { cwd });
  expect([lint.code, lint.stdout.match(/error/)]).toEqual([0, null]);
  const env = { GONE: "1", EMPTY: "not yet" };
  const server = await startServer(["app.ini"], { http: port }, { cwd, env });
  expect(existsSync(ran)).toBe(true);
  expect(await page(port, "/")).toBe(
    "['from the directory', 'two\\nlines', None, None, 'by a command']",
  );
  expect(server.stderr()).toContain("hello from app\n");
  await server.stop("SIGTERM");
});

test("a command that fails, or that is not there, stops the start with its place", async () => {
  const cwd = temporaryDirectory({
    ...files,
    "app.ini": "[uwsgi]\nmodule = app\nx = @(exec://echo no good >&2; exit 3)\n",
  });
  const { code, stderr } = await runTsuwsgi(["app.ini"], { cwd });
  expect(code).toBe(1);
  expect(stderr).toContain("app.ini:3:5: error: ");
  expect(stderr).toContain("it ended with status 3: no good");
  expect(stderr).not.toContain("    at ");
});

test("a configuration of a web server, and one that it does not have", async () => {
  const port = await freePort();
  const web = createServer((request, response) => {
    response.statusCode = request.url === "/app.ini" ? 200 : 404;
    response.end(`[uwsgi]\nhttp-socket = 127.0.0.1:${port}\nwsgi-file = app.py\nmaster = true\n`);
  });
  const webPort = await freePort();
  await new Promise<void>((resolve) => web.listen(webPort, "127.0.0.1", resolve));
  try {
    const cwd = temporaryDirectory(files);
    const url = `http://127.0.0.1:${webPort}`;
    const server = await startServer(["--ini", `${url}/app.ini`], { http: port }, { cwd });
    expect(await page(port, "/")).toContain("None");
    await server.stop("SIGTERM");
    const { code, stderr } = await runTsuwsgi(["--ini", `${url}/gone.ini`], { cwd });
    expect([code, stderr.match(/the server answered 404/)?.length]).toEqual([1, 1]);
  } finally {
    web.close();
  }
});

test("standard input, in any format", async () => {
  for (const [format, text] of [
    ["ini", "[uwsgi]\nx = 1\n"],
    ["yaml", "uwsgi:\n  x: 1\n"],
    ["json", '{"uwsgi":{"x":1}}'],
    ["xml", "<uwsgi><x>1</x></uwsgi>"],
  ]) {
    const cwd = temporaryDirectory({});
    const { stderr } = await runTsuwsgi([`--${format}`, "-", "--show-config"], {
      cwd,
      ...(text === undefined ? {} : { stdin: text }),
    });
    expect(stderr).toContain(`[uwsgi]\n${format} = -\nx = 1\nshow-config = true\n`);
  }
});
