/** py-auto-reload: edits of modules bring in another generation, and broken ones leave the present one alone. */
import { renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { freePort } from "../helpers/ports.ts";
import type { Program } from "../helpers/process.ts";
import { page, startServer } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";

const application = `import helper
try:
    import ignored
except ImportError:
    pass

def application(environ, start_response):
    start_response("200 OK", [])
    if environ["PATH_INFO"] == "/late":
        import late
        return [late.TEXT.encode()]
    return [helper.TEXT.encode()]
`;

const text = (value: string) => `TEXT = "${value}"\n`;

/** A server for an application of its own, whose files are older than anything that is written to them. */
async function start(...more: readonly string[]) {
  const directory = temporaryDirectory({
    "app.py": application,
    "helper.py": text("one"),
    "late.py": text("late one"),
    "ignored.py": text("ignored"),
    "page.html": "a template",
  });
  const past = new Date("2020-01-01T00:00:00Z");
  for (const name of ["app.py", "helper.py", "late.py", "ignored.py"])
    utimesSync(`${directory}/${name}`, past, past);
  const port = await freePort();
  const args = ["--http-socket", `127.0.0.1:${port}`, "--processes", "2", "--need-app"];
  const server = await startServer(
    [...args, "--wsgi-file", "app.py", "--py-autoreload", "1", ...more],
    { http: port },
    { cwd: directory },
  );
  const shows = (path: string, value: string) =>
    until(`${path} to be ${value}`, async () => (await page(port, path)) === value, reloadMs);
  const write = (name: string, content: string) => writeFileSync(`${directory}/${name}`, content);
  return { server, directory, shows, write };
}

/** A look, and another generation on a busy machine. */
const reloadMs = 30_000;

const reloads = (server: Program) => server.stderr().match(/reload is done/g)?.length ?? 0;

describe.each([
  ["imported once", []],
  ["with lazy-apps", ["--lazy-apps"]],
])("%s", (_name, more) => {
  test("an edit, a second one of the same length at once, a replacement, an older file", async () => {
    const { server, directory, shows, write } = await start(...more);
    await shows("/", "one");
    write("helper.py", text("two"));
    await shows("/", "two");
    expect(server.stderr()).toContain(`py-auto-reload: ${directory}/helper.py has changed`);
    // Python's own cache of it has the same second and length.
    write("helper.py", text("six"));
    await shows("/", "six");
    write("new.py", text("replaced"));
    utimesSync(`${directory}/new.py`, new Date("2001-01-01"), new Date("2001-01-01"));
    renameSync(`${directory}/new.py`, `${directory}/helper.py`);
    await shows("/", "replaced");
    rmSync(`${directory}/helper.py`);
    await shows("/", "replaced");
    write("helper.py", text("made again"));
    await shows("/", "made again");
    expect(reloads(server)).toBe(4);
    await server.stop("SIGTERM");
    await server.assertGone();
  });

  test("a module that a request imported", async () => {
    const { server, directory, shows, write } = await start(...more);
    await shows("/late", "late one");
    write("late.py", text("late two"));
    await shows("/late", "late two");
    expect(server.stderr()).toContain(`${directory}/late.py has changed`);
  });

  test("a broken edit keeps what serves; mending what only the new code has reloads", async () => {
    const { server, shows, write } = await start(...more);
    await shows("/", "one");
    write("another.py", "TEXT = (\n");
    write("helper.py", `from another import TEXT\n`);
    const gaveUp = () => server.stderr().includes("reload is given up");
    await until("the reload to be given up", gaveUp, reloadMs);
    await shows("/", "one");
    expect(server.stderr().match(/SyntaxError/g)).toHaveLength(2); // the message and its traceback, once
    write("another.py", text("mended"));
    await shows("/", "mended");
    await server.stop("SIGTERM");
    await server.assertGone();
  });
});

test("what is no module, and what is to be ignored, is not looked at", async () => {
  const { server, directory, shows, write } = await start("--py-auto-reload-ignore", "ignored");
  write("ignored.py", text("edited"));
  write("page.html", "another template");
  expect(statSync(`${directory}/ignored.py`).mtimeMs).toBeGreaterThan(1.6e12);
  write("helper.py", text("two"));
  await shows("/", "two");
  expect(server.stderr()).toContain(`py-auto-reload: ${directory}/helper.py has changed: reload`);
  expect(server.stderr()).not.toContain("ignored.py");
  expect(server.stderr()).not.toContain("page.html");
  expect(reloads(server)).toBe(1);
});

test("with lazy the workers alone are replaced", async () => {
  const { server, shows, write } = await start("--lazy");
  write("helper.py", text("two"));
  await shows("/", "two");
  expect(server.stderr()).toContain("reload of the workers begins");
});
