/** The stats server beside uWSGI's own. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { HttpConnection, request } from "../helpers/http.ts";
import { needs } from "../helpers/needs.ts";
import { freePorts } from "../helpers/ports.ts";
import { launch } from "../helpers/process.ts";
import { page, projectPath, startServer, untilReady } from "../helpers/server.ts";
import { open, type Target } from "../helpers/target.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";
import { byTitle } from "./processes.ts";

const app = ["--wsgi-file", projectPath("test/apps/sleep.py"), "--master", "--threads", "2"];

/** What a stats server sends until it closes the connection. */
async function stats(target: Target) {
  const socket = await open(target);
  let text = "";
  for await (const part of socket) text += part;
  return JSON.parse(text);
}

/** Names, order and types; of lists the first item. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shape);
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.entries(value).map(([name, one]) => [name, shape(one)]);
}

needs("uwsgi")("beside uWSGI", () => {
  test("the same names, in the same order, of the same types", async () => {
    const [ours = 0, theirs = 0, ourStats = 0, theirStats = 0] = await freePorts(4);
    const args = (port: number, on: number) => [
      ...[...app, "--http-socket", `127.0.0.1:${port}`],
      ...["--stats", `127.0.0.1:${on}`],
    ];
    await startServer(args(ours, ourStats), { http: ours });
    // A standard input that is a socket (as test programs have it) would be one more to uWSGI.
    const command = 'exec uwsgi --plugin python3 "$@" </dev/null';
    const uwsgi = launch("sh", ["-c", command, "sh", ...args(theirs, theirStats)]);
    await untilReady(uwsgi, { http: theirs });
    const [our, their] = [await stats(ourStats), await stats(theirStats)];
    // We have no locks that a worker could hold for ever.
    expect(shape({ ...our, locks: [] })).toEqual(shape({ ...their, locks: [] }));
    expect(our.sockets[0].proto).toBe(their.sockets[0].proto);
  });
});

describe("on a Unix socket", () => {
  test("counts requests, shows who is busy, and answers without a front", async () => {
    const [port = 0] = await freePorts(1);
    const path = join(temporaryDirectory(), "stats");
    const server = await startServer(
      [...app, "--http-socket", `127.0.0.1:${port}`, "--stats", path],
      { http: port },
    );
    const before = (await stats(path)).workers[0].requests;
    await page(port, "/");
    const after = await stats(path);
    expect(after.workers[0].requests).toBe(before + 1);
    expect(after.workers[0]).toMatchObject({ status: "idle", accepting: 1, respawn_count: 1 });
    expect(after.pid).toBe(server.pid);
    const slow = request(port, { path: "/?20" }).catch(() => undefined);
    await until("a busy core", async () => (await stats(path)).workers[0].status === "busy");
    process.kill(byTitle(server, "tsuwsgi front"), "SIGSTOP");
    expect((await stats(path)).workers[0].pid).toBe(after.workers[0].pid);
    await server.stop("SIGINT");
    await slow;
  });
});

test("shows nothing of what a running request carries", async () => {
  const [port = 0, on = 0] = await freePorts(2);
  const args = [...app, "--http-socket", `127.0.0.1:${port}`, "--stats", `127.0.0.1:${on}`];
  await startServer(args, { http: port });
  const secrets = "Cookie: session=SECRET\r\nAuthorization: Bearer SECRET\r\n";
  const running = await HttpConnection.open(port);
  running.send(`GET /SECRET?20 HTTP/1.1\r\nHost: a\r\n${secrets}\r\n`);
  await until("a busy core", async () => (await stats(on)).workers[0].status === "busy");
  expect(JSON.stringify(await stats(on))).not.toContain("SECRET");
  running.destroy(true);
});

test("counts what was sent, and clients that go in the middle of an upload or of an answer", async () => {
  const [port = 0, on = 0] = await freePorts(2);
  const behaviours = projectPath("test/apps/wsgi_behaviours.py");
  await startServer(
    [
      ...["--wsgi-file", behaviours, "--master", "--http-socket", `127.0.0.1:${port}`],
      ...["--stats", `127.0.0.1:${on}`],
    ],
    { http: port },
  );
  const worker = async () => (await stats(on)).workers[0];
  const sent = (await worker()).tx;
  await page(port, "/plain");
  expect((await worker()).tx).toBeGreaterThan(sent);

  const upload = await HttpConnection.open(port);
  upload.send("POST /lines HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n");
  upload.send("x".repeat(400_000));
  await until("the core to have it", async () => (await worker()).cores[0].in_request === 1);
  upload.destroy(true);
  await until("the read error", async () => (await worker()).cores[0].read_errors === 1);

  const download = await HttpConnection.open(port);
  download.send("GET /big?50000000 HTTP/1.1\r\nHost: a\r\n\r\n");
  await until("its beginning", () => download.pending.length > 0);
  download.destroy(true);
  await until("the write error", async () => (await worker()).cores[0].write_errors === 1);
  expect((await worker()).cores[0].read_errors).toBe(1);
});
