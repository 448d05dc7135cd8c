/** The options about static files through the built command, over HTTP and the uwsgi protocol. */
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  mkdirSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { HttpConnection, type HttpRequest, request } from "../helpers/http.ts";
import { freePort } from "../helpers/ports.ts";
import type { Program } from "../helpers/process.ts";
import { projectPath, startServer } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";
import { requestVars, uwsgiRequest } from "../helpers/uwsgi-client.ts";

const directory = temporaryDirectory({
  "public/index.html": "home",
  "public/page.html": "<p>checked</p>",
  "public/secret.php": "<?php secret",
  "public/.well-known/x.txt": "dot",
  "public/deep/start.htm": "start",
  "public/favicon.ico": "public icon",
  "static/a.css": "css of static",
  "static/a.css.gz": "GZIP",
  "static/a.css.br": "BROTLI",
  "static/only.js": "js",
  "static/page.html": "static page",
  "static/pic.PNG": "png",
  "static/data.x-own": "own",
  "static/digits": "0123456789",
  "static/empty": "",
  "second/b.css": "css of second",
  "second/a.css": "never",
  "whole/media/c.txt": "media",
  "shared/s.txt": "shared",
  "icons/icon.ico": "icon",
  "docroot/d.txt": "of the document root",
  "outside.txt": "SECRET",
  types: "application/x-own x-own\n",
});
const large = `${directory}/static/large.bin`;
const socket = `${directory}/app.sock`;
let port: number;
let server: Program;

beforeAll(async () => {
  symlinkSync(`${directory}/shared`, `${directory}/static/shared`);
  symlinkSync("../outside.txt", `${directory}/static/out.txt`);
  symlinkSync("../outside.txt", `${directory}/static/only.js.gz`);
  execFileSync("mkfifo", [`${directory}/static/fifo`]);
  writeFileSync(`${directory}/static/caf\u00e9.txt`, "coffee");
  writeFileSync(large, Buffer.alloc(400_000, "0123456789"));
  writeFileSync(`${directory}/static/huge`, "");
  truncateSync(`${directory}/static/huge`, 5_000_000_000);
  mkdirSync(`${directory}/static/plain`);
  utimesSync(`${directory}/static/a.css`, 1_700_000_000, 1_700_000_000);
  port = await freePort();
  writeFileSync(
    `${directory}/app.ini`,
    `[uwsgi]
    http-socket = 127.0.0.1:${port}
    socket = ${socket}
    stats = ${directory}/stats.sock
    master = true
    wsgi-file = ${projectPath("test/apps/echo.py")}
    need-app = true
    chdir = ${directory}
    check-static = public
    check-static-docroot = true
    static-map = /static=static
    static-map = /static=second
    static-map = /favicon.ico=icons/icon.ico
    static-map2 = /media=whole
    static-index = index.html
    static-index = start.htm
    static-safe = shared
    static-skip-ext = .php
    static-gzip-ext = .css
    static-gzip = only\\.js$
    static-expires = (?i)\\.png$ 3600
    static-expires-path-info-mtime = ^/static/.*\\.css$ 60
    static-expires-uri = [?]forever 100000
    static-expires-type = text/html=10
    mimefile = types
    honour-range = true
    `,
  );
  server = await startServer([`${directory}/app.ini`], { http: port });
});

const get = (path: string, fields: object = {}, method = "GET") =>
  request(port, { path, method, headers: Object.entries(fields) } as HttpRequest);
/** What the application gets is its own answer: the environ as JSON. */
const isApplication = async (path: string, fields: object = {}, method = "GET") =>
  JSON.parse((await get(path, fields, method)).text()) as { PATH_INFO: string };

describe("what is served", () => {
  test.each([
    ["/page.html", "<p>checked</p>"],
    ["/.well-known/x.txt", "dot"],
    ["/", "home"],
    ["/deep", "start"],
    ["/deep/", "start"],
    ["/static/a.css", "css of static"],
    ["/static/b.css", "css of second"],
    ["/static/shared/s.txt", "shared"],
    ["/static/caf%C3%A9.txt", "coffee"],
    ["/media/c.txt", "media"],
    ["/favicon.ico", "public icon"],
  ])("%s", async (path, wanted) => {
    const response = await get(path);
    expect([response.status, response.text()]).toEqual([200, wanted]);
  });

  test.each([
    ["/static/plain", "a directory without an index"],
    ["/secret.php", "static-skip-ext"],
    ["/static/out.txt", "a link out"],
    ["/static/fifo", "no plain file"],
    ["/static../outside.txt", "beside the mountpoint"],
    ["/%2e%2e/outside.txt", "above the directory"],
    ["/static/%2e%2e/outside.txt", "the same"],
    ["/static/..%2foutside.txt", "an encoded slash"],
    ["/static/%252e%252e/outside.txt", "encoded twice"],
    ["/static/..%5coutside.txt", "a backslash"],
    ["/static/%c0%ae%c0%ae/outside.txt", "overlong UTF-8"],
    ["/static/a.css%00.html", "NUL"],
    ["/static/a.css/", "a file as a directory"],
    [`/static/${"a/".repeat(2500)}x`, "longer than a path may be"],
    ["/media", "a directory of static-map2"],
  ])("%s is the application's: %s", async (path) => {
    expect(await isApplication(path)).toHaveProperty("PATH_INFO");
  });

  test.each(["POST", "PUT", "OPTIONS", "DELETE"])("%s is the application's", async (method) => {
    expect(await isApplication("/page.html", {}, method)).toMatchObject({ REQUEST_METHOD: method });
  });
});

describe("types and Expires", () => {
  const seconds = async (path: string) => {
    const response = await get(path);
    const [expires, date] = ["expires", "date"].map((name) =>
      Date.parse(response.header(name) ?? ""),
    );
    return Math.round(((expires ?? 0) - (date ?? 0)) / 1000);
  };

  test("come from mimefile, and from the built-in table", async () => {
    const type = async (path: string) => (await get(path)).header("content-type");
    expect(await type("/static/data.x-own")).toBe("application/x-own");
    expect(await type("/static/pic.PNG")).toBe("image/png");
    expect(await type("/static/digits")).toBeUndefined();
  });

  test("count from now, or from the last change", async () => {
    // The clock may go on by a second between the two fields.
    expect([3600, 3599]).toContain(await seconds("/static/pic.PNG"));
    expect([10, 9]).toContain(await seconds("/page.html"));
    expect([10, 9]).toContain(await seconds("/"));
    expect([100_000, 99_999]).toContain(await seconds("/static/digits?forever"));
    expect((await get("/static/digits")).header("expires")).toBeUndefined();
    const { headers } = await get("/static/a.css?forever");
    const times = headers.filter(([name]) => name === "Expires").map(([, value]) => value);
    expect(times).toEqual([new Date(1_700_000_060_000).toUTCString()]);
  });
});

describe("compressed files", () => {
  const said = async (path: string, coding: string) => {
    const response = await get(path, { "Accept-Encoding": coding });
    return [response.text(), response.header("content-encoding"), response.header("vary")];
  };

  test.each([
    ["gzip", ["GZIP", "gzip", "Accept-Encoding"]],
    ["gzip, br", ["BROTLI", "br", "Accept-Encoding"]],
    ["gzip;q=0", ["css of static", undefined, "Accept-Encoding"]],
    ["identity", ["css of static", undefined, "Accept-Encoding"]],
  ])("with Accept-Encoding: %s", async (coding, wanted) => {
    expect(await said("/static/a.css", coding)).toEqual(wanted);
  });

  test("have the type of the file, and tags of their own", async () => {
    const plain = await get("/static/a.css");
    const zipped = await get("/static/a.css", { "Accept-Encoding": "gzip" });
    expect(zipped.header("content-type")).toBe("text/css");
    expect(zipped.header("etag")).not.toBe(plain.header("etag"));
    const again = { "Accept-Encoding": "gzip", "If-None-Match": zipped.header("etag") };
    const response = await get("/static/a.css", again);
    expect([response.status, response.header("vary")]).toEqual([304, "Accept-Encoding"]);
  });

  test("are not sent where none is asked for, or there is none that may be sent", async () => {
    expect(await said("/static/page.html", "gzip")).toEqual(["static page", undefined, undefined]);
    expect(await said("/static/only.js", "gzip")).toEqual(["js", undefined, "Accept-Encoding"]);
  });
});

describe("conditions", () => {
  test("a file that the client has is not sent again, for GET and HEAD", async () => {
    const first = await get("/static/digits");
    const etag = first.header("etag");
    const modified = first.header("last-modified");
    for (const method of ["GET", "HEAD"]) {
      for (const fields of [{ "If-None-Match": etag }, { "If-Modified-Since": modified }]) {
        const response = await get("/static/digits", fields, method);
        expect([response.status, response.body.length, response.header("etag")]).toEqual([
          304,
          0,
          etag,
        ]);
      }
    }
    expect((await get("/static/digits", { "If-None-Match": '"other"' })).status).toBe(200);
    expect((await get("/static/digits", { "If-Match": '"other"' })).status).toBe(412);
  });

  test("do not touch the application", async () => {
    expect(await isApplication("/app", { "If-None-Match": "*", Range: "bytes=0-0" })).toMatchObject(
      {
        HTTP_IF_NONE_MATCH: "*",
      },
    );
  });

  test("the connection goes on after each of them", async () => {
    const connection = await HttpConnection.open(port);
    const path = "/static/digits";
    const ask = async (fields: object, method = "GET") => {
      const headers = Object.entries(fields) as [string, string][];
      const response = await connection.request({ path, method, headers });
      return [response.status, response.text()];
    };
    expect(await ask({ "If-None-Match": "*" })).toEqual([304, ""]);
    expect(await ask({ "If-Match": '"x"' })).toEqual([412, ""]);
    expect(await ask({ Range: "bytes=50-" })).toEqual([416, ""]);
    expect(await ask({ Range: "bytes=2-3" })).toEqual([206, "23"]);
    expect(await ask({ Range: "bytes=2-3" }, "HEAD")).toEqual([200, ""]);
    expect(await ask({})).toEqual([200, "0123456789"]);
    connection.destroy();
  });
});

describe("ranges", () => {
  const part = async (range: string, path = "/static/digits", more: object = {}) => {
    const response = await get(path, { Range: range, ...more });
    return [response.status, response.header("content-range"), response.text()];
  };

  test.each([
    ["bytes=0-2", 206, "bytes 0-2/10", "012"],
    ["bytes=7-", 206, "bytes 7-9/10", "789"],
    ["bytes=-2", 206, "bytes 8-9/10", "89"],
    ["bytes=0-", 206, "bytes 0-9/10", "0123456789"],
    ["bytes=10-", 416, "bytes */10", ""],
    ["bytes=x", 200, undefined, "0123456789"],
    ["bytes=0-3,2-5", 200, undefined, "0123456789"],
  ])("%s of a small file", async (range, ...wanted) => {
    expect(await part(range)).toEqual(wanted);
  });

  test.each([
    ["bytes=100000-299999", "bytes 100000-299999/400000", 200_000],
    ["bytes=399990-", "bytes 399990-399999/400000", 10],
    ["bytes=-5", "bytes 399995-399999/400000", 5],
  ])("%s of a large file", async (range, contentRange, size) => {
    const start = Number(/\d+/.exec(contentRange));
    const body = "0123456789".repeat(40_000).slice(start, start + size);
    expect(await part(range, "/static/large.bin")).toEqual([206, contentRange, body]);
  });

  test.each(["/static/digits", "/static/large.bin"])("several of %s", async (path) => {
    const response = await get(path, { Range: "bytes=0-1, 5-7" });
    const size = statSync(`${directory}${path}`).size;
    expect(response.status).toBe(206);
    const boundary = /^multipart\/byteranges; boundary=(\w+)$/.exec(
      response.header("content-type") ?? "",
    )?.[1];
    expect(
      response
        .text()
        .replaceAll(boundary ?? "?", "B")
        .replaceAll("Content-Type: application/octet-stream\r\n", ""),
    ).toBe(
      `--B\r\nContent-Range: bytes 0-1/${size}\r\n\r\n01\r\n--B\r\nContent-Range: bytes 5-7/${size}\r\n\r\n567\r\n--B--\r\n`,
    );
  });

  test("of 5 GB have the right numbers", async () => {
    const head = await get("/static/huge", {}, "HEAD");
    expect([head.header("content-length"), head.header("accept-ranges")]).toEqual([
      "5000000000",
      "bytes",
    ]);
    expect(await part("bytes=-2", "/static/huge")).toEqual([
      206,
      "bytes 4999999998-4999999999/5000000000",
      "\0\0",
    ]);
  });

  test("only of the file that If-Range names", async () => {
    const { header } = await get("/static/digits");
    const digits = "/static/digits";
    for (const [ifRange, status] of [
      [header("etag"), 206],
      [header("last-modified"), 206],
      ['"other"', 200],
      ["Sun, 06 Nov 1994 08:49:37 GMT", 200],
    ] as const) {
      expect((await part("bytes=0-0", digits, { "If-Range": ifRange }))[0], ifRange).toBe(status);
    }
  });

  test("of nothing there are none", async () => {
    expect(await part("bytes=0-", "/static/empty")).toEqual([416, "bytes */0", ""]);
  });
});

describe("over the uwsgi protocol", () => {
  const ask = async (path: string, more: { readonly [name: string]: string } = {}) => {
    const vars = requestVars(path, { DOCUMENT_ROOT: `${directory}/docroot`, ...more });
    const response = await uwsgiRequest(socket, vars);
    return [response.status, response.text()];
  };

  test("files, conditions and ranges are the same", async () => {
    expect(await ask("/static/digits")).toEqual([200, "0123456789"]);
    expect(await ask("/static/digits", { HTTP_RANGE: "bytes=1-2" })).toEqual([206, "12"]);
    expect(await ask("/static/digits", { HTTP_IF_NONE_MATCH: "*" })).toEqual([304, ""]);
    expect(await ask("/static/a.css", { HTTP_ACCEPT_ENCODING: "gzip" })).toEqual([200, "GZIP"]);
    expect((await ask("/static/large.bin"))[1]).toHaveLength(400_000);
  });

  test("the document root is looked into, after everything else", async () => {
    expect(await ask("/d.txt")).toEqual([200, "of the document root"]);
    expect((await ask("/d.txt", { DOCUMENT_ROOT: "" }))[1]).toContain("PATH_INFO");
    expect((await ask("/../outside.txt"))[1]).not.toContain("SECRET");
  });

  test("which a client cannot name over HTTP", async () => {
    expect(
      await isApplication("/d.txt", { "Document-Root": `${directory}/docroot` }),
    ).toBeDefined();
  });
});

describe("a file that changes while it is sent", () => {
  const path = "/static/moving.bin";
  const file = `${directory}${path}`;
  const size = 30_000_000;

  /** A client that has got the head and takes nothing more. */
  async function slow(): Promise<HttpConnection> {
    writeFileSync(file, Buffer.alloc(size, 1));
    const connection = await HttpConnection.open(port);
    connection.send(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await until("the answer to begin", () => connection.pending.length > 0);
    connection.pause();
    return connection;
  }

  test("and gets longer is sent as long as was said", async () => {
    const connection = await slow();
    appendFileSync(file, Buffer.alloc(1000, 2));
    connection.resume();
    const { body } = await connection.read();
    expect([body.length, body.includes(2)]).toEqual([size, false]);
    expect((await connection.request({ path: "/page.html" })).text()).toBe("<p>checked</p>");
    connection.destroy();
  });

  test("and gets shorter ends the connection, so that the client can tell", async () => {
    const connection = await slow();
    truncateSync(file, 10);
    connection.resume();
    await expect(connection.read()).rejects.toThrow("ended before");
  });
});

test("requests that come together are answered in their order", async () => {
  const connection = await HttpConnection.open(port);
  const paths = ["/static/digits", "/app", "/static/large.bin", "/page.html", "/static/none"];
  connection.send(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`).join(""));
  const bodies: string[] = [];
  for (const _ of paths) bodies.push((await connection.read()).text());
  expect(bodies[0]).toBe("0123456789");
  expect(bodies[1]).toContain('"/app"');
  expect(bodies[2]).toHaveLength(400_000);
  expect(bodies[3]).toBe("<p>checked</p>");
  expect(bodies[4]).toContain('"/static/none"');
  connection.destroy();
});

test("a body that comes with the request for a file is thrown away", async () => {
  const body = "x".repeat(500_000);
  const response = await request(port, { path: "/page.html", body });
  expect(response.text()).toBe("<p>checked</p>");
});

test("the access log has the answer's status and bytes, and the statistics count it", async () => {
  const counted = async () => {
    const connection = await HttpConnection.open(`${directory}/stats.sock`);
    const { workers } = JSON.parse((await connection.closed()).toString());
    return workers[0].cores[0].static_requests;
  };
  const before = await counted();
  await get("/static/digits?logged", { Range: "bytes=0-3" });
  await get("/app");
  expect(await counted()).toBe(before + 1);
  await until("the line in the log", () =>
    /GET \/static\/digits\?logged => generated 4 bytes in .* \(HTTP\/1\.1 206\)/.test(
      server.stderr(),
    ),
  );
});
