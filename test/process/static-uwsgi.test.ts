/** Static files beside uWSGI's own: the same files, types, codings and times for the same options. */
import { utimesSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { HttpConnection, request } from "../helpers/http.ts";
import { needs } from "../helpers/needs.ts";
import { freePorts } from "../helpers/ports.ts";
import { launch } from "../helpers/process.ts";
import { projectPath, startServer, untilReady } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";

const directory = temporaryDirectory({
  "static/a.css": "plain css",
  "static/a.css.gz": "GZIP",
  "static/a.css.br": "BROTLI",
  "static/b.html": "html",
  "static/b.html.gz": "GZIP OF HTML",
  "static/.hidden": "hidden",
  "static/noending": "?",
  "static/empty.txt": "",
  "static/dir/index.html": "index",
  "static/dir/other.php": "php",
  "static/skip.php": "php",
  "second/c.txt": "second",
  "second/a.css": "never",
  "whole/w/d.txt": "whole",
  "check/e.txt": "checked",
  "one.txt": "one",
  types: "text/css css\ntext/html html htm\ntext/plain txt\n",
});

const options = [
  ...["--static-map", `/s=${directory}/static`, "--static-map", `/s=${directory}/second`],
  ...["--static-map", `/one=${directory}/one.txt`, "--static-map2", `/w=${directory}/whole`],
  ...["--check-static", `${directory}/check`, "--static-index", "index.html"],
  ...["--static-skip-ext", ".php", "--static-gzip-ext", "css", "--honour-range"],
  ...["--static-gzip-dir", `${directory}/static/b`, "--mimefile", `${directory}/types`],
  ...["--static-expires-mtime", "/second/ 60", "--static-expires-type-mtime", "text/html=30"],
  ...["--static-expires-path-info-mtime", "/dir/index 90", "--static-expires-uri-mtime", "z=1 70"],
];

needs("uwsgi")("beside uWSGI", () => {
  let ports: readonly [ours: number, theirs: number];

  beforeAll(async () => {
    for (const file of ["a.css", "b.html", "a.css.gz", "a.css.br", "b.html.gz", "dir/index.html"]) {
      utimesSync(`${directory}/static/${file}`, 1_600_000_000, 1_600_000_000);
    }
    utimesSync(`${directory}/second/c.txt`, 1_600_000_000, 1_600_000_000);
    const [ours = 0, theirs = 0] = await freePorts(2);
    ports = [ours, theirs];
    const common = ["--master", "--need-app", "--wsgi-file", projectPath("test/apps/echo.py")];
    await startServer([...common, ...options, "--http-socket", `127.0.0.1:${ours}`], {
      http: ours,
    });
    const uwsgi = launch("uwsgi", [
      ...["--plugin", "python3", "--http-socket", `127.0.0.1:${theirs}`, ...common, ...options],
    ]);
    await untilReady(uwsgi, { http: theirs });
  });

  /** What both have to agree on; an answer of the application is only told to be one. */
  async function seen(port: number, path: string, fields: object, method: string) {
    const headers = Object.entries(fields) as [string, string][];
    const response = await request(port, { path, headers, method });
    const body = response.text();
    if (body.startsWith("{") || response.header("x-echo")) return "the application";
    const names = ["content-type", "content-encoding", "content-range", "expires", "last-modified"];
    // That of an answer without a body is no promise.
    if (response.status === 200) names.push("content-length");
    return { status: response.status, body, fields: names.map((name) => response.header(name)) };
  }

  test.each<[string, object?, string?]>([
    ["/s/a.css"],
    ["/s/a.css", { "Accept-Encoding": "gzip" }],
    ["/s/a.css", { "Accept-Encoding": "gzip, br" }],
    ["/s/b.html", { "Accept-Encoding": "gzip" }],
    ["/s/b.html"],
    ["/s/.hidden"],
    ["/s/noending"],
    ["/s/empty.txt"],
    ["/s/dir"],
    ["/s/dir/"],
    ["/s/dir/other.php"],
    ["/s/skip.php"],
    ["/s/c.txt"],
    ["/s/c.txt?z=1"],
    ["/s/noending?z=1"],
    ["/s/none"],
    ["/s"],
    ["/s/"],
    ["/w/d.txt"],
    ["/w"],
    ["/e.txt"],
    ["/"],
    ["/one"],
    ["/s//a.css"],
    ["/s/dir/../a.css"],
    ["/s/%2e%2e/one.txt"],
    ["/s/a.css", {}, "HEAD"],
    ["/s/a.css", {}, "POST"],
    ["/s/a.css", {}, "OPTIONS"],
    ["/s/a.css", { Range: "bytes=1-3" }],
    ["/s/a.css", { Range: "bytes=-3" }],
    ["/s/a.css", { Range: "bytes=50-60" }],
    ["/s/a.css", { "If-Modified-Since": new Date(1_600_000_000_000).toUTCString() }],
    ["/s/a.css", { "If-Modified-Since": new Date(1_500_000_000_000).toUTCString() }],
  ])("%s %j %s", async (path, fields = {}, method = "GET") => {
    const [ours, theirs] = await Promise.all(ports.map((port) => seen(port, path, fields, method)));
    // uWSGI says neither on a 304, which RFC 9110 15.4.5 asks for.
    if (typeof ours === "object" && ours.status === 304) ours.fields.fill(undefined);
    expect(ours).toEqual(theirs);
  });

  test("differently: nothing beside the mountpoint", async () => {
    const text = async (port: number) => (await request(port, { path: "/s../one.txt" })).text();
    expect(await text(ports[0])).toContain("PATH_INFO");
  });

  test("differently: a file of many ends with its mountpoint", async () => {
    const status = await HttpConnection.open(ports[0]);
    const response = await status.request({ path: "/onemore" });
    expect(response.text()).toContain("PATH_INFO");
    expect((await request(ports[1], { path: "/onemore" })).text()).toBe("one");
    status.destroy();
  });
});
