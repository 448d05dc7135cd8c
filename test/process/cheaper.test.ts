/** Workers that come and go with the load, against a real server. */
import { describe, expect, test } from "vitest";
import { request } from "../helpers/http.ts";
import { freePort, freePorts } from "../helpers/ports.ts";
import type { Program } from "../helpers/process.ts";
import { page, projectPath, runTsuwsgi, startServer, tsuwsgi } from "../helpers/server.ts";
import { open } from "../helpers/target.ts";
import { until } from "../helpers/until.ts";
import { allByTitle } from "./processes.ts";

const app = ["--wsgi-file", projectPath("test/apps/sleep.py"), "--disable-logging"];

async function start(...more: readonly string[]) {
  const port = await freePort();
  const args = ["--http-socket", `127.0.0.1:${port}`, ...app, ...more];
  return { port, server: await startServer(args, { accepts: port }) };
}

function workers(server: Program): number {
  return allByTitle(server, "tsuwsgi worker").length;
}

describe("cheaper", () => {
  for (const algorithm of ["spare", "busyness"]) {
    test(`${algorithm}: more under load, fewer afterwards, and no request fails`, async () => {
      const speed = ["--cheaper-overload", "1", "--cheaper-busyness-multiplier", "1"];
      const { port, server } = await start(
        ...["--processes", "3", "--cheaper", "1", "--cheaper-algo", algorithm, ...speed],
      );
      await page(port, "/");
      expect(workers(server)).toBe(1);
      let busy = true;
      const statuses = new Set<number>();
      const client = async () => {
        while (busy) statuses.add((await request(port, { path: "/?0.05" })).status);
      };
      const clients = [client(), client(), client(), client()];
      await until("three workers", () => workers(server) === 3);
      busy = false;
      await Promise.all(clients);
      await until("one worker", () => workers(server) === 1);
      expect([...statuses]).toEqual([200]);
      await server.stop();
      await server.assertGone();
    });
  }

  test("begins with cheaper-initial", async () => {
    const number = ["--processes", "4", "--cheaper", "1", "--cheaper-initial", "3"];
    const { port, server } = await start(...number, "--cheaper-algo", "manual");
    await page(port, "/");
    await until("three workers", () => workers(server) === 3);
    expect(server.stderr()).toContain("; 3 of 4 workers with 1 thread each; ");
  });

  test("as many as there are processes at most is an error, as in uWSGI", async () => {
    const args = ["--http-socket", `127.0.0.1:${await freePort()}`, ...app];
    const { code, stderr } = await runTsuwsgi([...args, "--processes", "2", "--cheaper", "2"]);
    expect(code).toBe(1);
    expect(stderr).toContain("must be lower than `processes = 2`");
  });
});

test("cheap and idle: workers come with the first request, and go when none comes", async () => {
  const { port, server } = await start("--processes", "2", "--cheap", "--idle", "1");
  expect(workers(server)).toBe(0);
  const first = await Promise.all([page(port, "/"), page(port, "/")]);
  expect(first).toHaveLength(2);
  await until("all to go", () => workers(server) === 0);
  await page(port, "/");
  server.signal("SIGHUP");
  await until("the reload", () => server.stderr().includes("reload is done"));
  await until("all to go again", () => workers(server) === 0);
  await page(port, "/");
  await server.stop();
  await server.assertGone();
});

test("die-on-idle ends the server", async () => {
  const port = await freePort();
  const args = ["--http-socket", `127.0.0.1:${port}`, ...app, "--idle", "1", "--die-on-idle"];
  const server = tsuwsgi(args);
  expect((await server.exit).code).toBe(0);
  expect(server.stderr()).toContain("no request for 1 s");
  await server.assertGone();
});

test("the stats show seats without a worker as cheap", async () => {
  const [stats = 0] = await freePorts(1);
  const { port } = await start(
    "--processes",
    "2",
    "--cheaper",
    "1",
    "--stats",
    `127.0.0.1:${stats}`,
  );
  await page(port, "/");
  let text = "";
  for await (const part of await open(stats)) text += part;
  const statuses = JSON.parse(text).workers.map((worker: { status: string }) => worker.status);
  expect(statuses).toEqual(["idle", "cheap"]);
});
