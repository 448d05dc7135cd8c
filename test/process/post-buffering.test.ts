/** `post-buffering`: a body is complete before a core gets the request, in memory or in a file. */
import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readlinkSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { HttpConnection, request } from "../helpers/http.ts";
import { freePorts } from "../helpers/ports.ts";
import type { Program } from "../helpers/process.ts";
import { page, projectPath, startServer } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";
import { requestVars, uwsgiRequest } from "../helpers/uwsgi-client.ts";
import { byTitle } from "./processes.ts";

const body = randomBytes(3_000_000);
const digest = (bytes: Uint8Array) => createHash("sha1").update(bytes).digest("hex");

/** A server with one core; spooled bodies go to `spool`. */
async function start(spool: string, ...more: string[]) {
  const [port = 0, uwsgi = 0] = await freePorts(2);
  const sockets = ["--http-socket", `127.0.0.1:${port}`, "--socket", `127.0.0.1:${uwsgi}`];
  const app = ["--wsgi-file", projectPath("test/apps/bodies.py"), "--master", "--need-app"];
  const args = [...sockets, ...app, "--post-buffering", "100000", ...more];
  const server = await startServer(args, { http: port }, { env: { TMPDIR: spool } });
  return { port, uwsgi, server };
}

/** Files without a name that a process has open below a directory. */
function spools(server: Program, directory: string): string[] {
  const pid = byTitle(server, "tsuwsgi front");
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      const to = readlinkSync(`/proc/${pid}/fd/${fd}`);
      return to.startsWith(directory) ? [to] : [];
    } catch {
      return []; // closed meanwhile
    }
  });
}

describe("a body", async () => {
  const spool = temporaryDirectory();
  const { port, uwsgi, server } = await start(spool);

  test("that is small stays in memory, a large one is in a file, and both can be read again", async () => {
    for (const bytes of [body.subarray(0, 1000), body]) {
      const text = await page(port, "/digest", { method: "POST", body: bytes });
      expect(text).toBe(`${bytes.length} ${digest(bytes)} ${bytes.length} True`);
    }
  });

  test("in chunks has its length too", async () => {
    const connection = await HttpConnection.open(port);
    connection.send("POST /digest HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (let at = 0; at < body.length; at += 250_000) {
      const part = body.subarray(at, at + 250_000);
      connection.send(`${part.length.toString(16)}\r\n`);
      connection.send(part);
      connection.send("\r\n");
    }
    connection.send("0\r\n\r\n");
    expect((await connection.read("POST")).text()).toBe(`3000000 ${digest(body)} 3000000 True`);
    // And the connection goes on.
    expect((await connection.request({ path: "/closed" })).status).toBe(200);
    connection.destroy();
  });

  test("over the uwsgi protocol as well", async () => {
    const more = { REQUEST_METHOD: "POST", CONTENT_LENGTH: String(body.length) };
    const response = await uwsgiRequest(uwsgi, requestVars("/digest", more), body);
    expect(response.text()).toBe(`3000000 ${digest(body)} 3000000 True`);
  });

  test("that comes slowly holds no core, and leaves nothing when its client goes", async () => {
    const before = await page(port, "/begun");
    const connection = await HttpConnection.open(port);
    connection.send(`POST /digest HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`);
    connection.send(body.subarray(0, 2_000_000));
    await until("a file for the body", () => spools(server, spool).length === 1);
    expect(spools(server, spool)[0]).toContain("(deleted)");
    expect(readdirSync(spool)).toEqual([]);
    // The only core is free, and has not begun that request.
    expect(await page(port, "/begun")).toBe(before);
    connection.send(body.subarray(2_000_000));
    expect((await connection.read("POST")).text()).toBe(`3000000 ${digest(body)} 3000000 True`);
    await until("the file to be closed", () => spools(server, spool).length === 0);
    connection.send(`POST /digest HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`);
    connection.send(body.subarray(0, 2_000_000));
    await until("another file", () => spools(server, spool).length === 1);
    connection.destroy(true);
    await until("that to be closed too", () => spools(server, spool).length === 0);
  });

  test("that is more than limit-post is refused and leaves no file", async () => {
    const limited = await start(spool, "--limit-post", "2000000");
    const connection = await HttpConnection.open(limited.port);
    connection.send("POST /digest HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    connection.send("2dc6c0\r\n");
    connection.send(body);
    expect((await connection.read("POST")).status).toBe(413);
    await until("no file", () => spools(limited.server, spool).length === 0);
    connection.destroy();
  });
});

test("a directory that cannot be written to: 503 and a word in the log, and small bodies still work", async () => {
  const { port, server } = await start("/proc/nowhere");
  expect((await request(port, { path: "/digest", method: "POST", body })).status).toBe(503);
  await until("word of it", () => server.stderr().includes("could not be written to a file"));
  const small = { path: "/digest", method: "POST", body: "abcdef" };
  expect((await request(port, small)).text()).toMatch(/^6 /);
});
