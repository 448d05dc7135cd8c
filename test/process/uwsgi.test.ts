/** The uwsgi protocol through the built command, as a web server's uwsgi_pass speaks it. */
import { beforeAll, describe, expect, test } from "vitest";
import { HttpConnection } from "../helpers/http.ts";
import type { Program } from "../helpers/process.ts";
import { projectPath, startServer } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";
import { packet, requestVars, uwsgiRequest } from "../helpers/uwsgi-client.ts";

const directory = temporaryDirectory();
const socket = `${directory}/app.sock`;
let server: Program;

beforeAll(async () => {
  server = await startServer(
    [
      ...["--socket", socket, "--master", "--need-app", "--limit-post", "1000000"],
      ...["--wsgi-file", projectPath("test/apps/echo.py"), "--buffer-size", "8192"],
      ...["--static-map", `/static=${projectPath("test/apps")}`],
    ],
    { uwsgi: socket },
  );
});

async function said(vars: readonly (readonly [string, string])[], body = ""): Promise<unknown> {
  const response = await uwsgiRequest(socket, vars, body);
  expect(response.status).toBe(200);
  return JSON.parse(response.text());
}

describe("a packet", () => {
  test("becomes the environ as it is", async () => {
    const vars = requestVars("/a b", {
      QUERY_STRING: "x=1",
      HTTP_COOKIE: "caf\u00e9",
      HTTPS: "on",
    });
    expect(await said(vars)).toMatchObject({
      PATH_INFO: "/a b",
      QUERY_STRING: "x=1",
      HTTP_COOKIE: "caf\u00e9",
      "wsgi.url_scheme": "https",
    });
  });

  test("with a body brings it, small or large", async () => {
    for (const size of [1, 70_000, 900_000]) {
      const vars = requestVars("/", { REQUEST_METHOD: "POST", CONTENT_LENGTH: String(size) });
      expect(await said(vars, "x".repeat(size))).toMatchObject({ "body.size": size });
    }
  });

  test("cannot set what is WSGI's own", async () => {
    expect(await said(requestVars("/", { "wsgi.input": "evil" }))).not.toHaveProperty("wsgi.input");
  });

  test("cannot set the proxy that libraries use", async () => {
    const vars = requestVars("/", { HTTP_PROXY: "http://evil", HTTP_X: "1" });
    const environ = await said(vars);
    expect(environ).not.toHaveProperty("HTTP_PROXY");
    expect(environ).toHaveProperty("HTTP_X", "1");
  });

  test("may come one byte at a time", async () => {
    const connection = await HttpConnection.open(socket);
    for (const byte of packet(requestVars("/slow"))) {
      connection.send(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await connection.read()).status).toBe(200);
    expect((await connection.closed()).length).toBe(0);
  });

  test("for a static-map gets the file", async () => {
    const response = await uwsgiRequest(socket, requestVars("/static/echo.py"));
    expect(response.text()).toContain("def application");
  });
});

describe("what is not a request is refused, and the log says why", () => {
  test.each([
    [
      "HTTP on the uwsgi socket",
      Buffer.from("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
      400,
      "HTTP request came to a uwsgi socket",
    ],
    ["another modifier", packet(requestVars("/"), 5), 501, "modifier 5"],
    [
      "too many variables",
      packet(requestVars("/", { HTTP_X: "x".repeat(9000) })),
      431,
      "buffer-size = 8192",
    ],
    ["a broken block", packet([["A", "b"]], 0, 0, 4), 400, "not well-formed"],
    ["a wrong length", packet(requestVars("/", { CONTENT_LENGTH: "-1" })), 400, "not well-formed"],
    ["a long body", packet(requestVars("/", { CONTENT_LENGTH: "1000001" })), 413, ""],
  ])("%s", async (_name, bytes, status, logged) => {
    const connection = await HttpConnection.open(socket);
    connection.send(bytes);
    expect((await connection.read()).status).toBe(status);
    // One complaint a second, so that a wrong peer cannot fill the log: the sender tries again.
    await until("the complaint", async () => {
      if (server.stderr().includes(logged)) return true;
      const again = await HttpConnection.open(socket);
      again.send(bytes);
      await again.read();
      return false;
    });
  });

  test("a peer that goes away disturbs nobody", async () => {
    for (const bytes of [
      packet(requestVars("/")).subarray(0, 10),
      packet(requestVars("/", { CONTENT_LENGTH: "9" })),
    ]) {
      const connection = await HttpConnection.open(socket);
      connection.send(bytes);
      connection.destroy();
    }
    expect(await said(requestVars("/after"))).toMatchObject({ PATH_INFO: "/after" });
  });
});
