/** Hooks of servers that run: of touched files, signals, workers and the end. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { freePort } from "../helpers/ports.ts";
import { launch } from "../helpers/process.ts";
import { page, startServer, tsuwsgi } from "../helpers/server.ts";
import { until } from "../helpers/until.ts";
import { configured, linesOf, start } from "./hooked.ts";
import { allByTitle, byTitle, kill } from "./processes.ts";

describe("while the server runs", () => {
  test("a file that changes, and one that comes, have their actions done; a signal its meaning", async () => {
    const { server, cwd } = await start([
      "hook-touch = watched appendn:trace touched",
      "hook-touch = later exec:exit 5",
      "hook-master-start = appendn:trace started",
      "hook-master-start = unix_signal:10 gracefully_kill_them_all",
      "exec-asap = echo > watched",
    ]);
    const trace = () => linesOf(join(cwd, "trace"));
    await until("the start", () => trace().includes("started"));
    const touch = (name: string) => writeFileSync(join(cwd, name), `${performance.now()}`);
    await until("the touch", () => {
      touch("watched");
      return trace().includes("touched");
    });
    touch("later");
    await until("the failure", () => server.stderr().includes('"exec:exit 5" failed: exit code 5'));
    expect((await server.stop("SIGUSR1")).code).toBe(0);
    expect(server.stderr()).toContain("SIGUSR1: stopping, requests in hand have");
    await server.assertGone();
  });

  test("a reload takes other actions for files and the end; a signal keeps its meaning, which is told", async () => {
    const lines = (word: string, meaning: string) => [
      `hook-touch = ${word} appendn:trace touched-${word}`,
      `hook-as-user-atexit = appendn:trace ended-${word}`,
      `hook-master-start = unix_signal:28 ${meaning}`,
    ];
    const { server, cwd } = await start(lines("old", "stats"));
    const ini = [
      "[uwsgi]",
      "master = true",
      "wsgi-file = app.py",
      ...lines("new", "grace_them_all"),
    ];
    writeFileSync(join(cwd, "app.ini"), ini.join("\n"));
    server.signal("SIGHUP");
    await until("the reload", () => server.stderr().includes("reload is done"));
    expect(server.stderr()).toContain("what `unix_signal` says changed; that needs a restart");
    const trace = () => linesOf(join(cwd, "trace"));
    await until("the touch", () => {
      for (const name of ["old", "new"]) writeFileSync(join(cwd, name), `${performance.now()}`);
      return trace().includes("touched-new");
    });
    server.signal("SIGWINCH");
    await until("the statistics", () => server.stderr().includes("statistics: "));
    expect((await server.stop()).code).toBe(0);
    expect(new Set(trace())).toEqual(new Set(["touched-new", "ended-new"]));
    await server.assertGone();
  });

  test("the server goes on when its directory is removed, and says what cannot be done there", async () => {
    const cwd = configured([
      "hook-touch = TOP/hook appendn:TOP/trace touched",
      "touch-exec = TOP/exec true",
      "hook-as-user-atexit = appendn:TOP/trace ended",
    ]);
    const ini = readFileSync(join(cwd, "app.ini"), "utf8");
    const absolute = ini.replaceAll("TOP", cwd).replace("= app.py", `= ${cwd}/app.py`);
    writeFileSync(join(cwd, "app.ini"), absolute);
    const here = join(cwd, "here");
    mkdirSync(here);
    const port = await freePort();
    const args = ["--ini", "../app.ini", "--http-socket", `127.0.0.1:${port}`];
    const server = await startServer(args, { http: port }, { cwd: here });
    rmSync(here, { recursive: true });
    const log = (text: string) => server.stderr().includes(text);
    const gone = `the directory ${here} is not there any more`;
    for (const name of ["hook", "exec"])
      await until("the look", () => log(`${join(cwd, name)} is not there; it counts`));
    writeFileSync(join(cwd, "hook"), "");
    await until("the hook", () => linesOf(join(cwd, "trace")).includes("touched"));
    writeFileSync(join(cwd, "exec"), "");
    await until("the command", () => log(`true: ${gone}`));
    server.signal("SIGHUP");
    await until("the reload", () => log(`given up: the configuration cannot be read: ${gone}`));
    expect(await page(port, "/")).toBe("ok");
    expect((await server.stop()).code).toBe(0);
    expect(linesOf(join(cwd, "trace"))).toEqual(["touched", "ended"]);
    expect(server.stderr()).not.toMatch(/Traceback|ended \(/);
    await server.assertGone();
  });

  test("spinningfifo waits for its FIFO and for who reads from it", async () => {
    const { server, cwd } = await start([
      "hook-master-start = spinningfifo:late hello",
      "hook-master-start = appendn:trace told",
    ]);
    await until("the wait", () => server.stderr().includes("waiting for late ..."));
    expect(existsSync(join(cwd, "trace"))).toBe(false);
    const reader = launch("sh", ["-c", "mkfifo late && cat late"], { cwd });
    await until("the word", () => reader.stdout() === "hello");
    await until("the next step", () => linesOf(join(cwd, "trace")).includes("told"));
    expect((await server.stop()).code).toBe(0);
    await server.assertGone();
  });

  test("a touched file can ask for the end", async () => {
    const { server, cwd } = await start(["hook-touch = last exit:5"]);
    await until("it is looked at", () => server.stderr().includes("last is not there; it counts"));
    writeFileSync(join(cwd, "last"), "");
    expect((await server.exit).code).toBe(5);
    expect(server.stderr()).toContain('"exit:5" asks for the end, with exit code 5');
    await server.assertGone();
  });

  test("a daemon's are done when nobody waits for it any more, too", async () => {
    const cwd = configured([
      "hook-master-start = exec:while ! test -e go; do sleep 0.05; done; echo started >> trace",
      "hook-touch = watched appendn:trace touched",
      ...["exec-asap = echo > watched", "daemonize = log", "pidfile = pid"],
    ]);
    const args = ["--ini", "app.ini", "--http-socket", `127.0.0.1:${await freePort()}`];
    const starter = tsuwsgi(args, { cwd });
    expect((await starter.exit).code).toBe(0);
    writeFileSync(join(cwd, "go"), "");
    const trace = () => linesOf(join(cwd, "trace"));
    await until("the start", () => trace().includes("started"));
    await until("the touch", () => {
      writeFileSync(join(cwd, "watched"), `${performance.now()}`);
      return trace().includes("touched");
    });
    process.kill(Number(linesOf(join(cwd, "pid"))[0]), "SIGTERM");
    await starter.assertGone();
  });

  test("hooks of workers: once or with each; under lazy-apps around each import", async () => {
    const each = ["pre-app", "post-app", "post-fork", "accepting", "accepting1"];
    const once = ["accepting-once", "accepting1-once"];
    const { server, cwd, port } = await start([
      "processes = 2",
      "lazy-apps = true",
      ...[...each, ...once].map((name) => `hook-${name} = appendn:trace ${name}`),
    ]);
    const count = (name: string) =>
      linesOf(join(cwd, "trace")).filter((one) => one === name).length;
    await until(
      "both workers",
      () => count("accepting-once") === 2 && count("accepting1-once") === 1,
    );
    expect(["pre-app", "post-app", "post-fork", "accepting"].map(count)).toEqual([2, 2, 2, 2]);
    kill(byTitle(server, "tsuwsgi worker 1"));
    await until("the next", () => count("accepting1") === 2);
    await until("both again", () => allByTitle(server, "tsuwsgi worker").length === 2);
    expect(["pre-app", "post-fork", "accepting"].map(count)).toEqual([3, 3, 3]);
    expect(once.map(count)).toEqual([2, 1]);
    expect(await page(port, "/")).toBe("ok");
    await server.stop();
    await server.assertGone();
  });
});
