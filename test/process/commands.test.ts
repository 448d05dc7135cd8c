/** Signals, and the command's options that talk to a running server. */
import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { freePort } from "../helpers/ports.ts";
import { page, runTsuwsgi } from "../helpers/server.ts";
import { until } from "../helpers/until.ts";
import { serveTold } from "./told.ts";

describe("signals", () => {
  test("SIGUSR1 and SIGUSR2 write the statistics; what has no meaning does nothing", async () => {
    const { server, expecting, port, count } = await serveTold();
    await page(port, "/");
    for (const signal of ["SIGWINCH", "SIGURG", "SIGCONT", "SIGPIPE"] as const)
      server.signal(signal);
    await expecting("statistics: 2 workers of 2; ", () => server.signal("SIGUSR1"));
    await expecting("worker 2 (pid ", () => server.signal("SIGUSR2"));
    expect(server.stderr()).toMatch(/worker [12] \(pid \d+\): idle, [12] requests?, 0 exceptions/);
    expect(count("statistics:")).toBe(2);
    expect(await page(port, "/")).toMatch(/^one /);
  });

  test.each(["SIGINT", "SIGQUIT"] as const)("%s ends at once", async (signal) => {
    const { server } = await serveTold();
    expect((await server.stop(signal)).code).toBe(0);
    expect(server.stderr()).toContain(`${signal}: stopping at once`);
    await server.assertGone();
  });

  test("SIGTERM with die-on-term = false reloads brutally, as uWSGI 2.0", async () => {
    const { server, expecting, edit, port } = await serveTold("die-on-term = false");
    edit("two");
    await expecting("brutal reload is done", () => server.signal("SIGTERM"));
    expect(await page(port, "/")).toMatch(/^two /);
    expect((await server.stop("SIGINT")).code).toBe(0);
  });

  test("a terminal's stop key reaches all processes, and only pauses", async () => {
    const { server, expecting, port } = await serveTold();
    await expecting("paused", () => {
      for (const pid of server.processes()) process.kill(pid, "SIGTSTP");
    });
    await expecting("resumed", () => server.signal("SIGTSTP"));
    expect(await page(port, "/")).toMatch(/^one /);
  });
});

describe("exit-on-reload", () => {
  test.each([
    ["SIGHUP", "SIGHUP: stopping, requests in hand"],
    ["SIGTERM", "SIGTERM: stopping at once"],
  ] as const)("%s is a stop", async (signal, text) => {
    const { server } = await serveTold("exit-on-reload = true", "die-on-term = false");
    expect((await server.stop(signal)).code).toBe(0);
    expect(server.stderr()).toContain(text);
    await server.assertGone();
  });

  test("of the workers alone is a reload, as in uWSGI", async () => {
    const lines = ["exit-on-reload = true", "touch-workers-reload = DIR/touched"];
    const { at, expecting, server } = await serveTold(...lines);
    await until("the look", () => server.stderr().includes("is not there; it counts"));
    await expecting("reload of the workers is done", () => writeFileSync(at("touched"), ""));
    expect(server.running()).toBe(true);
  });
});

describe("die-on-no-workers", () => {
  test("the server ends with 1 when all go", async () => {
    const { server, at } = await serveTold("die-on-no-workers = true", "master-fifo = DIR/fifo");
    writeFileSync(at("fifo"), "C");
    expect((await server.exit).code).toBe(1);
    expect(server.stderr()).toContain("no worker is left (die-on-no-workers)");
    await server.assertGone();
  });

  test("one that dies is replaced all the same", async () => {
    const { expecting, port, server } = await serveTold("die-on-no-workers = true");
    const worker = Number((await page(port, "/")).split(" ")[1]);
    await expecting(`(pid ${worker}) ended`, () => void process.kill(worker, "SIGKILL"));
    expect(await page(port, "/")).toMatch(/^one /);
    expect(server.running()).toBe(true);
  });
});

describe("--reload, --pause and --stop", () => {
  test("do what they say to the server of a pidfile", async () => {
    const { server, expecting, edit, port, at } = await serveTold("pidfile = DIR/pid");
    const tell = async (option: string) => {
      expect(await runTsuwsgi([option, at("pid")])).toEqual({ code: 0, stdout: "", stderr: "" });
    };
    edit("two");
    await expecting("reload is done", () => tell("--reload"));
    expect(await page(port, "/")).toMatch(/^two /);
    await expecting("SIGTSTP: paused", () => tell("--pause"));
    await expecting("SIGTSTP: resumed", () => tell("--resume"));
    await expecting("SIGTSTP: paused", () => tell("--suspend"));
    await tell("--stop");
    expect((await server.exit).code).toBe(0);
    await server.assertGone();
  });

  test("touch nobody by a pidfile that is left over", async () => {
    const { server, at, directory } = await serveTold("pidfile = DIR/pid");
    writeFileSync(at("other"), `${process.pid}\n`);
    const other = await runTsuwsgi([`--reload=${at("other")}`]);
    expect(other.code).toBe(1);
    expect(other.stderr).toMatch(/^tsuwsgi: --reload: process \d+ is .* and no tsuwsgi master; /);
    await server.stop();
    const late = await runTsuwsgi(["--pause", at("pid")]);
    expect(late.stderr).toContain(
      `there is no process ${server.pid}; ${directory}/pid is left over`,
    );
    expect((await runTsuwsgi(["--reload"])).code).toBe(2);
  });
});

describe("--connect-and-read", () => {
  test("prints what a stats server says", async () => {
    const port = await freePort();
    const { at, server } = await serveTold("stats = DIR/stats");
    const { code, stdout } = await runTsuwsgi(["--connect-and-read", at("stats")]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ pid: server.pid, workers: [{ id: 1 }, { id: 2 }] });
    const none = await runTsuwsgi(["--connect-and-read", `127.0.0.1:${port}`]);
    expect(none.code).toBe(1);
    expect(none.stderr).toContain(`nobody listens on 127.0.0.1:${port}; is the server running?`);
    const missing = await runTsuwsgi(["--connect-and-read", at("none")]);
    expect(missing.stderr).toContain(`there is no socket ${at("none")}`);
    expect((await runTsuwsgi(["--connect-and-read"])).code).toBe(2);
  });

  test("takes what is no address for none", async () => {
    const { code, stderr } = await runTsuwsgi(["--connect-and-read", "nonsense:"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("nonsense: is no address")]);
  });
});
