/** Connections on which nothing happens: what they cost, and what is done when there are too many. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { HttpConnection } from "../helpers/http.ts";
import { freePort } from "../helpers/ports.ts";
import { launch, type Program } from "../helpers/process.ts";
import { page, projectPath, startServer, untilReady } from "../helpers/server.ts";
import { until } from "../helpers/until.ts";
import { byTitle } from "./processes.ts";

const app = ["--wsgi-file", projectPath("test/apps/sleep.py"), "--master", "--disable-logging"];

/** Kilobytes that the front has in memory of its own. */
function frontMemory(server: Program): number {
  const text = readFileSync(`/proc/${byTitle(server, "tsuwsgi front")}/smaps_rollup`, "latin1");
  return Number(/^Pss_Anon:\s+(\d+)/m.exec(text)?.[1]);
}

async function connectMany(port: number, count: number): Promise<HttpConnection[]> {
  const connections: HttpConnection[] = [];
  while (connections.length < count) {
    connections.push(
      ...(await Promise.all(Array.from({ length: 50 }, () => HttpConnection.open(port)))),
    );
  }
  return connections;
}

/** Each has had an answer. */
async function askMany(port: number, count: number): Promise<HttpConnection[]> {
  const connections: HttpConnection[] = [];
  while (connections.length < count) {
    const some = await connectMany(port, 50);
    const answers = await Promise.all(some.map((connection) => connection.request()));
    expect(answers.map(({ status }) => status)).toEqual(some.map(() => 200));
    connections.push(...some);
  }
  return connections;
}

test("an idle connection costs less than 10 KB", async () => {
  const port = await freePort();
  const server = await startServer([...app, "--http-socket", `127.0.0.1:${port}`], { http: port });
  // What the first requests cost once is not what connections cost.
  for (const connection of await askMany(port, 500)) connection.destroy();
  const before = frontMemory(server);
  const connections = await askMany(port, 2_000);
  expect((frontMemory(server) - before) / connections.length).toBeLessThan(10);
  for (const connection of connections) connection.destroy();
});

describe("with few descriptors", async () => {
  /** The front may have about 60 connections with this. */
  const command = `ulimit -n 200; exec "$0" "$@"`;
  const port = await freePort();
  const args = [projectPath("dist/cli.js"), ...app, "--http-socket", `127.0.0.1:${port}`];
  const server = launch("bash", ["-c", command, process.execPath, ...args]);
  await untilReady(server, { http: port });
  const front = byTitle(server, "tsuwsgi front");

  test("a new connection takes the place of one that is idle", async () => {
    const connections = await connectMany(port, 300);
    // The last ones are there, the first ones are closed.
    expect((await connections.at(-1)?.request())?.status).toBe(200);
    expect((await connections[0]?.closed())?.length).toBe(0);
    expect(byTitle(server, "tsuwsgi front")).toBe(front);
    for (const connection of connections) connection.destroy();
  });

  test("one too many is closed while all are busy, which is said; later there is room again", async () => {
    const connections: HttpConnection[] = [];
    // Half a head: such a connection is not idle.
    await until("a word of it", async () => {
      const connection = await HttpConnection.open(port);
      connection.send("GET / HTTP/1.1\r\nHost: a\r\n");
      connections.push(connection);
      return server.stderr().includes("for want of descriptors");
    });
    expect(connections.length).toBeGreaterThan(20);
    expect(connections.length).toBeLessThan(200);
    for (const connection of connections) connection.destroy();
    await until("room", () => page(port, "/"));
    expect(byTitle(server, "tsuwsgi front")).toBe(front);
  });
});
