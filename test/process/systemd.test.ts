/** What a service manager is told: Type=notify, Type=notify-reload, WatchdogSec. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { freePort } from "../helpers/ports.ts";
import { page, projectPath, startServer, tsuwsgi } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";
import { type Manager, manage } from "./manager.ts";
import { byTitle } from "./processes.ts";
import { gone, inherit, place, ready, tcp } from "./socket-server.ts";

async function managed(env: { [name: string]: string } = {}, ...more: readonly string[]) {
  const directory = temporaryDirectory();
  const manager = await manage(join(directory, "notify"));
  const { serve } = place();
  const port = await freePort();
  const args = ["--http-socket", `127.0.0.1:${port}`, ...serve, ...more];
  const server = await startServer(
    args,
    { http: port },
    { env: { NOTIFY_SOCKET: join(directory, "notify"), ...env } },
  );
  return { manager, server, port };
}

/** The states that were told, in their order, without the signs of life. */
function states(manager: Manager): string[] {
  return manager
    .notes()
    .flatMap(({ lines }) => lines)
    .filter((line) => /^(READY|RELOADING|STOPPING)=/.test(line));
}

describe("a service manager", () => {
  test("is told by the master itself when requests are accepted, and when the server stops", async () => {
    const { manager, server } = await managed();
    const { pid, lines } = await manager.heard("READY=1");
    // NotifyAccess=main, systemd's default, believes nobody else.
    expect(pid).toBe(server.pid);
    expect(lines).toContain(`MAINPID=${server.pid}`);
    expect(lines.find((line) => line.startsWith("STATUS="))).toContain("tsuwsgi is ready: ");
    await gone(server);
    expect(states(manager)).toEqual(["READY=1", "STOPPING=1"]);
    expect(new Set(manager.notes().map((note) => note.pid))).toEqual(new Set([server.pid]));
  });

  test("at an abstract name", async () => {
    const name = `@tsuwsgi-test-${process.pid}-${Math.random()}`;
    const manager = await manage(name);
    const port = await freePort();
    const { serve } = place();
    const server = tsuwsgi(["--http-socket", `127.0.0.1:${port}`, ...serve], {
      env: { NOTIFY_SOCKET: name },
    });
    expect((await manager.heard("READY=1")).pid).toBe(server.pid);
    await gone(server);
  });

  test("is told about a reload when it begins and when it is over", async () => {
    const { manager, server } = await managed();
    await manager.heard("READY=1");
    const before = process.hrtime.bigint() / 1000n;
    server.signal("SIGHUP");
    const { lines } = await manager.heard("RELOADING=1");
    const told = lines.find((line) => line.startsWith("MONOTONIC_USEC="))?.split("=")[1] ?? "0";
    // Of the same clock, and after the signal.
    expect(BigInt(told)).toBeGreaterThanOrEqual(before);
    expect(BigInt(told)).toBeLessThanOrEqual(process.hrtime.bigint() / 1000n);
    await manager.heard("READY=1", 2);
    await until("the log", () => server.stderr().includes("reload is done"));
    await gone(server);
    expect(states(manager)).toEqual(["READY=1", "RELOADING=1", "READY=1", "STOPPING=1"]);
  });

  test("gets signs of life while the front answers, and none while it does not", async () => {
    const { manager, server } = await managed({ WATCHDOG_USEC: "400000" });
    await manager.heard("WATCHDOG=1", 3);
    const front = byTitle(server, "tsuwsgi front");
    process.kill(front, "SIGSTOP");
    // The master asks again and again, each time for a second; what was on its way may still come.
    const count = () => manager.notes().filter(({ lines }) => lines[0] === "WATCHDOG=1").length;
    let seen = count();
    await until("a while without", () => {
      const before = seen;
      seen = count();
      return new Promise<boolean>((resolve) => setTimeout(() => resolve(count() === before), 1500));
    });
    process.kill(front, "SIGCONT");
    await manager.heard("WATCHDOG=1", seen + 2);
    await gone(server);
  });

  test("is not the application's, nor anybody's below the master", async () => {
    const { server, port } = await managed({ WATCHDOG_USEC: "9000000" });
    expect(await page(port, "/environment")).not.toMatch(/NOTIFY_SOCKET|WATCHDOG_/);
    await gone(server);
  });

  test("together with its socket activation", async () => {
    const path = join(temporaryDirectory(), "notify");
    const manager = await manage(path);
    const port = await freePort();
    const { serve } = place();
    const env = { LISTEN_FDS: "1", NOTIFY_SOCKET: path };
    const server = inherit(tcp(port), [...serve, "--protocol", "http"], env);
    await ready(server);
    expect((await manager.heard("READY=1")).pid).toBe(server.pid);
    expect(await page(port, "/")).toBe(`port ${port}`);
    await gone(server);
  });

  test("is told why a start fails, and never that it is ready", async () => {
    const path = join(temporaryDirectory(), "notify");
    const manager = await manage(path);
    const broken = projectPath("test/apps/raise_at_import.py");
    const port = await freePort();
    const server = tsuwsgi(
      ["--http-socket", `127.0.0.1:${port}`, "--wsgi-file", broken, "--need-app"],
      { env: { NOTIFY_SOCKET: path } },
    );
    expect((await server.exit).code).toBe(22);
    const status = await until("its status", () =>
      manager.notes().find(({ lines }) => lines[0]?.includes("the application cannot be loaded")),
    );
    expect(status.lines).toHaveLength(1);
    expect(states(manager)).toEqual(["STOPPING=1"]);
  });

  test.each([
    ["that is not there", "/nonexistent/notify", "ENOENT"],
    ["of a kind that is not known", "vsock:2:1", "neither a path nor an abstract name"],
  ])("%s is told about in the log, and the server serves", async (_, socket, reason) => {
    const port = await freePort();
    const { serve } = place();
    const args = ["--http-socket", `127.0.0.1:${port}`, ...serve];
    const server = await startServer(args, { http: port }, { env: { NOTIFY_SOCKET: socket } });
    await until(reason, () => server.stderr().includes(reason));
    expect(server.stderr()).toContain(`cannot tell the service manager at NOTIFY_SOCKET=${socket}`);
    await gone(server);
  });

  test("is told by an emperor, which is ready when it rules; its servers are not heard", async () => {
    const directory = temporaryDirectory();
    const manager = await manage(join(directory, "notify"));
    const port = await freePort();
    const { directory: app } = place();
    const vassals = temporaryDirectory({
      "one.ini": `[uwsgi]\nhttp-socket = 127.0.0.1:${port}\nwsgi-file = ${app}/app.py\nmaster = true\n`,
    });
    const env = { NOTIFY_SOCKET: join(directory, "notify"), WATCHDOG_USEC: "400000" };
    const emperor = tsuwsgi(["--emperor", vassals], { env });
    await manager.heard("READY=1");
    await until("its server", () => page(port, "/"));
    expect(await page(port, "/environment")).not.toMatch(/NOTIFY_SOCKET|WATCHDOG_/);
    await manager.heard("WATCHDOG=1", 2);
    emperor.signal("SIGHUP");
    await manager.heard("READY=1", 2);
    await gone(emperor);
    expect(states(manager)).toEqual(["READY=1", "RELOADING=1", "READY=1", "STOPPING=1"]);
    expect(new Set(manager.notes().map((note) => note.pid))).toEqual(new Set([emperor.pid]));
  });

  test("and daemonize contradict each other", async () => {
    const { directory, serve } = place();
    const port = await freePort();
    const daemonize = ["--daemonize", join(directory, "log")];
    const server = tsuwsgi(["--http-socket", `127.0.0.1:${port}`, ...serve, ...daemonize], {
      env: { NOTIFY_SOCKET: join(directory, "notify") },
    });
    expect((await server.exit).code).toBe(1);
    expect(server.stderr()).toContain("leave `daemonize` out of the configuration");
    await server.assertGone();
  });
});
