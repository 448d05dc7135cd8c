/** Daemons, logs and users of real servers. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { chmodSync, existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { freePort } from "../helpers/ports.ts";
import { page, projectPath, startServer, tsuwsgi } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";

const app = ["--wsgi-file", projectPath("test/apps/print_and_identify.py"), "--master"];

describe("daemonize", () => {
  test("the command ends with 0 when the server serves; the daemon is on its own", async () => {
    const directory = temporaryDirectory();
    const [log, pidfile] = [join(directory, "log"), join(directory, "pid")];
    const port = await freePort();
    const files = ["--daemonize", log, "--pidfile", pidfile, "--vacuum"];
    const program = tsuwsgi([...app, ...files, "--http-socket", `127.0.0.1:${port}`]);
    expect((await program.exit).code).toBe(0);
    const [, , , umask, session] = fields(await page(port, "/"));
    expect(umask).toBe(process.umask());
    const pid = Number(readFileSync(pidfile, "utf8"));
    expect(session).toBe(pid);
    expect(terminalOf(pid)).toBe("0");
    expect(statSync(log).mode & 0o777).toBe(0o640 & ~process.umask());
    await until("the output", () => readFileSync(log, "utf8").includes("to stderr"));
    expect(readFileSync(log, "utf8")).toMatch(/tsuwsgi is ready: .*pid \d+\n[\s\S]*to stdout\n/);
    process.kill(pid, "SIGTERM");
    await program.assertGone();
    expect(existsSync(pidfile)).toBe(false);
  });

  test("a start that fails: its exit code, and its reasons here and in the log", async () => {
    const log = join(temporaryDirectory(), "log");
    const broken = ["--wsgi-file", projectPath("test/apps/raise_at_import.py"), "--need-app"];
    const address = `127.0.0.1:${await freePort()}`;
    const args = [...broken, "--master", "--daemonize", log, "--http-socket", address];
    const program = tsuwsgi(args);
    expect((await program.exit).code).toBe(22);
    expect(program.stderr()).toContain("RuntimeError: broken on purpose");
    expect(readFileSync(log, "utf8")).toContain("RuntimeError: broken on purpose");
    await program.assertGone();
  });

  test("a log that cannot be opened", async () => {
    const log = join(temporaryDirectory(), "none", "log");
    const address = `127.0.0.1:${await freePort()}`;
    const program = tsuwsgi([...app, "--daemonize", log, "--http-socket", address]);
    expect((await program.exit).code).not.toBe(0);
    expect(program.stderr()).toMatch(/error: .*log/);
  });

  test("killed while it loads: the command tells", async () => {
    const log = join(temporaryDirectory(), "log");
    const slow = projectPath("test/apps/sleep_at_import.py");
    const args = ["--wsgi-file", slow, "--master", "--daemonize", log, "--http-socket"];
    const program = tsuwsgi([...args, `127.0.0.1:${await freePort()}`]);
    await until("the processes", () => program.processes().length === 4);
    program.signal("SIGKILL");
    await program.assertGone();
    expect(readFileSync(log, "utf8")).toContain("the start was given up");
  });

  test("udp: all lines of all processes go to the log server", async () => {
    const server = createSocket("udp4");
    let said = "";
    server.on("message", (data) => {
      said += `${data}\n`;
    });
    server.bind(0, "127.0.0.1");
    await once(server, "listening");
    const port = await freePort();
    const target = `127.0.0.1:${server.address().port}`;
    const pidfile = join(temporaryDirectory(), "pid");
    const args = [...app, "--daemonize", target, "--pidfile", pidfile, "--http-socket"];
    try {
      const program = tsuwsgi([...args, `127.0.0.1:${port}`]);
      expect((await program.exit).code).toBe(0);
      await page(port, "/");
      process.kill(Number(readFileSync(pidfile, "utf8")), "SIGINT");
      await program.assertGone();
      const expected = ["tsuwsgi is ready", "to stdout\n", "to stderr\n", "SIGINT: stopping"];
      await until("all lines", () => expected.every((text) => said.includes(text)));
    } finally {
      server.close();
    }
  });
});

test("logto takes everything but the failure to start, which shows in both", async () => {
  const log = join(temporaryDirectory(), "log");
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const server = await startServer([...app, "--logto", log, "--http-socket", address], {
    http: port,
  });
  await until("the output", () => readFileSync(log, "utf8").includes("to stdout\n"));
  expect(readFileSync(log, "utf8")).toContain("tsuwsgi is ready");
  expect(server.stderr()).not.toContain("tsuwsgi is ready");
  const other = tsuwsgi([...app, "--logto", log, "--http-socket", address]);
  expect((await other.exit).code).toBe(1);
  expect(other.stderr()).toContain("is in use");
  expect(readFileSync(log, "utf8")).toContain("is in use");
});

describe.skipIf(process.getuid?.() !== 0)("as root", () => {
  test("uid and gid: no process of the server stays root, and it stops cleanly", async () => {
    const directory = temporaryDirectory();
    chmodSync(directory, 0o755);
    const port = await freePort();
    const user = ["--uid", "nobody", "--gid", "nogroup"];
    const address = `127.0.0.1:${port}`;
    // The project itself may be where only root can read.
    const args = ["--chdir", directory, ...user, "--pidfile", join(directory, "pid")];
    const source = readFileSync(projectPath("test/apps/print_and_identify.py"));
    const file = join(temporaryDirectory({ "app.py": source }), "app.py");
    chmodSync(join(file, ".."), 0o755);
    const server = await startServer(
      [...args, "--master", "--wsgi-file", file, "--http-socket", address],
      { http: port },
    );
    const answer = await page(port, "/");
    expect(answer).toMatch(/^\(65534, 65534, \[65534\], /);
    for (const pid of server.processes()) {
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      expect(status).toMatch(/^Uid:\t65534\t65534\t65534\t65534$/m);
      expect(status).toMatch(/^Gid:\t65534\t65534\t65534\t65534$/m);
      expect(status).toMatch(/^Groups:\t65534 ?$/m);
    }
    expect((await server.stop()).code).toBe(0);
    await server.assertGone();
  });
});

/** The numbers of print_and_identify.py's answer: uid, gid, groups, umask, session. */
function fields(text: string): (number | number[])[] {
  return JSON.parse(text.replace("(", "[").replace(")", "]"));
}

/** The terminal of a process as /proc/PID/stat has it; 0 is none. */
function terminalOf(pid: number): string | undefined {
  return readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ")[4];
}
