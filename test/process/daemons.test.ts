/** Programs beside the server: their start, their life and their end, with real ones, and as uWSGI's. */
import { existsSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { freePort } from "../helpers/ports.ts";
import { tsuwsgi } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";
import { isThere, outliving, read, serve, serveIn, tell, wsgiFile } from "./daemon-server.ts";

function touch(path: string): void {
  const seconds = Date.now() / 1000 + 10;
  utimesSync(path, seconds, seconds);
}

describe("attach-daemon", () => {
  test("is started where the server is, with its environment, and its output goes to the log", async () => {
    const { server, file, logged, directory } = await serve(
      "env = FOO=bar",
      "attach-daemon = (pwd; echo $FOO; readlink /proc/$$/fd/0; ls /proc/$$/fd) > new; mv new told; echo to 'the' log; exec sleep 1000",
    );
    await logged("to the log");
    const [cwd, foo, stdin, ...fds] = (await file("told")).split("\n");
    expect([cwd, foo, stdin]).toEqual([directory, "bar", "/dev/null"]);
    // Of the server's it has only the descriptor by which it ends with the master.
    expect(fds.filter((fd) => Number(fd) > 4 && Number(fd) !== 10)).toEqual([]);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    await server.assertGone();
  });

  test("is started again when it is killed, and again after a pause when it lives shortly", async () => {
    const { file, server, logged, directory } = await serve(
      `attach-daemon = ${tell("pid")}; exec sleep 1000`,
    );
    const first = Number(await file("pid"));
    process.kill(first, "SIGKILL");
    await logged("ended: killed by SIGKILL; it is started again in 1 s");
    await until("the next", () => Number(read(directory, "pid")) !== first);
    await server.stop();
    await server.assertGone();
  });

  test("has time to end at a stop, with all that it has started", async () => {
    const inner =
      "trap 'sleep 0.3; echo bye > said; exit' TERM; echo > up; while :; do sleep 0.05; done";
    const { directory, server } = await serve(
      `attach-daemon = sh -c "${inner}"; echo never`,
      "attach-daemon = trap 'exit' TERM; while :; do sleep 0.05; done",
    );
    await until("it to run", () => existsSync(join(directory, "up")));
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(read(directory, "said")).toBe("bye");
    await server.assertGone();
  });

  test("that ignores its signal is killed after reload-mercy", async () => {
    const { server, directory } = await serve(
      "reload-mercy = 1",
      "attach-daemon = trap '' TERM; echo > up; while :; do sleep 0.05; done",
    );
    await until("it to run", () => existsSync(join(directory, "up")));
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(server.stderr()).toContain("has not ended in time, it is killed");
    await server.assertGone();
  });

  test.each([
    ["a plain one", "sleep 1000"],
    ["one that closes all descriptors", "exec 3>&-; exec sleep 1000"],
    ["a compound one", "sleep 1000; echo never"],
  ])("ends when the master is killed: %s", async (_, command) => {
    const { server } = await serve(`attach-daemon = echo > up; ${command}`);
    await until("it to run", () => server.processes().length >= 5);
    server.signal("SIGKILL");
    await server.assertGone();
  });

  test("is restarted by a reload, with its own signal; what is configured anew is started", async () => {
    const traps = "trap 'echo TERM >> got; exit' TERM; trap 'echo HUP >> got; exit' HUP";
    const command = `${traps}; ${tell("pid")}; while :; do sleep 0.05; done`;
    const { server, file, directory, logged } = await serve(
      `attach-daemon2 = cmd=${command},reloadsignal=1`,
      "smart-attach-daemon2 = smart.pid sleep 1000",
    );
    const first = Number(await file("pid"));
    const smart = Number(await file("smart.pid"));
    outliving.push(smart);
    const ini = join(directory, "app.ini");
    const text = readFileSync(ini, "utf8");
    writeFileSync(ini, `${text}attach-daemon = echo > added; exec sleep 1000\n`);
    server.signal("SIGHUP");
    await logged("reload is done");
    await until("the next", () => Number(read(directory, "pid")) !== first);
    expect(read(directory, "got")).toBe("HUP");
    await until("the added one", () => existsSync(join(directory, "added")));
    writeFileSync(ini, text);
    server.signal("SIGHUP");
    await logged('daemon "echo > added; exec sleep 1000"');
    await until("it to be stopped", () => /added.*is stopped/.test(server.stderr()));
    expect(Number(read(directory, "smart.pid"))).toBe(smart);
    await server.stop();
    expect(isThere(smart)).toBe(true);
  });

  test("is restarted when a file is touched", async () => {
    const directory = temporaryDirectory({ touched: "" });
    const { file } = await serveIn(
      directory,
      `attach-daemon2 = cmd=${tell("pid")}; exec sleep 1000,touch=${directory}/touched`,
    );
    const first = Number(await file("pid"));
    touch(join(directory, "touched"));
    await until("the next", () => Number(read(directory, "pid")) !== first);
    expect(isThere(first)).toBe(false);
  });

  test("with control takes the server with it, after the requests in hand", async () => {
    const { server, directory } = await serve(
      "attach-control-daemon = while [ ! -e end ]; do sleep 0.05; done; exit 3",
    );
    writeFileSync(join(directory, "end"), "");
    expect(await server.exit).toEqual({ code: 0, signal: null });
    expect(server.stderr()).toContain("ended: exit code 3; the server ends with it");
    await server.assertGone();
  });

  test("that cannot be started is told about", async () => {
    const { logged, server } = await serve(
      "attach-daemon2 = cmd=sleep 1000,chdir=/nonexistent",
      "attach-daemon = no-such-program",
    );
    await logged("/nonexistent");
    await logged("no-such-program: not found");
    await logged("ended: exit code 127; it is started again in 1 s");
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    await server.assertGone();
  });

  test("of a daemon end with that", async () => {
    const directory = temporaryDirectory();
    const [port, pidfile] = [await freePort(), join(directory, "master")];
    const starter = tsuwsgi([
      ...["--http-socket", `127.0.0.1:${port}`, "--wsgi-file", wsgiFile, "--pidfile", pidfile],
      ...["--daemonize", join(directory, "log"), "--chdir", directory],
      ...["--attach-daemon", `${tell("pid")}; sleep 1000; echo never`],
      ...["--smart-attach-daemon2", "smart exec sleep 1000"],
    ]);
    expect(await starter.exit).toEqual({ code: 0, signal: null });
    await until("the programs", () => read(directory, "pid") && read(directory, "smart"));
    const smart = await until("the other", () => Number(read(directory, "smart")) || undefined);
    process.kill(Number(readFileSync(pidfile, "utf8")), "SIGTERM");
    await until("all but that", () => starter.processes().every((pid) => pid === smart));
    process.kill(smart, "SIGKILL");
    await starter.assertGone();
  });

  test("where the log goes by UDP", async () => {
    const { server, file } = await serve(
      "logto = 127.0.0.1:9",
      `attach-daemon = ${tell("pid")}; while echo line; do sleep 0.05; done`,
    );
    await file("pid");
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    await server.assertGone();
  });
});
