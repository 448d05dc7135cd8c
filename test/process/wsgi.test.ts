/** PEP 3333 through the built command: what applications may do, and what they do wrong. */
import { writeFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { HttpConnection, request } from "../helpers/http.ts";
import { freePort } from "../helpers/ports.ts";
import type { Program } from "../helpers/process.ts";
import { page, projectPath, startServer } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";

let port: number;
let server: Program;

beforeAll(async () => {
  port = await freePort();
  server = await startServer(
    [
      ...["--http-socket", `127.0.0.1:${port}`, "--master", "--need-app"],
      ...["--wsgi-file", projectPath("test/apps/wsgi_behaviours.py")],
    ],
    { http: port },
  );
});

const get = (path: string, method = "GET") => request(port, { path, method });

describe("an answer", () => {
  test("of one part gets its length, a date, and keeps the connection", async () => {
    const connection = await HttpConnection.open(port);
    for (let i = 0; i < 3; i++) {
      const response = await connection.request({ path: "/plain" });
      expect(response.text()).toBe("plain");
      expect(response.header("content-length")).toBe("5");
      expect(Date.parse(response.header("date") ?? "")).toBeGreaterThan(0);
      expect(response.header("server")).toBe("tsuwsgi");
      expect(response.header("connection")).toBeUndefined();
    }
    connection.destroy();
  });

  test("in parts without a length is chunked, and closed after", async () => {
    const response = await get("/parts");
    expect([response.framing, response.text()]).toEqual(["chunked", "onetwothree"]);
    expect(await page(port, "/closed")).toContain("parts");
  });

  test("to HTTP/1.0 ends with the connection", async () => {
    const connection = await HttpConnection.open(port);
    connection.send("GET /parts HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const response = await connection.read();
    expect([response.framing, response.text()]).toEqual(["close", "onetwothree"]);
    expect(response.header("connection")).toBe("close");
  });

  test("of known length to HTTP/1.0 may keep the connection", async () => {
    const connection = await HttpConnection.open(port);
    for (let i = 0; i < 2; i++) {
      connection.send("GET /plain HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
      const response = await connection.read();
      expect([response.text(), response.header("connection")]).toEqual(["plain", "keep-alive"]);
    }
    connection.destroy();
  });

  test("may come through write() and a generator that starts late", async () => {
    expect(await page(port, "/write")).toBe("written first, returned last");
    const lazy = await get("/lazy_start");
    expect([lazy.status, lazy.reason, lazy.text()]).toEqual([201, "Created", "lazy"]);
  });

  test("streams: parts arrive before the last one is made", async () => {
    const connection = await HttpConnection.open(port);
    connection.send("GET /slow_stream HTTP/1.1\r\nHost: a\r\n\r\n");
    await until("the first part", () => connection.pending.includes("tick 0"));
    expect(connection.pending.includes("tick 2")).toBe(false);
    expect((await connection.read()).text()).toBe("tick 0\ntick 1\ntick 2\n");
    connection.destroy();
  });

  test("to HEAD has the head that GET would have, and no body", async () => {
    const connection = await HttpConnection.open(port);
    const head = await connection.request({ path: "/plain", method: "HEAD" });
    expect([head.header("content-length"), head.body.length]).toEqual(["5", 0]);
    expect((await connection.request({ path: "/parts", method: "HEAD" })).status).toBe(200);
    const written = await connection.request({ path: "/written_and_returned", method: "HEAD" });
    expect(written.header("content-length")).toBeUndefined(); // "4" would be wrong
    expect((await connection.request({ path: "/plain" })).text()).toBe("plain");
    connection.destroy();
  });

  test.each([
    ["/no_content", 204],
    ["/no_content_with_length", 204],
    ["/not_modified", 304],
  ])("%s has neither body nor length", async (path, status) => {
    const connection = await HttpConnection.open(port);
    const response = await connection.request({ path });
    expect([response.status, response.body.length]).toEqual([status, 0]);
    expect(response.header("content-length")).toBeUndefined();
    expect(response.header("transfer-encoding")).toBeUndefined();
    expect((await connection.request({ path: "/plain" })).text()).toBe("plain");
    connection.destroy();
  });

  test("may be a file", async () => {
    expect(await page(port, "/file_wrapper")).toContain("def file_wrapper");
  });

  test("keeps its own Server", async () => {
    expect((await get("/own_server")).headers.filter(([name]) => name === "Server")).toEqual([
      ["Server", "mine"],
    ]);
  });

  test("has no Server with no-server-header", async () => {
    const other = await freePort();
    await startServer(
      [
        ...["--http-socket", `127.0.0.1:${other}`, "--no-server-header", "--need-app"],
        ...["--wsgi-file", projectPath("test/apps/wsgi_behaviours.py")],
      ],
      { http: other },
    );
    const response = await request(other, { path: "/plain" });
    expect(response.header("server")).toBeUndefined();
    expect(response.header("date")).toBeDefined();
  });

  test("keeps its own Date and loses fields that are the connection's", async () => {
    expect((await get("/own_date")).headers.filter(([name]) => name === "Date")).toEqual([
      ["Date", "Sun, 06 Nov 1994 08:49:37 GMT"],
    ]);
    const response = await get("/hop_by_hop");
    expect([response.framing, response.header("x-kept"), response.text()]).toEqual([
      "length",
      "1",
      "x",
    ]);
    expect(response.header("connection")).toBe("close");
  });

  test("takes subclasses of str for what they are", async () => {
    const response = await get("/text_subclasses");
    expect([response.reason, response.header("x-sub"), response.header("x-tab")]).toEqual([
      "Fine",
      "value",
      "a\tb",
    ]);
    expect(response.header("x-evil")).toBeUndefined();
  });

  test("without end stops when its client has gone, and close() is called", async () => {
    const connection = await HttpConnection.open(port);
    connection.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n");
    await until("a beginning", () => connection.pending.includes("tick"));
    connection.destroy();
    // There is one core: it answers this only once it is free.
    expect(await page(port, "/closed")).toContain("endless");
  });

  test("keeps latin-1 in header values", async () => {
    expect((await get("/header_latin")).header("x-latin")).toBe("caf\u00e9");
  });
});

describe("an application that goes wrong", () => {
  test.each([
    ["/raise_before", "RuntimeError: raised before the start"],
    ["/start_twice", "start_response was called twice"],
    ["/never_start", "without calling start_response"],
    ["/header_injection", "control character in the value of header X-Bad"],
    ["/header_name", "not a header name: 'X Bad'"],
    ["/header_bytes", "header names must be str"],
    ["/header_wide", "UnicodeEncodeError"],
    ["/status_injection", "status must be like '200 OK'"],
    ["/status_short", "status must be like '200 OK', not '200'"],
    ["/text_body", "TypeError"],
    ["/system_exit", "SystemExit: 3"],
    ["/emptied_environ", "raised with an empty environ"],
  ])("%s is answered 500 and logged", async (path, logged) => {
    const connection = await HttpConnection.open(port);
    const response = await connection.request({ path });
    expect([response.status, response.header("x-evil")]).toEqual([500, undefined]);
    await until("the log", () => server.stderr().includes(logged));
    expect((await connection.request({ path: "/plain" })).text()).toBe("plain");
    connection.destroy();
  });

  test("in the middle of an answer breaks the connection off, and close() is called", async () => {
    await expect(get("/raise_in_iteration")).rejects.toThrow();
    expect(await page(port, "/closed")).toContain("raise_in_iteration");
    await expect(get("/exc_info_after")).rejects.toThrow();
  });

  test("is told by a reset where the end of the connection would end the answer", async () => {
    const told = `${temporaryDirectory()}/told`;
    const connection = await HttpConnection.open(port);
    connection.send(`GET /raise_when_told?${told} HTTP/1.0\r\n\r\n`);
    // A reset that comes together with data looks like an end to Node's client, so the data first.
    await until("the beginning", () => connection.pending.includes("begun"));
    writeFileSync(told, "");
    await expect(connection.closed()).rejects.toThrow("ECONNRESET");
  });

  test("may change its mind with exc_info before the head is sent", async () => {
    const response = await get("/exc_info_before");
    expect([response.status, response.reason, response.text()]).toEqual([503, "Sorry", "sorry"]);
    expect([response.header("x-first"), response.header("x-second")]).toEqual([undefined, "2"]);
  });

  test.each(["/too_long", "/too_long_in_parts"])(
    "%s never puts the next answer out of step",
    async (path) => {
      const connection = await HttpConnection.open(port);
      const response = await connection.request({ path });
      expect(response.body.length).toBe(4);
      expect((await connection.request({ path: "/plain" })).text()).toBe("plain");
      connection.destroy();
    },
  );

  test("sending less than it promised ends the connection, not the server", async () => {
    await expect(get("/too_short")).rejects.toThrow("ended before");
    expect(await page(port, "/plain")).toBe("plain");
  });
});

describe("wsgi.input", () => {
  const post = (path: string, body: string, headers: [string, string][] = []) =>
    request(port, { method: "POST", path, body, headers });

  test("has read, readline, readlines and iteration", async () => {
    const response = await post("/lines", "first\nsecond\nthird\nfourth");
    expect(response.text()).toBe(
      "[b'first\\n', b'sec', [b'ond\\n'], [b'third\\n', b'fourth'], b'']",
    );
  });

  test("has them too on a body that is still coming", async () => {
    const connection = await HttpConnection.open(port);
    const filler = "x".repeat(300_000);
    connection.send(
      `POST /lines HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nfirst\n\r\n${filler.length.toString(16)}\r\n${filler}\r\n`,
    );
    connection.send("9\r\nond\nthird\r\n0\r\n\r\n");
    const text = (await connection.read("POST")).text();
    expect(text.slice(0, 20)).toBe("[b'first\\n', b'xxx',");
    expect(text.endsWith("ond\\n'], [b'third'], b'']")).toBe(true);
    connection.destroy();
  });

  test("has an end with its request", async () => {
    const body = "x".repeat(400_000);
    expect((await post("/keeps_input?keep", body)).text()).toBe("kept");
    expect((await post("/keeps_input", body)).text()).toBe(
      "wsgi.input was read after its request had ended",
    );
  });

  test("need not be read", async () => {
    const connection = await HttpConnection.open(port);
    const small = await connection.request({ method: "POST", path: "/unread", body: "abc" });
    expect(small.text()).toBe("not read");
    expect((await connection.request({ path: "/plain" })).text()).toBe("plain");
    connection.destroy();
    const large = await post("/unread", "x".repeat(2_000_000));
    expect([large.text(), large.header("connection")]).toEqual(["not read", "close"]);
  });
});

test("the environ's own values have the types that PEP 3333 asks for", async () => {
  expect(await page(port, "/environ_types")).toBe("[(1, 0), 'http', False, False, False]");
});
