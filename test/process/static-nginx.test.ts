/** Locations for static files in a real nginx: it sends what the server sends for the same settings. */
import { utimesSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { nginx } from "../../src/generate/nginx.ts";
import { noStatics, type StaticSettings } from "../../src/settings/static-settings.ts";
import { settingsWith, socketAt } from "../generate/settings.ts";
import { request } from "../helpers/http.ts";
import { needs } from "../helpers/needs.ts";
import { startNginx } from "../helpers/nginx.ts";
import { freePorts } from "../helpers/ports.ts";
import { projectPath, startServer } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";

const directory = temporaryDirectory({
  "static/a.css": "css",
  "static/a.css.gz": "GZIP",
  "static/b.txt": "text",
  "static/dir/index.html": "index",
  "whole/media/c.txt": "media",
  "whole/media/c.txt.gz": "not asked for",
});

const statics: StaticSettings = {
  ...noStatics(),
  maps: [{ mountpoint: "/static", directory: `${directory}/static` }],
  wholeMaps: [{ mountpoint: "/media", directory: `${directory}/whole` }],
  index: ["index.html"],
  gzipPrefixes: [`${directory}/static`],
  expires: [
    { subject: "file", pattern: "\\.css$", seconds: 60, fromChange: true },
    { subject: "path-info", pattern: "^/media/c\\.txt$", seconds: 70, fromChange: true },
    { subject: "uri", pattern: "[?]v=[0-9]{2}$", seconds: 80, fromChange: true },
  ],
};

needs("nginx")("nginx instead of the server", () => {
  let front: number;
  let back: number;

  beforeAll(async () => {
    for (const file of ["static/a.css", "static/a.css.gz", "static/b.txt", "whole/media/c.txt"]) {
      utimesSync(`${directory}/${file}`, 1_700_000_000, 1_700_000_000);
    }
    [front = 0, back = 0] = await freePorts(2);
    const args = [
      ...["--http-socket", `127.0.0.1:${back}`, "--wsgi-file", projectPath("test/apps/echo.py")],
      ...[
        "--master",
        "--static-map",
        `/static=${directory}/static`,
        "--static-index",
        "index.html",
      ],
      ...["--static-map2", `/media=${directory}/whole`, "--static-gzip-dir", `${directory}/static`],
      ...[
        "--static-expires-mtime",
        "\\.css$ 60",
        "--static-expires-uri-mtime",
        "[?]v=[0-9]{2}$ 80",
      ],
      ...["--static-expires-path-info-mtime", "^/media/c\\.txt$ 70"],
    ];
    await startServer(args, { http: back });
    const settings = settingsWith({ sockets: [socketAt("http-socket", back)], statics });
    const written = nginx(settings, { serverName: "localhost", listen: `127.0.0.1:${front}` });
    if (written.kind === "problem") throw new Error(written.problem.message);
    await startNginx(written.text, front);
  });

  async function seen(port: number, path: string, coding: string) {
    const response = await request(port, { path, headers: [["Accept-Encoding", coding]] });
    const names = ["content-encoding", "expires", "last-modified", "content-length"];
    const server = response.header("server") ?? "";
    const fields = names.map((name) => response.header(name));
    return { server, said: [response.status, response.text(), ...fields] };
  }

  test.each([
    ["/static/a.css", ""],
    ["/static/a.css", "gzip"],
    ["/static/b.txt", "gzip"],
    ["/static/b.txt?v=12", ""],
    ["/static/b.txt?v=1", ""],
    ["/static/dir/", ""],
    ["/media/c.txt", "gzip"],
  ])("%s with Accept-Encoding: %s", async (path, coding) => {
    const [ours, theirs] = [await seen(back, path, coding), await seen(front, path, coding)];
    expect(theirs.server).toMatch(/^nginx/);
    expect(theirs.said).toEqual(ours.said);
  });
});
