/** Clients that are slow, greedy or badly timed, through the built command. */
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { HttpConnection, request } from "../helpers/http.ts";
import { freePort } from "../helpers/ports.ts";
import type { Program } from "../helpers/process.ts";
import { page, projectPath, startServer } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";

async function start(app: string, ...more: string[]): Promise<{ port: number; server: Program }> {
  const port = await freePort();
  const address = ["--http-socket", `127.0.0.1:${port}`];
  const file = projectPath(`test/apps/${app}.py`);
  const args = [...address, "--master", "--need-app", "--wsgi-file", file, ...more];
  return { port, server: await startServer(args, { http: port }) };
}

/** Resident kilobytes of the front. */
function frontMemory(server: Program): number {
  const title = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, "latin1");
  const pid = server.processes().find((pid) => title(pid).startsWith("tsuwsgi front"));
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]);
}

describe("an upload", () => {
  test("whose worker dies ends its connection: the rest is no next request", async () => {
    const { port, server } = await start("sleep");
    const pid = Number(await page(port, "/"));
    const connection = await HttpConnection.open(port);
    connection.send("POST /?30 HTTP/1.1\r\nHost: a\r\nContent-Length: 400000\r\n\r\n");
    connection.send("x".repeat(300_000));
    await until("the start", () => server.stderr().includes("sleeping"));
    process.kill(pid, "SIGKILL");
    const response = await connection.read("POST");
    expect([response.status, response.header("connection")]).toEqual([502, "close"]);
    connection.send("GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
    connection.end();
    expect((await connection.closed()).length).toBe(0);
  });

  test("that is refused gets its answer even when the client reads only after sending all", async () => {
    const { port } = await start("sleep", "--limit-post", "1000");
    const connection = await HttpConnection.open(port);
    connection.pause();
    connection.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 30000000\r\n\r\n");
    connection.send(Buffer.alloc(30_000_000, "x"));
    connection.end();
    await new Promise((resolve) => setTimeout(resolve, 300));
    connection.resume();
    expect((await connection.read("POST")).status).toBe(413);
  });
});

describe("a client that goes", () => {
  test.each([
    [
      "while a core waits for its body",
      "POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n",
      "/read",
    ],
    ["in the middle of an endless answer", "GET /endless HTTP/1.1\r\nHost: a\r\n\r\n", "/endless"],
  ])("%s ends the request, and frees the core", async (_when, head, path) => {
    const { port } = await start("bodies");
    const connection = await HttpConnection.open(port);
    connection.send(head);
    // More than is gathered, so that the request goes to the core.
    if (path === "/read") connection.send(Buffer.alloc(300_000));
    await until("the answer to begin", () => connection.pending.length > 0);
    connection.pause();
    // The only core is at it, and nobody else gets an answer.
    const other = await HttpConnection.open(port);
    other.send("GET /closed HTTP/1.1\r\nHost: a\r\n\r\n");
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(other.pending.length).toBe(0);
    connection.destroy(true);
    expect((await other.read()).text()).toBe(path);
    other.destroy();
  });

  test("that only half-closes gets its answer", async () => {
    const { port } = await start("sleep");
    const connection = await HttpConnection.open(port);
    connection.send("GET /?0.2 HTTP/1.1\r\nHost: a\r\n\r\n");
    connection.end();
    expect((await connection.read()).status).toBe(200);
    expect((await connection.closed()).length).toBe(0);
  });
});

test("a big answer that fits the buffer holds no core, although its client reads nothing", async () => {
  const { port } = await start("wsgi_behaviours");
  const slow: HttpConnection[] = [];
  for (let i = 0; i < 20; i++) {
    const connection = await HttpConnection.open(port);
    connection.pause();
    connection.send("GET /big?1000000 HTTP/1.1\r\nHost: a\r\n\r\n");
    slow.push(connection);
  }
  expect(await page(port, "/plain")).toBe("plain");
  for (const connection of slow) {
    connection.resume();
    expect((await connection.read()).body.length).toBe(1_000_000);
    connection.destroy();
  }
});

describe("memory stays bounded", () => {
  test("when a client asks again and again and takes no answer", async () => {
    const { port, server } = await start("wsgi_behaviours");
    const before = frontMemory(server);
    const connection = await HttpConnection.open(port);
    connection.pause();
    connection.send("GET /big?500000 HTTP/1.1\r\nHost: a\r\n\r\n".repeat(1000));
    let others = 0;
    const enough = performance.now() + 1500;
    while (performance.now() < enough) {
      await page(port, "/plain");
      others++;
    }
    expect(others).toBeGreaterThan(0);
    expect(frontMemory(server) - before).toBeLessThan(60_000);
    connection.destroy(true);
  });
});

test("pipelined requests are all answered when the client takes the answers late", async () => {
  const { port } = await start("wsgi_behaviours");
  const connection = await HttpConnection.open(port);
  connection.pause();
  connection.send("GET /big?500000 HTTP/1.1\r\nHost: a\r\n\r\n".repeat(30));
  connection.end();
  await new Promise((resolve) => setTimeout(resolve, 300));
  connection.resume();
  for (let i = 0; i < 30; i++) expect((await connection.read()).body.length).toBe(500_000);
  expect((await connection.closed()).length).toBe(0);
});

test("a worker's death is seen although a process that it forked still holds its connection", async () => {
  const { port } = await start("leaves_child");
  const pid = Number(await page(port, "/fork"));
  const lost = request(port, { path: "/wait" });
  await new Promise((resolve) => setTimeout(resolve, 200));
  const began = performance.now();
  process.kill(pid, "SIGKILL");
  expect((await lost).status).toBe(502);
  expect(Number(await page(port, "/"))).not.toBe(pid);
  expect(performance.now() - began).toBeLessThan(5_000);
});

test("half a request after the last whole one does not keep a half-closed connection", async () => {
  const { port } = await start("sleep");
  const connection = await HttpConnection.open(port);
  connection.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HT");
  connection.end();
  expect((await connection.read()).status).toBe(200);
  expect((await connection.closed()).length).toBe(0);
});

test("a graceful stop does not wait for idle connections, nor for one that sent an empty line", async () => {
  const { port, server } = await start("sleep");
  const idle = await HttpConnection.open(port);
  await idle.request();
  const sloppy = await HttpConnection.open(port);
  await sloppy.request();
  sloppy.send("\r\n");
  await page(port, "/");
  const began = performance.now();
  await server.stop("SIGTERM");
  expect(performance.now() - began).toBeLessThan(1_900);
});

test("a static file that is taken slowly leaves no listeners behind", async () => {
  const directory = temporaryDirectory({});
  writeFileSync(`${directory}/large.bin`, Buffer.alloc(30_000_000, 7));
  const { port, server } = await start("sleep", "--static-map", `/s=${directory}`);
  const connection = await HttpConnection.open(port);
  connection.send("GET /s/large.bin HTTP/1.1\r\nHost: a\r\n\r\n");
  for (let i = 0; i < 15; i++) {
    connection.pause();
    await new Promise((resolve) => setTimeout(resolve, 20));
    connection.resume();
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  expect((await connection.read()).body.length).toBe(30_000_000);
  const head = await request(port, { path: "/s/large.bin", method: "HEAD" });
  expect([head.header("content-length"), head.body.length]).toEqual(["30000000", 0]);
  expect(server.stderr()).not.toContain("MaxListenersExceededWarning");
});
