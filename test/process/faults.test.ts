/** Deaths and stops at bad moments, and applications and clients that do not play along. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { request } from "../helpers/http.ts";
import { freePort, freePorts } from "../helpers/ports.ts";
import { launch, type Program } from "../helpers/process.ts";
import { page, projectPath, startServer, tsuwsgi } from "../helpers/server.ts";
import { open } from "../helpers/target.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";
import { byTitle, kill } from "./processes.ts";

/** A stop that waits for nothing takes 50 ms; worker-reload-mercy would be 60 s. Milliseconds. */
const atOnceMs = 5_000;

async function start(app: string, ...more: readonly string[]) {
  const port = await freePort();
  const args = ["--master", "--http-socket", `127.0.0.1:${port}`, "--wsgi-file"];
  const server = await startServer([...args, projectPath(`test/apps/${app}`), ...more], {
    http: port,
  });
  return { port, server };
}

/** A server whose application takes a minute to import. */
async function loading(...more: readonly string[]): Promise<Program> {
  const slow = ["--wsgi-file", projectPath("test/apps/sleep_at_import.py")];
  const address = `127.0.0.1:${await freePort()}`;
  const server = tsuwsgi(["--master", ...slow, "--http-socket", address, ...more]);
  await until("the zygote", () => byTitle(server, "tsuwsgi zygote"));
  await until("the front", () => byTitle(server, "tsuwsgi front"));
  return server;
}

describe("while the application is imported", () => {
  test("the master's death ends the zygote too, and nothing is left", async () => {
    const server = await loading();
    await until("the run directory", () => server.runDirectories().length > 0);
    server.signal("SIGKILL");
    await server.assertGone(2_000);
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    test(`${signal} ends it`, async () => {
      const path = join(temporaryDirectory(), "pid");
      const server = await loading("--pidfile", path);
      expect(await server.stop(signal)).toEqual({ code: 0, signal: null });
      await server.assertGone();
      expect(existsSync(path)).toBe(false);
    });
  }
});

describe("SIGTERM does not wait", () => {
  test("for a front that has just died", async () => {
    const { server } = await start("sleep.py");
    kill(byTitle(server, "tsuwsgi front"));
    const began = performance.now();
    expect((await server.stop("SIGTERM")).code).toBe(0);
    expect(performance.now() - began).toBeLessThan(atOnceMs);
    await server.assertGone();
  });

  test("for requests that died with their front", async () => {
    const { port, server } = await start("sleep.py");
    const answer = request(port, { path: "/?50" }).catch(() => undefined);
    await until("the request to be in hand", () => server.stderr().includes("sleeping"));
    server.signal("SIGTERM");
    await until("the drain", () => server.stderr().includes("SIGTERM: stopping"));
    kill(byTitle(server, "tsuwsgi front"));
    expect((await server.stop("SIGTERM")).code).toBe(0);
    expect(server.stderr()).toContain("so no request is in hand");
    await answer;
    await server.assertGone();
  });
});

test("an application that takes the zygote's signals and breaks a fork: workers are replaced all the same", async () => {
  const { port, server } = await start("steal_signals.py");
  const pid = await page(port, "/");
  const zygote = byTitle(server, "tsuwsgi zygote");
  process.kill(zygote, "SIGTERM"); // As a signal to the whole process group does.
  kill(Number(pid));
  await until("the next worker", async () => (await page(port, "/")) !== pid);
  expect(server.stderr()).toContain("it cannot be forked: refused on purpose");
  expect(byTitle(server, "tsuwsgi zygote")).toBe(zygote);
  await server.stop();
  await server.assertGone();
});

test("a slow reader of standard error gets every line of the application", async () => {
  const port = await freePort();
  const directory = temporaryDirectory();
  const lines = join(directory, "lines");
  const args = ["--master", "--http-socket", `127.0.0.1:${port}`, "--disable-logging"];
  const command = [process.execPath, projectPath("dist/cli.js"), ...args, "--wsgi-file"];
  // A shell's pipe; Node's own to its children are sockets.
  const script = 'file=$1; shift; "$@" 2>&1 | (sleep 1; grep -c xxx >"$file")';
  const app = [projectPath("test/apps/loud.py"), "--pidfile", "p"];
  const shell = launch("sh", ["-c", script, "sh", lines, ...command, ...app], { cwd: directory });
  await until("the server", () => page(port, "/"));
  expect(await page(port, "/?1000")).toBe("written");
  process.kill(Number(readFileSync(join(directory, "p"), "utf8")), "SIGTERM");
  await shell.exit;
  expect(readFileSync(lines, "utf8")).toBe("1000\n");
});

test("a stats client that stays does not keep a daemon that ends", async () => {
  const directory = temporaryDirectory();
  const [port = 0, stats = 0] = await freePorts(2);
  const [log, pidfile] = [join(directory, "log"), join(directory, "pid")];
  const sockets = ["--http-socket", `127.0.0.1:${port}`, "--stats", `127.0.0.1:${stats}`];
  const app = ["--master", "--wsgi-file", projectPath("test/apps/sleep.py")];
  const daemon = tsuwsgi([...app, ...sockets, "--daemonize", log, "--pidfile", pidfile]);
  expect((await daemon.exit).code).toBe(0);
  process.kill(byTitle(daemon, "tsuwsgi front"), "SIGSTOP"); // So the document takes a second.
  const client = await open(stats);
  process.kill(Number(readFileSync(pidfile, "utf8")), "SIGINT");
  await daemon.assertGone(4_000);
  client.destroy();
});

test("master, front and zygote killed together: the workers end by themselves, and nothing is left", async () => {
  const { server } = await start("sleep.py", "--processes", "2");
  const [directory = "none"] = server.runDirectories();
  const titles = ["tsuwsgi master", "tsuwsgi zygote", "tsuwsgi front"];
  // All looked up first: each ends by itself soon after the master.
  for (const pid of titles.map((title) => byTitle(server, title))) kill(pid);
  await until("all to end", () => server.processes().length === 0);
  await until("the directory to go", () => !existsSync(directory));
});

test("an application that writes to descriptors that are not its own ends its zygote, not the server", async () => {
  const { port, server } = await start("writes_anywhere.py", "--lazy-apps");
  expect(await page(port, "/")).toBe("served");
  expect(server.running()).toBe(true);
});
