// biome-ignore-all lint/suspicious/noTemplateCurlyInString: uWSGI writes its variables so.
/** What routes do of the server's own: files, pages, the log, and faults in the table. */
import { beforeAll, describe, expect, test } from "vitest";
import { HttpConnection, request } from "../helpers/http.ts";
import { freePort } from "../helpers/ports.ts";
import type { Program } from "../helpers/process.ts";
import { projectPath, runTsuwsgi, startServer } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";

const files = {
  "app.py": `def application(environ, start_response):
    if environ["PATH_INFO"] == "/boom":
        raise RuntimeError("boom")
    if environ["PATH_INFO"].startswith("/wrapped"):
        start_response("200 OK", [("X-App", "1"), ("Content-Length", "2000000")])
        return environ["wsgi.file_wrapper"](open("docs/big.bin", "rb"))
    if environ["PATH_INFO"] == "/endless":
        start_response("404 Not Found", [])
        return iter(lambda: b"x" * 1000, None)
    start_response(environ.get("HTTP_X_STATUS", "200 OK"), [("X-App", "1"), ("Server", "mine")])
    return [environ["PATH_INFO"].encode("latin-1"), environ["wsgi.input"].read()]
`,
  "docs/a.txt": "a text\n",
  "docs/big.bin": "0123456789".repeat(200_000),
  "docs/café.txt": "coffee\n",
  "secret.txt": "SECRET\n",
  "page404.html": "<b>lost</b>\n",
  "page500.html": "<b>broken</b>\n",
};

async function start(
  lines: readonly string[],
): Promise<{ port: number; server: Program; cwd: string }> {
  const cwd = temporaryDirectory({
    ...files,
    "app.ini": `[uwsgi]\nmodule = app\nmaster = true\n${lines.join("\n")}\n`,
  });
  const port = await freePort();
  const args = ["--http-socket", `127.0.0.1:${port}`, "--ini", "app.ini"];
  return { port, cwd, server: await startServer(args, { http: port }, { cwd }) };
}

describe("files", () => {
  let port: number;
  beforeAll(async () => {
    ({ port } = await start([
      "route = ^/s(/.*) static:%d/docs$1",
      "route = ^/n(/.*) static-next:%d/docs$1",
      "route = ^/f(/.*) file:filename=docs$1,mime=1",
      "route = ^/v file:filename=docs/${QUERY_STRING}",
      "route-if = isfile:%d/docs${PATH_INFO} addheader:X-File: yes",
    ]));
  });

  test.each([
    ["/s/a.txt", "a text\n", "text/plain"],
    ["/f/a.txt", "a text\n", "text/plain"],
    ["/v?a.txt", "a text\n", "text/html"],
    ["/n/a.txt", "a text\n", "text/plain"],
    ["/s/caf%C3%A9.txt", "coffee\n", "text/plain"],
    ["/f/caf%C3%A9.txt", "coffee\n", "text/plain"],
    ["/n/none", "/n/none", undefined],
  ])("%s", async (path, text, type) => {
    const response = await request(port, { path });
    expect([response.status, response.text(), response.header("content-type")]).toEqual([
      200,
      text,
      type,
    ]);
  });

  test("a large one, and HEAD", async () => {
    const whole = await request(port, { path: "/f/big.bin" });
    expect(whole.body.length).toBe(2_000_000);
    const head = await request(port, { path: "/f/big.bin", method: "HEAD" });
    expect([head.header("content-length"), head.body.length]).toEqual(["2000000", 0]);
  });

  test.each([
    "/s/../secret.txt",
    "/s/%2e%2e/secret.txt",
    "/f/../secret.txt",
    "/f/..%2fsecret.txt",
    "/v?../secret.txt",
    "/n/../secret.txt",
    "/f/none",
    "/s/none",
    "/f/",
    "/s/a.txt%00",
  ])("%s leads to no file", async (path) => {
    const response = await request(port, { path });
    expect(response.text()).not.toContain("SECRET");
    expect(path.startsWith("/n") ? 200 : 404).toBe(response.status);
  });

  test("a condition does not look outside either", async () => {
    expect((await request(port, { path: "/a.txt" })).header("x-file")).toBe("yes");
    expect((await request(port, { path: "/../secret.txt" })).header("x-file")).toBe(undefined);
  });
});

describe("answers on their way", () => {
  let port: number;
  let server: Program;
  beforeAll(async () => {
    ({ port, server } = await start([
      "error-page-500 = none.html",
      "error-page-500 = page500.html",
      "route = ^/inject addheader:X-In: ${PATH_INFO}",
      "route = ^/inject/to redirect:/x${PATH_INFO}",
      "route = ^/length addheader:Server: none",
      "route = ^/server delheader:server",
      "response-route-status = 404 break:410 Gone",
      "response-route = ^/wrapped/no return:403",
      "response-route = ^/wrapped addheader:X-Wrapped: yes",
      "final-route-run = log:final ${uwsgi[status]} ${uwsgi[rsize]} ${PATH_INFO}",
      "final-route = ^/quiet donotlog:",
    ]));
  });

  test("an exception's answer is the page, on a connection that ends", async () => {
    const response = await request(port, { path: "/boom" });
    expect([response.status, response.text()]).toEqual([500, "<b>broken</b>\n"]);
    expect(response.header("content-type")).toBe("text/html");
    expect(response.header("connection")).toBe("close");
  });

  test("the application's own 500 is its own", async () => {
    const headers = [["X-Status", "500 Mine"]] as const;
    expect((await request(port, { path: "/own", headers })).text()).toBe("/own");
  });

  test("what a request puts into a field does not end the line", async () => {
    const response = await request(port, { path: "/inject/%0d%0aX-Evil:%201" });
    expect(response.header("x-evil")).toBe(undefined);
    expect(response.header("x-in")).toBe(undefined);
    const redirected = await request(port, { path: "/inject/to%0d%0aX-Evil:%201" });
    expect(redirected.header("location")).toBe("/x/inject/to%0D%0AX-Evil: 1");
    expect(redirected.header("x-evil")).toBe(undefined);
  });

  test("the front's own fields give way", async () => {
    expect((await request(port, { path: "/server" })).header("server")).toBe(undefined);
  });

  test("the file of an application is seen as well", async () => {
    const response = await request(port, { path: "/wrapped" });
    expect([response.body.length, response.header("x-wrapped")]).toEqual([2_000_000, "yes"]);
    expect((await request(port, { path: "/wrapped/no" })).status).toBe(403);
    await until("the log", () => server.stderr().includes("final 200 2000000 /wrapped"));
  });

  test("an endless answer is replaced, and the connection goes on", async () => {
    const connection = await HttpConnection.open(port);
    expect((await connection.request({ path: "/endless" })).status).toBe(410);
    connection.destroy();
    expect((await request(port, { path: "/after" })).text()).toBe("/after");
  });

  test("final routes see the status, and decide about the log", async () => {
    await request(port, { path: "/seen" });
    await request(port, { path: "/quiet" });
    await request(port, { path: "/line%0abreak" });
    await until("the log", () => server.stderr().includes("final 200 11 /line\\x0abreak"));
    await until("the access log", () => server.stderr().includes("GET /line%0abreak"));
    expect(server.stderr()).toContain("final 200 5 /seen");
    expect(server.stderr()).toContain("final 200 6 /quiet");
    expect(server.stderr()).toContain("GET /seen");
    expect(server.stderr()).not.toContain("GET /quiet");
  });
});

describe("beside static-map and mounts", () => {
  let port: number;
  beforeAll(async () => {
    ({ port } = await start([
      "manage-script-name = true",
      "single-interpreter = true",
      "no-default-app = true",
      "mount = /m=app.py",
      "ignore-script-name = false",
      "static-map = /d=docs",
      "error-page-500 = page500.html",
      "error-page-404 = page404.html",
      "route = ^/none static:docs/none",
      "route = ^/file file:filename=docs/none",
      "route = ^/return return:404",
      "route = ^/head setmethod:HEAD",
      "route = ^/d/big return:403",
      "response-route = ^/d addheader:X-Static: yes",
      "route = ^/nowhere setapp:/none",
    ]));
  });

  test.each(["/d/a.txt", "/m/d/a.txt"])(
    "%s is a static file with the field of a response route",
    async (path) => {
      const response = await request(port, { path });
      expect([response.text(), response.header("x-static")]).toEqual(["a text\n", "yes"]);
    },
  );

  test("a route comes before the file", async () => {
    expect((await request(port, { path: "/d/big.bin" })).status).toBe(403);
  });

  test.each([
    ["/none", "<b>lost</b>\n"],
    ["/file", "<b>lost</b>\n"],
    ["/return", "Not Found"],
  ])("%s is 404", async (path, text) => {
    const response = await request(port, { path });
    expect([response.status, response.text()]).toEqual([404, text]);
  });

  test("a GET that becomes a HEAD for the application stays in step", async () => {
    const connection = await HttpConnection.open(port);
    const response = await connection.request({ path: "/m/head" });
    expect([response.status, response.header("content-length"), response.text()]).toEqual([
      200,
      undefined,
      "",
    ]);
    expect((await connection.request({ path: "/m/x" })).text()).toBe("/x");
    connection.destroy();
  });

  test("where no application is for a request the page is", async () => {
    const response = await request(port, { path: "/nowhere" });
    expect([response.status, response.text()]).toEqual([500, "<b>broken</b>\n"]);
    expect((await request(port, { path: "/m/x" })).text()).toBe("/x");
  });
});

test("faults of the table are told with their places, and nothing is started", async () => {
  const cwd = temporaryDirectory({
    users: "me:$apr1$x$y\n",
    "app.ini": `[uwsgi]
http-socket = 127.0.0.1:1
wsgi-file = ${projectPath("test/apps/echo.py")}
route = ^/a(b nothing:
route = ^/a nothing:here
route = ^/(?>a) last:
route-if = nope:x last:
route-run = goto:nowhere
route-run = log:\${geoip[country]}
route = ^/x basicauth:Realm,users
route-run = cachevar:key=x
route-label = here
route-run = goto:here
final-route-run = redirect:/x
`,
  });
  const { code, stderr, stdout } = await runTsuwsgi(["lint", "app.ini"], { cwd });
  const said = stdout + stderr;
  expect(code).toBe(1);
  for (const [place, text] of [
    ["4:9", "regular expression"],
    ["5:13", "no action `nothing`"],
    ["6:11", "JavaScript has no such group"],
    ["7:12", "no condition `nope`"],
    ["8:13", "no label `nowhere`"],
    ["9:17", "no function `geoip`"],
    ["10:9", "cannot check"],
    ["11:13", "`cachevar` is not supported"],
    ["13:13", "before the jump"],
    ["14:19", "does nothing once"],
  ] as const) {
    expect(said).toContain(`app.ini:${place}`);
    expect(said).toContain(text);
  }
});
