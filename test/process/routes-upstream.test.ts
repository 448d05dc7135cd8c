// biome-ignore-all lint/suspicious/noTemplateCurlyInString: uWSGI writes its variables so.
/** Requests that routes send to other servers. */
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HttpConnection, request } from "../helpers/http.ts";
import { freePort } from "../helpers/ports.ts";
import type { Program } from "../helpers/process.ts";
import { startServer } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";

const app = `def application(environ, start_response):
    start_response("200 OK", [("X-App", "1")])
    return [environ["PATH_INFO"].encode("latin-1"), environ["wsgi.input"].read()]
`;

async function start(
  lines: readonly string[],
): Promise<{ port: number; server: Program; cwd: string }> {
  const cwd = temporaryDirectory({
    "app.py": app,
    "app.ini": `[uwsgi]\nmodule = app\nmaster = true\n${lines.join("\n")}\n`,
  });
  const port = await freePort();
  const args = ["--http-socket", `127.0.0.1:${port}`, "--ini", "app.ini"];
  return { port, cwd, server: await startServer(args, { http: port }, { cwd }) };
}

describe("other servers", () => {
  const rough: Socket[] = [];
  const peers: Server[] = [];
  let port: number;
  let server: Program;

  beforeAll(async () => {
    const upstream = createHttpServer((asked, answer) => {
      const parts: Buffer[] = [];
      asked.on("data", (part) => parts.push(part));
      asked.on("end", () => {
        const body = Buffer.concat(parts);
        if (asked.url === "/h/large") answer.end(Buffer.alloc(3_000_000, 1));
        else {
          const { method, url, httpVersion, headers } = asked;
          answer.setHeader("Connection", "close, X-Hop");
          answer.setHeader("Keep-Alive", "timeout=5");
          answer.end(JSON.stringify({ method, url, httpVersion, headers, body: body.length }));
        }
      });
    });
    // What it is asked for tells how it misbehaves.
    const bad = createServer((socket) => {
      rough.push(socket);
      socket.on("error", () => {});
      socket.once("data", (data) => {
        const text = data.toString();
        if (text.includes("/bad/none")) socket.end();
        else if (text.includes("/bad/nonsense")) socket.end("what?\r\n\r\n");
        else if (text.includes("/bad/short"))
          socket.end("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        else if (text.includes("/bad/both"))
          socket.end(
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          );
        else socket.end("HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 203 Fine\r\nX-A: 1\r\n\r\nto the end");
      });
    });
    peers.push(upstream, bad);
    const at = await Promise.all(peers.map(listening));
    const python = await freePort();
    const refusing = await freePort();
    ({ port, server } = await start([
      `uwsgi-socket = 127.0.0.1:${python}`,
      `route-if = equal:\${HTTP_X_HOP};yes last:`,
      `route = ^/h http:127.0.0.1:${at[0]}`,
      `route = ^/o http:127.0.0.1:${at[0]},other.example,/changed\${PATH_INFO}`,
      `route = ^/bad http:127.0.0.1:${at[1]}`,
      `route = ^/refused http:127.0.0.1:${refusing}`,
      `route = ^/u addvar:HTTP_X_HOP=yes`,
      `route = ^/u uwsgi:127.0.0.1:${python},0,0`,
    ]));
  });
  afterAll(() => {
    for (const socket of rough) socket.destroy();
    for (const peer of peers) peer.close();
  });

  test("over HTTP: fields of the connection stay here", async () => {
    const headers = [
      ["Cookie", "a=b"],
      ["X-Two-Words", "1"],
      ["TE", "trailers"],
      ["X-Forwarded-For", "9.9.9.9"],
    ] as const;
    const response = await request(port, { path: "/h/x?y=%20", headers });
    const seen = JSON.parse(response.text());
    expect(seen).toMatchObject({ method: "GET", url: "/h/x?y=%20", httpVersion: "1.0", body: 0 });
    expect(seen.headers).toEqual({
      host: "localhost",
      cookie: "a=b",
      "x-two-words": "1",
      connection: "close",
      "x-forwarded-for": "9.9.9.9, 127.0.0.1",
    });
    expect(response.header("keep-alive")).toBe(undefined);
  });

  test("with another host and target", async () => {
    const seen = JSON.parse((await request(port, { path: "/o/x?y" })).text());
    expect([seen.url, seen.headers.host]).toEqual(["/changed/o/x", "other.example"]);
  });

  test.each(["length", "chunked"])("large bodies both ways (%s)", async (kind) => {
    const connection = await HttpConnection.open(port);
    const body = Buffer.alloc(2_000_000, "x");
    if (kind === "length")
      connection.send(`POST /h/b HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`);
    else
      connection.send(
        "POST /h/b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1e8480\r\n",
      );
    connection.send(body);
    if (kind === "chunked") connection.send("\r\n0\r\n\r\n");
    expect(JSON.parse((await connection.read("POST")).text())).toMatchObject({ body: 2_000_000 });
    // The connection goes on.
    const response = await connection.request({ path: "/h/large" });
    expect(response.body.equals(Buffer.alloc(3_000_000, 1))).toBe(true);
    expect((await connection.request({ path: "/h/x", method: "HEAD" })).body.length).toBe(0);
    connection.destroy();
  });

  test("over the uwsgi protocol, with a body", async () => {
    const body = "y".repeat(500_000);
    const response = await request(port, { path: "/u/x", method: "POST", body });
    expect([response.status, response.body.length]).toEqual([200, 4 + body.length]);
    expect(response.header("x-app")).toBe("1");
    const connection = await HttpConnection.open(port);
    connection.send("POST /u/b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    expect((await connection.read("POST")).status).toBe(411);
    connection.destroy();
  });

  test.each([
    ["/bad/none", 502],
    ["/bad/nonsense", 502],
    ["/bad/both", 502],
    ["/refused", 502],
  ])("%s is %i", async (path, status) => {
    expect((await request(port, { path })).status).toBe(status);
  });

  test("an answer without a length ends with its connection", async () => {
    const response = await request(port, { path: "/bad/open" });
    expect([response.status, response.reason, response.text()]).toEqual([
      203,
      "Fine",
      "to the end",
    ]);
  });

  test("an answer that is cut short is not taken for whole", async () => {
    const connection = await HttpConnection.open(port);
    await expect(connection.request({ path: "/bad/short" })).rejects.toThrow("ended");
    connection.destroy();
  });

  test("the log tells what went wrong", async () => {
    // One line a second, so the first may be about another.
    await until("the complaint", async () => {
      await request(port, { path: "/refused" });
      return /http 127\.0\.0\.1:\d+: .*ECONNREFUSED/.test(server.stderr());
    });
  });
});

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
