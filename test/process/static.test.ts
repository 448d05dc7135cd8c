/** static-map through the built command: plain files, and nothing beside them. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { HttpConnection, request } from "../helpers/http.ts";
import { freePort } from "../helpers/ports.ts";
import { projectPath, startServer } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";

const directory = temporaryDirectory({
  "static/site.css": "body {}",
  "static/empty.txt": "",
  "static/sub/page.html": "<p>page</p>",
  "static/caf\u00e9.txt": "coffee",
  "static_secret/key": "SECRET",
  "outside.txt": "SECRET",
});
let port: number;

beforeAll(async () => {
  mkdirSync(`${directory}/static/empty`);
  symlinkSync(`${directory}/outside.txt`, `${directory}/static/link.txt`);
  symlinkSync(`${directory}/static_secret`, `${directory}/static/linked`);
  symlinkSync("site.css", `${directory}/static/alias.css`);
  writeFileSync(`${directory}/static/large.bin`, Buffer.alloc(3_000_000, 7));
  port = await freePort();
  await startServer(
    [
      ...["--http-socket", `127.0.0.1:${port}`, "--master", "--need-app"],
      ...["--wsgi-file", projectPath("test/apps/echo.py")],
      ...[
        "--static-map",
        `/static=${directory}/static`,
        "--static-map",
        `/one.css=${directory}/static/site.css`,
      ],
    ],
    { http: port },
  );
});

const get = (path: string, method = "GET") => request(port, { path, method });

describe("a file under the mountpoint", () => {
  test("is sent with its type, length and time", async () => {
    const response = await get("/static/site.css");
    expect([response.status, response.text()]).toEqual([200, "body {}"]);
    expect(response.header("content-type")).toBe("text/css");
    expect(response.header("content-length")).toBe("7");
    expect(Date.parse(response.header("last-modified") ?? "")).toBeGreaterThan(0);
  });

  test.each([
    ["/static/sub/page.html", "<p>page</p>"],
    ["/static/sub/../site.css", "body {}"],
    ["/static/caf%C3%A9.txt", "coffee"],
    ["/static/alias.css", "body {}"],
    ["/static/empty.txt", ""],
    ["/one.css", "body {}"],
  ])("%s", async (path, text) => {
    expect((await get(path)).text()).toBe(text);
  });

  test("keeps the connection, and HEAD has no body", async () => {
    const connection = await HttpConnection.open(port);
    const head = await connection.request({ path: "/static/large.bin", method: "HEAD" });
    expect([head.header("content-length"), head.body.length]).toEqual(["3000000", 0]);
    const whole = await connection.request({ path: "/static/large.bin" });
    expect(whole.body.equals(Buffer.alloc(3_000_000, 7))).toBe(true);
    connection.destroy();
  });
});

describe("everything else is the application's", () => {
  test.each([
    "/static/none.css",
    "/static/empty",
    "/static",
    "/static/",
    "/staticfile",
    "/static_secret/key",
    "/static../static_secret/key",
    "/static/../static_secret/key",
    "/static/../outside.txt",
    "/static/%2e%2e/outside.txt",
    "/static/..%2foutside.txt",
    "/static/sub/../../outside.txt",
    "/static//etc/passwd",
    "/static/link.txt",
    "/static/linked/key",
    "/static/site.css%00.txt",
    "/static/site.css/",
  ])("%s", async (path) => {
    const response = await get(path);
    expect(response.text()).not.toContain("SECRET");
    expect(JSON.parse(response.text())).toHaveProperty("PATH_INFO");
  });

  test("and so are other methods", async () => {
    const response = await request(port, { path: "/static/site.css", method: "POST", body: "x" });
    expect(JSON.parse(response.text())).toMatchObject({ REQUEST_METHOD: "POST" });
  });
});
