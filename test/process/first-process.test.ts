/** The server as process 1 of a PID namespace, as in a container: orphans, signals, the end. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { freePort } from "../helpers/ports.ts";
import { launch, type Program } from "../helpers/process.ts";
import { page, projectPath, untilReady } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";

const app = `
import os, time

def orphan():
    if os.fork() == 0:
        if os.fork() == 0:
            time.sleep(0.02)
        os._exit(0)
    os.wait()

def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/orphans":
        for _ in range(50):
            orphan()
    if path == "/slow":
        print("slow begins", flush=True)
        time.sleep(1)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"%d" % os.getpid()]
`;

const namespaces = ["--pid", "--fork", "--mount-proc", "--kill-child"];
const possible = spawnSync("unshare", [...namespaces, "true"]).status === 0;

/** Starts the command as process 1 of a namespace of its own; its own number outside is that of `inside`. */
async function contain(...more: readonly string[]) {
  const directory = temporaryDirectory({ "app.py": app });
  const port = await freePort();
  const program = launch("unshare", [
    ...namespaces,
    ...[process.execPath, projectPath("dist/cli.js"), "--http-socket", `127.0.0.1:${port}`],
    ...["--wsgi-file", join(directory, "app.py"), "--master", "--processes", "2", ...more],
  ]);
  await untilReady(program, { http: port });
  return { program, port, directory, first: firstOf(program) };
}

/** The process that is number 1 inside. */
function firstOf(program: Program): number {
  const [first] = inside(program).filter(({ own }) => own === 1);
  if (first === undefined) throw new Error("there is no process 1");
  return first.pid;
}

/** All processes of the namespace, zombies too, by their numbers outside and inside. */
function inside(program: Program): { pid: number; own: number; zombie: boolean }[] {
  const space = program
    .processes()
    .map(namespaceOf)
    .find((one) => one !== namespaceOf(process.pid));
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), status: proc(Number(name), "status") }))
    .filter(({ pid, status }) => status.includes("NSpid") && isIn(pid, status, space))
    .map(({ pid, status }) => ({
      pid,
      own: Number(/^NSpid:.*\s(\d+)$/m.exec(status)?.[1]),
      zombie: /^State:\s+Z/m.test(status),
    }));
}

/** A zombie has no namespace to look at any more, but its number there. */
function isIn(pid: number, status: string, space: string | undefined): boolean {
  const link = namespaceOf(pid);
  if (link !== "") return link === space;
  return /^State:\s+Z/m.test(status) && /^NSpid:\s+\d+\s+\d+$/m.test(status);
}

function namespaceOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return "";
  }
}

function proc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return "";
  }
}

const title = "as the first process of a container";

describe.skipIf(!possible)(possible ? title : `${title} [needs unshare --pid, as root]`, () => {
  test("any signal that means something reaches the server, any other does nothing", async () => {
    const bound = ["--hook-master-start", "unix_signal:23 stats"];
    const { program, first } = await contain(...bound);
    process.kill(first, "SIGALRM");
    process.kill(first, "SIGPWR");
    process.kill(first, "SIGURG");
    await until("the statistics", () => program.stderr().includes("statistics: "));
    process.kill(first, "SIGTERM");
    expect(await program.exit).toEqual({ code: 0, signal: null });
  });

  test("reaps what workers, daemons and old generations leave behind", async () => {
    const { program, port, first } = await contain(
      "--attach-daemon",
      "i=0; while [ $i -lt 50 ]; do (sleep 0.02 &); i=$((i+1)); done; exec sleep 1000",
    );
    await page(port, "/orphans");
    const lasting = (all: ReturnType<typeof inside>) => all.filter(({ zombie }) => zombie);
    // Every orphan has ended, and none is left as a zombie.
    await until("no zombie, and no orphan", () => {
      const all = inside(program);
      return lasting(all).length === 0 && all.length <= 8;
    });
    await page(port, "/orphans");
    process.kill(first, "SIGHUP");
    await until("the reload", () => program.stderr().includes("reload is done"));
    await until("no zombie, and no orphan", () => {
      const all = inside(program);
      return lasting(all).length === 0 && all.length <= 8;
    });
    process.kill(first, "SIGTERM");
    expect(await program.exit).toEqual({ code: 0, signal: null });
    await program.assertGone();
  });

  test("SIGTERM lets requests in hand finish, and all ends with 0", async () => {
    const { program, port, first } = await contain();
    const slow = page(port, "/slow");
    await until(
      "the request to begin",
      () => program.stdout().includes("slow begins") || program.stderr().includes("slow begins"),
    );
    process.kill(first, "SIGTERM");
    expect(Number(await slow)).toBeGreaterThan(1);
    expect(await program.exit).toEqual({ code: 0, signal: null });
    await program.assertGone();
  });

  test("SIGINT ends it at once", async () => {
    const { program, first } = await contain();
    process.kill(first, "SIGINT");
    expect(await program.exit).toEqual({ code: 0, signal: null });
    expect(program.stderr()).toContain("SIGINT: stopping at once");
    await program.assertGone();
  });

  test("a worker that is killed is replaced", async () => {
    const { program, port, first } = await contain();
    const own = Number(await page(port, "/"));
    const worker = inside(program).find((one) => one.own === own);
    process.kill(worker?.pid ?? -1, "SIGKILL");
    await until("another", async () => !inside(program).some((one) => one.own === own));
    expect(Number(await page(port, "/"))).not.toBe(own);
    expect(proc(worker?.pid ?? -1, "status")).not.toContain("NSpid");
    process.kill(first, "SIGTERM");
    await program.exit;
  });

  test("a signal that means nothing does nothing", async () => {
    const { program, port, first } = await contain();
    for (const name of ["SIGWINCH", "SIGTTIN", "SIGTTOU"] as const) process.kill(first, name);
    expect(Number(await page(port, "/"))).toBeGreaterThan(1);
    process.kill(first, "SIGTERM");
    expect(await program.exit).toEqual({ code: 0, signal: null });
  });

  test("the code of a start that fails is the container's", async () => {
    const broken = projectPath("test/apps/raise_at_import.py");
    const args = ["--http-socket", "127.0.0.1:0", "--wsgi-file", broken, "--need-app"];
    const cli = [process.execPath, projectPath("dist/cli.js")];
    const program = launch("unshare", [...namespaces, ...cli, ...args]);
    expect((await program.exit).code).toBe(22);
    expect(program.stderr()).toContain("the application cannot be loaded");
  });

  test("daemonize would end the container, and is refused", async () => {
    const { directory } = { directory: temporaryDirectory({ "app.py": app }) };
    const args = ["--http-socket", "127.0.0.1:0", "--wsgi-file", join(directory, "app.py")];
    const cli = [process.execPath, projectPath("dist/cli.js")];
    const daemonize = ["--daemonize", join(directory, "log")];
    const program = launch("unshare", [...namespaces, ...cli, ...args, ...daemonize]);
    expect((await program.exit).code).toBe(1);
    expect(program.stderr()).toContain("a container ends with its first process");
  });
});
