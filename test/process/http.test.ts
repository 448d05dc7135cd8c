/** HTTP/1.1 through the built command: framing, limits, streaming, clients that misbehave. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { HttpConnection, request } from "../helpers/http.ts";
import { freePort } from "../helpers/ports.ts";
import type { Program } from "../helpers/process.ts";
import { page, projectPath, startServer } from "../helpers/server.ts";
import { until } from "../helpers/until.ts";

const behaviours = projectPath("test/apps/wsgi_behaviours.py");
let port: number;

async function start(app: string, ...more: string[]): Promise<{ port: number; server: Program }> {
  const port = await freePort();
  const args = [
    "--http",
    `127.0.0.1:${port}`,
    "--master",
    "--need-app",
    "--wsgi-file",
    app,
    ...more,
  ];
  return { port, server: await startServer(args, { http: port }) };
}

beforeAll(async () => {
  ({ port } = await start(projectPath("test/apps/echo.py"), "--limit-post", "5000000"));
});

async function raw(text: string): Promise<{ status: number; rest: string }> {
  const connection = await HttpConnection.open(port);
  connection.send(text);
  const { status } = await connection.read();
  const rest = await connection.closed();
  return { status, rest: rest.toString() };
}

describe("requests", () => {
  test("on one connection are answered in order, also when they come at once", async () => {
    const connection = await HttpConnection.open(port);
    const paths = Array.from({ length: 50 }, (_, i) => `/n${i}`);
    connection.send(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(""));
    for (const path of paths) {
      expect(JSON.parse((await connection.read()).text())).toMatchObject({ PATH_INFO: path });
    }
    connection.destroy();
  });

  test("may come one byte at a time", async () => {
    const connection = await HttpConnection.open(port);
    const text = "POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
    for (const byte of text) {
      connection.send(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(JSON.parse((await connection.read()).text())).toMatchObject({ "body.size": 5 });
    connection.destroy();
  });

  test("with a body in chunks reach the application whole, with their length", async () => {
    const connection = await HttpConnection.open(port);
    connection.send(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nT: 1\r\n\r\n",
    );
    const said = JSON.parse((await connection.read()).text());
    expect(said).toMatchObject({
      "body.size": 11,
      "body.sha256": createHash("sha256").update("hello world").digest("hex"),
      CONTENT_LENGTH: "11",
    });
    expect(said).not.toHaveProperty("HTTP_TRANSFER_ENCODING");
    connection.destroy();
  });

  test("with a large body are streamed to the application", async () => {
    const body = Buffer.alloc(4_000_000, "0123456789");
    const response = await request(port, { method: "POST", body });
    expect(JSON.parse(response.text())).toMatchObject({
      "body.size": body.length,
      "body.sha256": createHash("sha256").update(body).digest("hex"),
    });
  });

  test("that expect 100-continue get it before their body, and 413 instead when it is too large", async () => {
    const connection = await HttpConnection.open(port);
    connection.send(
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n",
    );
    await until("100", () => connection.pending.includes("HTTP/1.1 100 Continue\r\n\r\n"));
    connection.send("ok");
    expect((await connection.read()).interim).toEqual([100]);
    connection.destroy();
    const refused = await HttpConnection.open(port);
    refused.send(
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000001\r\nExpect: 100-continue\r\n\r\n",
    );
    const response = await refused.read();
    expect([response.status, response.interim]).toEqual([413, []]);
  });

  test("carry who the peer is and what the socket is", async () => {
    const said = JSON.parse(await page(port, "/p?q=1"));
    expect(said).toMatchObject({
      REMOTE_ADDR: "127.0.0.1",
      SERVER_PORT: String(port),
      QUERY_STRING: "q=1",
      "wsgi.url_scheme": "http",
      SCRIPT_NAME: "",
    });
    expect(Number(said.REMOTE_PORT)).toBeGreaterThan(0);
    expect(said.SERVER_NAME).not.toBe("");
  });

  test("from this machine are believed about https", async () => {
    const headers: [string, string][] = [["X-Forwarded-Proto", "https"]];
    const response = await request(port, { headers });
    expect(JSON.parse(response.text())).toMatchObject({ "wsgi.url_scheme": "https" });
  });
});

describe("what is refused closes the connection", () => {
  const long = "x".repeat(40_000);
  test.each([
    ["a bad request line", "GET\r\n\r\n", 400],
    ["a bare LF", "GET / HTTP/1.1\nHost: a\n\n", 400],
    [
      "length and chunks",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
    ],
    [
      "a bad chunk",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
      400,
    ],
    ["another coding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501],
    ["a long target", `GET /${long} HTTP/1.1\r\nHost: a\r\n\r\n`, 414],
    ["a target without end", `GET /${long}`, 414],
    ["a long field", `GET / HTTP/1.1\r\nHost: a\r\nX: ${long}\r\n\r\n`, 431],
    ["fields without end", `GET / HTTP/1.1\r\nHost: a\r\nX: ${long}`, 431],
    ["a long body", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000001\r\n\r\n", 413],
    ["HTTP/3", "GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505],
  ])("%s", async (_name, text, status) => {
    // What follows must not be taken for a request.
    const got = await raw(`${text}GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n`);
    expect(got).toEqual({ status, rest: "" });
  });

  test("a chunked body that grows too long", async () => {
    const connection = await HttpConnection.open(port);
    connection.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    const block = `10000\r\n${"x".repeat(65536)}\r\n`;
    for (let i = 0; i < 80; i++) connection.send(block);
    await expect(connection.read("POST").then((response) => response.status)).resolves.toBe(413);
  });
});

describe("clients that go or wait", () => {
  test("a half-closed client still gets its answer", async () => {
    const connection = await HttpConnection.open(port);
    connection.send("GET /half HTTP/1.1\r\nHost: a\r\n\r\n");
    connection.end();
    expect(JSON.parse((await connection.read()).text())).toMatchObject({ PATH_INFO: "/half" });
    expect((await connection.closed()).length).toBe(0);
  });

  test("a client that goes in the middle of its upload disturbs nobody", async () => {
    for (const size of [10, 1_000_000]) {
      const connection = await HttpConnection.open(port);
      connection.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size + 1}\r\n\r\n`);
      connection.send("x".repeat(size));
      await new Promise((resolve) => setImmediate(resolve));
      connection.destroy(true);
      expect(JSON.parse(await page(port, "/next"))).toMatchObject({ PATH_INFO: "/next" });
    }
  });

  test("a slow reader of a big answer gets all of it, and a stalled one does not hold others up", async () => {
    const big = await start(behaviours, "--processes", "2");
    const stalled = await HttpConnection.open(big.port);
    stalled.send("GET /big?50000000 HTTP/1.1\r\nHost: a\r\n\r\n");
    stalled.pause();
    for (let i = 0; i < 20; i++) expect(await page(big.port, "/plain")).toBe("plain");
    stalled.resume();
    expect((await stalled.read()).body.length).toBe(50_000_000);
    stalled.destroy();
  });

  test("a client that leaves a big answer frees the core, and close() is called", async () => {
    const big = await start(behaviours);
    const leaving = await HttpConnection.open(big.port);
    leaving.send("GET /big?50000000 HTTP/1.1\r\nHost: a\r\n\r\n");
    await until("the beginning", () => leaving.pending.length > 0);
    leaving.destroy(true);
    expect(await page(big.port, "/closed")).toBe("big");
  });
});

describe("cores", () => {
  test("are shared: a slow request holds up none that was queued behind it", async () => {
    const sleepy = await start(projectPath("test/apps/sleep.py"), "--processes", "2");
    const slow = page(sleepy.port, "/?1.5");
    const began = performance.now();
    await Promise.all(
      Array.from({ length: 40 }, async () => {
        await page(sleepy.port, "/");
      }),
    );
    expect(performance.now() - began).toBeLessThan(1_400);
    await slow;
  });

  test("harakiri ends a stuck request with 504, and only that", async () => {
    const sleepy = await start(
      projectPath("test/apps/sleep.py"),
      ...["--processes", "2", "--harakiri", "1"],
    );
    const stuck = request(sleepy.port, { path: "/?30" });
    await until("the start", () => sleepy.server.stderr().includes("sleeping"));
    const others = await Promise.all(Array.from({ length: 10 }, () => request(sleepy.port)));
    expect(others.map((response) => response.status)).toEqual(Array(10).fill(200));
    expect((await stuck).status).toBe(504);
    expect((await request(sleepy.port)).status).toBe(200);
  });

  test("max-requests replaces workers without a failed request", async () => {
    const { port } = await start(
      projectPath("test/apps/sleep.py"),
      ...["--processes", "2", "--max-requests", "20", "--min-worker-lifetime", "0"],
    );
    const pids = new Set<string>();
    for (let round = 0; round < 40; round++) {
      for (const pid of await Promise.all(Array.from({ length: 5 }, () => page(port, "/")))) {
        pids.add(pid);
      }
    }
    expect(pids.size).toBeGreaterThan(4);
  });

  test("a request whose worker dies is answered 502", async () => {
    const sleepy = await start(projectPath("test/apps/sleep.py"));
    const pid = Number(await page(sleepy.port, "/"));
    const lost = request(sleepy.port, { path: "/?30" });
    await until("the start", () => sleepy.server.stderr().includes("sleeping"));
    const queued = request(sleepy.port);
    process.kill(pid, "SIGKILL");
    expect((await lost).status).toBe(502);
    expect((await queued).status).toBe(200);
  });

  test("a worker that dies takes no other request with it", async () => {
    const { port, server } = await start(projectPath("test/apps/sleep.py"), "--processes", "2");
    const lost = request(port, { path: "/?30" });
    await until("the start", () => server.stderr().includes("sleeping"));
    const others = Array.from({ length: 30 }, () => request(port, { path: "/?0.02" }));
    const free = Number(await page(port, "/"));
    const workers = server.processes().filter((pid) => title(pid).startsWith("tsuwsgi worker"));
    for (const pid of workers) if (pid !== free) process.kill(pid, "SIGKILL");
    expect((await lost).status).toBe(502);
    expect((await Promise.all(others)).map(({ status }) => status)).toEqual(Array(30).fill(200));
  });

  test("threads run side by side in one process", async () => {
    const sleepy = await start(projectPath("test/apps/sleep.py"), "--threads", "4");
    const began = performance.now();
    const pids = await Promise.all(Array.from({ length: 4 }, () => page(sleepy.port, "/?0.5")));
    expect(new Set(pids).size).toBe(1);
    expect(performance.now() - began).toBeLessThan(1_900);
  });
});

describe("the access log", () => {
  test("has a line a request in uWSGI's format, unless it is disabled", async () => {
    const loud = await start(behaviours);
    await page(loud.port, "/plain?x=1");
    await until("the line", () => loud.server.stderr().includes("/plain?x=1"));
    expect(loud.server.stderr()).toMatch(
      /\[pid: \d+\|app: 0\|req: \d+\/\d+\] 127\.0\.0\.1 \(\) \{\d+ vars in \d+ bytes\} \[\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}\] GET \/plain\?x=1 => generated 5 bytes in \d+ msecs \(HTTP\/1\.1 200\) 2 headers in \d+ bytes \(1 switches on core 0\)\n/,
    );
    const quiet = await start(behaviours, "--disable-logging");
    await page(quiet.port, "/plain?x=2");
    await quiet.server.stop("SIGTERM");
    expect(quiet.server.stderr()).not.toContain("/plain?x=2");
  });
});

test("memory stays flat while a large body goes through", async () => {
  const { port, server } = await start(projectPath("test/apps/echo.py"));
  const front = server.processes().find((pid) => title(pid).startsWith("tsuwsgi front"));
  const before = rss(front);
  const body = Buffer.alloc(200_000_000, 1);
  expect(JSON.parse((await request(port, { method: "POST", body })).text())).toMatchObject({
    "body.size": body.length,
  });
  expect(rss(front) - before).toBeLessThan(90_000);
});

function title(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, "latin1");
}

/** Resident kilobytes. */
function rss(pid: number | undefined): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]);
}
