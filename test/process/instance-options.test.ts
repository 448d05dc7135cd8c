/** Options of the start and the end: where the log, the directories and the standard input are. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { request } from "../helpers/http.ts";
import { freePort } from "../helpers/ports.ts";
import { page, projectPath, runTsuwsgi, startServer, tsuwsgi } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";
import { serveTold } from "./told.ts";

/** Says where it is, reads what it can, starts children that it forgets, and says its end. */
const application = `
import atexit, os, subprocess, sys

atexit.register(lambda: os.write(2, b"the end\\n"))
loaded = os.getcwd()

def application(environ, start_response):
    path = environ["PATH_INFO"]
    said = "%s %s" % (loaded, os.getcwd())
    if path == "/stdin":
        said = sys.stdin.readline().strip()
    if path == "/child":
        said = str(os.spawnlp(os.P_NOWAIT, "true", "true"))
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [said.encode()]
`;

/** A directory with the application, and the arguments of a server in it. */
async function place(...more: readonly string[]) {
  const directory = temporaryDirectory({ "app.py": application });
  const port = await freePort();
  const socket = ["--http-socket", `127.0.0.1:${port}`];
  const at = (name: string) => join(directory, name);
  return {
    directory,
    at,
    port,
    args: [...socket, "--wsgi-file", at("app.py"), "--master", ...more],
  };
}

test("chdir2: the application is loaded in one directory and runs in the other", async () => {
  const { directory, port, args, at } = await place();
  mkdirSync(at("data"));
  await startServer([...args, "--chdir", directory, "--chdir2", "data"], { http: port });
  expect(await page(port, "/")).toBe(`${directory} ${at("data")}`);
});

test("chdir2 where there is no such directory: the server does not start", async () => {
  const { args } = await place("--need-app");
  const { code, stderr } = await runTsuwsgi([...args, "--chdir2", "/none/at/all"]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/`chdir2`: \/none\/at\/all does not exist/);
});

test("reaper: ended children are taken away after the next request, without it they stay", async () => {
  for (const reaper of [true, false]) {
    const { port, args } = await place(...(reaper ? ["--reaper"] : []));
    await startServer(args, { http: port });
    const child = await page(port, "/child");
    await until("the child to end", () => stateOf(child) !== "R" && stateOf(child) !== "S");
    await page(port, "/");
    // What comes after an answer is over when the next one comes.
    await page(port, "/");
    expect(stateOf(child)).toBe(reaper ? undefined : "Z");
  }
});

test("skip-atexit-teardown: workers end without the application's atexit functions", async () => {
  for (const skip of [true, false]) {
    const { port, args } = await place(...(skip ? ["--skip-atexit-teardown"] : []));
    const server = await startServer(args, { http: port });
    expect((await server.stop()).code).toBe(0);
    // As in uWSGI the process that imported it has nothing to end.
    expect(server.stderr().split("the end").length - 1).toBe(skip ? 0 : 1);
  }
});

test("honour-stdin: the application reads what the command reads; without it nothing", async () => {
  for (const honour of [true, false]) {
    const { port, args } = await place(...(honour ? ["--honour-stdin"] : []));
    const options = { stdin: "first line\nsecond\n" };
    await startServer(args, { accepts: port }, options);
    await until("the server", async () => (await request(port)).status === 200);
    expect(await page(port, "/stdin")).toBe(honour ? "first line" : "");
  }
});

test("force-cwd: reloads read the configuration there", async () => {
  const other = temporaryDirectory();
  const directory = temporaryDirectory({ "app.py": application });
  const port = await freePort();
  const ini = (text: string) =>
    `[uwsgi]\nmaster = true\nhttp-socket = 127.0.0.1:${port}\nwsgi-file = ${directory}/app.py\n${text}`;
  writeFileSync(join(directory, "app.ini"), ini(`force-cwd = ${other}\n`));
  writeFileSync(join(other, "app.ini"), ini(`force-cwd = ${other}\nadd-header = X-From: other\n`));
  const server = await startServer(["app.ini"], { http: port }, { cwd: directory });
  expect((await request(port)).header("x-from")).toBeUndefined();
  server.signal("SIGHUP");
  await until("the reload", () => server.stderr().includes("reload is done"));
  expect((await request(port)).header("x-from")).toBe("other");
});

test("what lasts is named when a reload finds it changed", async () => {
  const { ini, at, expecting, server } = await serveTold("master-fifo = DIR/fifo");
  writeFileSync(at("lock"), "");
  appendFileSync(
    ini,
    `master-fifo = ${at("other")}\npidfile2 = ${at("pid")}\nflock = ${at("lock")}\n`,
  );
  await expecting("reload is done", () => server.signal("SIGHUP"));
  for (const option of ["master-fifo", "pidfile2", "flock"])
    expect(server.stderr()).toContain(`\`${option}\` changed; that needs a restart`);
});

describe("daemonize2", () => {
  test("the log is relative to chdir, and all of the server writes there", async () => {
    const { directory, port, args, at } = await place("--pidfile2", "pid", "--vacuum");
    const daemon = tsuwsgi([...args, "--chdir", directory, "--daemonize2", "log"]);
    expect((await daemon.exit).code).toBe(0);
    expect(await page(port, "/")).toBe(`${directory} ${directory}`);
    const pid = Number(readFileSync(at("pid"), "utf8"));
    expect(readFileSync(at("log"), "utf8")).toMatch(new RegExp(`is ready: .*pid ${pid}\\n`));
    process.kill(pid, "SIGTERM");
    await daemon.assertGone();
    expect(readFileSync(at("log"), "utf8")).toContain("the end");
  });

  test("a start that fails tells why on the terminal", async () => {
    const { args, at, directory } = await place();
    writeFileSync(at("app.py"), "raise RuntimeError('broken on purpose')\n");
    const own = ["--need-app", "--chdir", directory, "--daemonize2", "log"];
    const daemon = tsuwsgi([...args, ...own]);
    expect((await daemon.exit).code).toBe(22);
    expect(daemon.stderr()).toContain("RuntimeError: broken on purpose");
    await daemon.assertGone();
  });

  test.skipIf(process.getuid?.() !== 0)("as root: the log belongs to the user", async () => {
    const { directory, args, port, at } = await place("--uid", "nobody", "--gid", "nogroup");
    // The project itself may be where only root can read; what it is to serve must not be.
    chmodSync(directory, 0o777);
    const own = ["--chdir", directory, "--daemonize2", "log", "--pidfile", at("pid")];
    const daemon = tsuwsgi([...args, ...own]);
    const { code } = await daemon.exit;
    expect(daemon.stderr()).toBe("");
    expect(code).toBe(0);
    await page(port, "/");
    expect(statSync(at("log")).uid).toBe(65534);
    process.kill(Number(readFileSync(at("pid"), "utf8")), "SIGINT");
    await daemon.assertGone();
  });
});

test("the terminal is free when a daemon runs: nothing of it is held", async () => {
  const { directory, args, at } = await place("--pidfile", "pid");
  const cli = [projectPath("dist/cli.js"), ...args, "--chdir", directory, "--daemonize2", "log"];
  const child = spawn(process.execPath, cli, { cwd: directory, stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.resume();
  child.stderr.resume();
  // `close` comes when nobody has the pipes any more.
  const [code] = await once(child, "close");
  process.kill(Number(readFileSync(at("pid"), "utf8")), "SIGINT");
  expect(code).toBe(0);
});

/** The letter of /proc/PID/stat; undefined when there is no such process. */
function stateOf(pid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.[0];
  } catch {
    return undefined;
  }
}
