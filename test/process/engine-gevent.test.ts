/** Cores as greenlets of gevent, through the built command. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { needs } from "../helpers/needs.ts";
import { freePort, freePorts } from "../helpers/ports.ts";
import { page, projectPath, startServer } from "../helpers/server.ts";
import { open, type Target } from "../helpers/target.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";
import type { Engine } from "./engine-behaviour.ts";
import { app, describeEngine, lines, pidAt, start, times } from "./engine-behaviour.ts";
import { byTitle, kill } from "./processes.ts";

const gevent: Engine = {
  name: "gevent",
  needed: "gevent",
  options: ["--gevent-early-monkey-patch"],
};

describeEngine(gevent);

interface WorkerPart {
  readonly cores: readonly { readonly in_request: number }[];
}

/** What the stats server says. */
async function statistics(port: Target): Promise<{ workers: readonly WorkerPart[] }> {
  let text = "";
  for await (const part of await open(port)) text += part;
  return JSON.parse(text);
}

function busyCores({ cores }: WorkerPart): number {
  return cores.filter((core) => core.in_request === 1).length;
}

needs("gevent")("with gevent", () => {
  test("the stats server shows each greenlet, and the log each request", async () => {
    const stats = await freePort();
    const { port, server } = await start(gevent, "--stats", `127.0.0.1:${stats}`);
    const stuck = times(3, () => page(port, "/stuck"));
    await until("all to be stuck", () => lines(server, "stuck") === 3);
    const now = async () => (await statistics(stats)).workers.map(busyCores);
    expect(await now()).toEqual([3]);
    await page(port, "/release");
    await Promise.all(stuck);
    expect(await now()).toEqual([0]);
    await until("the log", () => server.stderr().match(/GET \/stuck/g)?.length === 3);
  });

  test("a thousand greenlets in each of two workers are served and stopped", async () => {
    const [port = 0, stats = 0] = await freePorts(2);
    const listen = ["--http-socket", `127.0.0.1:${port}`, "--master", "--processes", "2"];
    const cores = [
      "--gevent",
      "1000",
      "--gevent-early-monkey-patch",
      "--stats",
      `127.0.0.1:${stats}`,
    ];
    const server = await startServer([...listen, ...app, ...cores], { http: port });
    // Nobody answers them in the end.
    const stuck = Promise.allSettled(times(600, () => page(port, "/stuck")));
    await until("all to be stuck", () => lines(server, "stuck") === 600);
    const { workers } = await statistics(stats);
    // Not 300 each: a worker that does not get the processor for a while loses some to the other.
    const [first = 0, second = 0] = workers.map(busyCores);
    expect(first + second).toBe(600);
    expect(Math.min(first, second)).toBeGreaterThan(0);
    expect(workers.map(({ cores }: WorkerPart) => cores.length)).toEqual([1000, 1000]);
    expect((await server.stop("SIGINT")).code).toBe(0);
    await server.assertGone();
    await stuck;
  });

  test("a worker that computes keeps no request from the others", async () => {
    const port = await freePort();
    const listen = ["--http-socket", `127.0.0.1:${port}`, "--master", "--processes", "2"];
    const cores = ["--gevent", "50", "--gevent-early-monkey-patch"];
    const server = await startServer([...listen, ...app, ...cores], { http: port });
    const flag = join(temporaryDirectory(), "busy");
    writeFileSync(flag, "");
    const busy = page(port, `/busy?${flag}`);
    await until("it to compute", () => lines(server, "busy") === 1);
    const others = new Set<number>();
    // More than one at a time, or all would go to the worker that has nothing in hand anyway.
    for (let round = 0; round < 5; round++) {
      for (const pid of await Promise.all(times(20, () => pidAt(port)))) others.add(pid);
    }
    rmSync(flag);
    expect(others.size).toBe(1);
    expect(others.has(Number(await busy))).toBe(false);
  });

  test("with gevent-wait-for-hub a worker goes when nothing is left to do, also outside of requests", async () => {
    const { port, server } = await start(gevent, "--gevent-wait-for-hub");
    const path = join(temporaryDirectory(), "now");
    await page(port, `/later?${path}`);
    server.signal("SIGTERM");
    // When the front has gone the worker was told to go.
    const front = () => byTitle(server, "tsuwsgi front");
    await until("the front to go", () =>
      Promise.resolve()
        .then(front)
        .then(
          () => false,
          () => true,
        ),
    );
    expect(lines(server, "done later")).toBe(0);
    writeFileSync(path, "");
    expect((await server.exit).code).toBe(0);
    expect(lines(server, "done later")).toBe(1);
    await server.assertGone();
  });

  test("an application that patches itself runs on threads, and its dead worker is replaced", async () => {
    const port = await freePort();
    const listen = ["--http-socket", `127.0.0.1:${port}`, "--master", "--threads", "3"];
    const file = projectPath("test/apps/patches_itself.py");
    const path = ["--pythonpath", projectPath("test/apps")];
    const args = [...listen, ...path, "--wsgi-file", file];
    const server = await startServer(args, { http: port });
    await Promise.all(times(3, () => page(port, "/meet?3")));
    const pid = await pidAt(port);
    kill(pid);
    await until("the next worker", async () => (await pidAt(port)) !== pid);
    expect((await server.stop()).code).toBe(0);
    await server.assertGone();
  });

  test("without monkey patching it says what that means", async () => {
    const port = await freePort();
    const listen = ["--http-socket", `127.0.0.1:${port}`, "--master", "--gevent", "2"];
    const server = await startServer([...listen, ...app], { http: port });
    expect(server.stderr()).toContain("gevent: nothing is monkey patched");
  });
});
