/** What is done for the application in its interpreter: exceptions, results, stacks, flags, environment, names. */
import {
  existsSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { HttpConnection, request } from "../helpers/http.ts";
import { values } from "../helpers/http-response.ts";
import { freePort } from "../helpers/ports.ts";
import type { Program } from "../helpers/process.ts";
import { page, runTsuwsgi, startServer } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";
import { byTitle } from "./processes.ts";

const directory = temporaryDirectory({
  "app.py": `import atexit, os, signal, sys, time, tsuwsgi

class Odd(Exception):
    pass

def gone():
    open("gone", "a").write("x")

atexit.register(gone)

def slow():
    yield b""
    while not os.path.exists("go"):
        time.sleep(0.01)
    yield b"body"

def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/raise":
        raise {"value": ValueError, "odd": Odd}[environ["QUERY_STRING"]]("boom")
    start_response("200 OK", [])
    if path == "/late":
        return broken()
    if path == "/bytes":
        return b"as they are"
    if path == "/slow":
        return slow()
    if path == "/env":
        return [repr([os.environ.get(name) for name in ("EARLY", "LATE", "FROM_DIR")]).encode()]
    if path == "/python":
        return [repr((sys.flags.no_site, sys.flags.optimize, sys.prefix)).encode()]
    return [str(os.getpid()).encode()]

def broken():
    yield b"begun"
    raise Odd("boom")
`,
  "envdir/FROM_DIR": "from the directory\n",
  "chosen.ini": `[uwsgi]
ienv = EARLY=early
env = LATE=$(EARLY) and late
early-envdir = envdir
if-env = FROM_DIR
env = EARLY=later
endif =
`,
});

async function start(...args: readonly string[]): Promise<{ port: number; server: Program }> {
  const port = await freePort();
  const server = await startServer(
    ["--http-socket", `127.0.0.1:${port}`, "--master", "--wsgi-file", "app.py", ...args],
    { http: port },
    { cwd: directory },
  );
  return { port, server };
}

describe("exceptions", () => {
  test("catch-exceptions shows them to the client, and lint warns of it", async () => {
    const { port, server } = await start("--catch-exceptions");
    const answer = await request(port, { path: "/raise?value", headers: [["X-Own", "mine"]] });
    expect(answer.status).toBe(500);
    expect(values(answer, "content-type")).toEqual(["text/plain"]);
    expect(answer.text()).toContain("Exception: builtins.ValueError: boom\n");
    expect(answer.text()).toContain('File "');
    expect(answer.text()).toContain("in application\n");
    expect(answer.text()).toContain("HTTP_X_OWN = mine\n");
    expect(answer.text()).not.toContain("wsgi.py");
    expect((await request(port, { path: "/raise?value", method: "HEAD" })).text()).toBe("");
    expect(server.stderr()).toContain("warning: `catch-exceptions` shows clients the traceback");
  });

  test("without it clients see nothing of them", async () => {
    const { port, server } = await start();
    expect((await request(port, { path: "/raise?value" })).text()).toBe("Internal Server Error");
    expect(server.stderr()).toContain("ValueError: boom");
  });

  test.each<[string, readonly string[], readonly string[], readonly string[]]>([
    ["any", ["--reload-on-exception"], ["/raise?value", "/raise?odd", "/late"], []],
    ["a type", ["--reload-on-exception-type", "ValueError"], ["/raise?value"], ["/raise?odd"]],
    ["a value", ["--reload-on-exception-value", "boom"], ["/raise?value", "/raise?odd"], []],
    [
      "a repr",
      ["--reload-on-exception-repr", "builtins.ValueError: boom"],
      ["/raise?value"],
      ["/raise?odd"],
    ],
  ])(
    "reload-on-exception for %s: another worker, after the answer",
    async (_name, args, on, off) => {
      const { port, server } = await start(...args);
      for (const path of off) {
        const pid = await page(port, "/");
        expect((await request(port, { path })).status).toBe(500);
        expect(await page(port, "/")).toBe(pid);
      }
      expect(server.stderr()).not.toContain("is replaced");
      for (const path of on) {
        const pid = await page(port, "/");
        if (path === "/late") await expect(request(port, { path })).rejects.toThrow();
        else expect((await request(port, { path })).status).toBe(500);
        await until("another worker", async () => (await page(port, "/")) !== pid);
      }
      expect(server.stderr()).toContain("reload-on-exception");
      await server.stop("SIGTERM");
      await server.assertGone();
    },
  );
});

describe("results", () => {
  test("wsgi-strict: a result of bytes is no body", async () => {
    const { port, server } = await start("--wsgi-strict");
    expect((await request(port, { path: "/bytes" })).status).toBe(500);
    expect(server.stderr()).toContain("the body must be bytes, not int");
    expect(await page(port, "/")).toMatch(/^\d+$/);
  });

  test("start_response-nodelay: the head comes before there is a body", async () => {
    const { port } = await start("--start_response-nodelay");
    const connection = await HttpConnection.open(port);
    connection.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    await until("the head", () => connection.pending.toString("latin1").includes("\r\n\r\n"));
    expect(connection.pending.toString("latin1")).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    writeFileSync(`${directory}/go`, "");
    connection.destroy();
    expect(await page(port, "/slow")).toBe("body");
    expect((await request(port, { path: "/", method: "HEAD" })).status).toBe(200);
  });

  test.each<[string, readonly string[], string]>([
    ["atexit is called, in the worker only", [], "x"],
    ["skip-atexit-teardown: it is not", ["--skip-atexit-teardown"], ""],
  ])("when a worker goes, %s", async (_name, args, called) => {
    writeFileSync(`${directory}/gone`, "");
    const { server } = await start(...args);
    await server.stop("SIGTERM");
    expect(readFileSync(`${directory}/gone`, "utf8")).toBe(called);
  });
});

describe("py-tracebacker", () => {
  test("tells where the threads of each worker are, also of its successor", async () => {
    const socket = `${directory}/stacks`;
    const more = ["--py-tracebacker", socket, "--chmod-socket=600", "--max-requests", "3"];
    const { port, server } = await start(...more, "--threads", "2");
    const first = await page(port, "/");
    expect(await told(`${socket}1`)).toMatch(
      /^\*\*\* .* tracebacker output \*\*\*\n\nthread_id = /,
    );
    expect(await told(`${socket}1`)).toContain("thread_id = MainThread filename = ");
    expect(await told(`${socket}1`)).not.toContain("tracebacker.py");
    expect(await told(`${socket}1`)).toMatch(/lineno = \d+ function = _fill line = /);
    expect(statSync(`${socket}1`).mode & 0o777).toBe(0o600);
    await until("a successor", async () => (await page(port, "/")) !== first);
    await until("the first to end", () => !server.processes().includes(Number(first)));
    expect(await told(`${socket}1`)).toContain("thread_id = MainThread");
    await server.stop("SIGTERM");
    expect(existsSync(`${socket}1`)).toBe(false);
    await server.assertGone();
  });

  test("that cannot be made is told, and the server serves", async () => {
    const { port, server } = await start("--py-tracebacker", "no/such/directory/stacks");
    expect(await page(port, "/")).toMatch(/^\d+$/);
    expect(server.stderr()).toMatch(/py-tracebacker: \S+stacks1 cannot be made: No such file/);
  });
});

describe("the interpreter", () => {
  test("no-site, optimize and py-programname", async () => {
    symlinkSync("/usr/bin/python3", `${directory}/own-python`);
    const more = ["--no-site", "--optimize", "1", "--py-programname", "./own-python"];
    const { port, server } = await start(...more);
    expect(await page(port, "/python")).toBe("(1, 1, '/usr')");
    const zygote = byTitle(server, "tsuwsgi zygote");
    expect(readlinkSync(`/proc/${zygote}/exe`)).toBe(realpathSync("/usr/bin/python3"));
  });

  test("a py-programname that there is not ends the start", async () => {
    const args = ["--http-socket", ":0", "--wsgi-file", "app.py", "--py-programname", "no/python"];
    const { code, stderr } = await runTsuwsgi(args, { cwd: directory });
    expect(code).toBe(1);
    expect(stderr).toContain(`there is no program ${directory}/no/python there`);
  });

  test("a module that is to be known by another name, and is not there, ends the start", async () => {
    const port = await freePort();
    const args = ["--http-socket", `127.0.0.1:${port}`, "--wsgi-file", "app.py"];
    for (const option of ["--pymodule-alias", "--post-pymodule-alias"]) {
      const { code, stderr } = await runTsuwsgi([...args, option, "a=no_such"], { cwd: directory });
      expect(code).not.toBe(0);
      expect(stderr).toContain("the module no_such, to be known as a, cannot be imported");
    }
  });

  test("ienv and early-envdir come before env, and are seen by the configuration", async () => {
    const { port } = await start("--ini", "chosen.ini");
    expect(await page(port, "/env")).toBe("['later', 'early and late', 'from the directory']");
  });

  test("a reload brings in another environment", async () => {
    const ini = `${directory}/reloaded.ini`;
    writeFileSync(ini, "[uwsgi]\nenv = LATE=one\n");
    const { port, server } = await start("--ini", ini);
    expect(await page(port, "/env")).toContain("'one'");
    writeFileSync(ini, "[uwsgi]\nenv = LATE=two\nprocname-master = renamed\n");
    server.signal("SIGHUP");
    await until("the reload", async () => (await page(port, "/env")).includes("'two'"));
    expect(byTitle(server, "renamed")).toBe(server.pid);
  });

  test("with lazy SIGHUP replaces the workers, and the configuration stays", async () => {
    const ini = `${directory}/lazy.ini`;
    writeFileSync(ini, "[uwsgi]\nlazy = true\nenv = LATE=one\n");
    const { port, server } = await start("--ini", ini);
    const pid = await page(port, "/");
    writeFileSync(ini, "[uwsgi]\nlazy = true\nenv = LATE=two\n");
    server.signal("SIGHUP");
    await until("another worker", async () => (await page(port, "/")) !== pid);
    expect(await page(port, "/env")).toContain("'one'");
  });
});

test("a master with another name is known by its pidfile", async () => {
  const pidfile = `${directory}/pid`;
  const { port, server } = await start("--pidfile", pidfile, "--procname", "another");
  expect(await page(port, "/")).toMatch(/^\d+$/);
  const again = ["--http-socket", "127.0.0.1:0", "--wsgi-file", "app.py", "--pidfile", pidfile];
  const { code, stderr } = await runTsuwsgi(again, { cwd: directory });
  expect(code).toBe(1);
  expect(stderr).toContain(`its master is process ${server.pid}`);
  // Its other processes hold what it holds, and are no masters.
  const zygote = server.processes().find((pid) => pid !== server.pid);
  writeFileSync(`${directory}/other-pid`, `${zygote}\n`);
  const other = ["--pidfile", `${directory}/other-pid`, "--http-socket", `127.0.0.1:${port}`];
  const next = await runTsuwsgi([...other, "--wsgi-file", "app.py"], { cwd: directory });
  expect(next.stderr).toContain("replaced the stale pidfile");
});

/** All that a Unix socket says until its end. */
function told(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    connect(path)
      .setEncoding("utf8")
      .on("data", (part: string) => (text += part))
      .on("error", reject)
      .on("end", () => resolve(text));
  });
}
