/** `file-serve-mode = nginx`: a real nginx sends what the server names. */
import { writeFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { nginx } from "../../src/generate/nginx.ts";
import { noStatics } from "../../src/settings/static-settings.ts";
import { settingsWith, socketAt } from "../generate/settings.ts";
import { request } from "../helpers/http.ts";
import { needs } from "../helpers/needs.ts";
import { startNginx } from "../helpers/nginx.ts";
import { freePorts } from "../helpers/ports.ts";
import { projectPath, startServer } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";

const names = ["plain.txt", "50% off?.txt", "a b#c.txt", "caf\u00e9.txt", "line\nbreak.txt"];

needs("nginx")("nginx sends the files of check-static", () => {
  const directory = temporaryDirectory(
    Object.fromEntries(names.map((name) => [`files/${name}`, `content of ${name}`])),
  );
  let front: number;
  let back: number;

  beforeAll(async () => {
    writeFileSync(`${directory}/secret.txt`, "SECRET");
    [front = 0, back = 0] = await freePorts(2);
    const settings = settingsWith({
      sockets: [socketAt("http-socket", back)],
      statics: { ...noStatics(), checks: [`${directory}/files`], serveMode: "x-accel-redirect" },
    });
    const args = [
      ...["--http-socket", `127.0.0.1:${back}`, "--master", "--check-static", `${directory}/files`],
      ...["--wsgi-file", projectPath("test/apps/echo.py"), "--file-serve-mode", "NGINX"],
    ];
    await startServer(args, { http: back });
    const written = nginx(settings, { serverName: "localhost", listen: `127.0.0.1:${front}` });
    if (written.kind === "problem") throw new Error(written.problem.message);
    await startNginx(written.text, front);
  });

  const path = (name: string) => `/${encodeURIComponent(name)}`;

  test.each(names)("%j", async (name) => {
    const named = await request(back, { path: path(name) });
    expect([named.status, named.body.length]).toEqual([200, 0]);
    expect(decodeURIComponent(named.header("x-accel-redirect") ?? "")).toBe(
      `${directory}/files/${name}`,
    );
    const sent = await request(front, { path: path(name) });
    expect([sent.status, sent.text()]).toEqual([200, `content of ${name}`]);
    expect(sent.header("content-type")).toBe("text/plain");
  });

  test("with conditions and ranges of its own", async () => {
    const { header } = await request(front, { path: "/plain.txt" });
    const etag = header("etag") ?? "";
    const again = await request(front, { path: "/plain.txt", headers: [["If-None-Match", etag]] });
    expect(again.status).toBe(304);
    const part = await request(front, { path: "/plain.txt", headers: [["Range", "bytes=0-6"]] });
    expect([part.status, part.text()]).toEqual([206, "content"]);
    const head = await request(front, { path: "/plain.txt", method: "HEAD" });
    expect([head.status, head.header("content-length")]).toEqual([200, "20"]);
  });

  test("and only by that way", async () => {
    const response = await request(front, { path: `${directory}/files/plain.txt` });
    expect(response.status).toBe(404);
  });
});

test("X-Sendfile", async () => {
  const directory = temporaryDirectory({ "x.css": "css" });
  const [port = 0] = await freePorts(1);
  const args = [
    ...["--http-socket", `127.0.0.1:${port}`, "--master", "--static-map", `/s=${directory}`],
    ...["--wsgi-file", projectPath("test/apps/echo.py"), "--fileserve-mode", "x-sendfile"],
  ];
  await startServer(args, { http: port });
  const response = await request(port, { path: "/s/x.css" });
  expect([response.status, response.text()]).toEqual([200, ""]);
  expect(response.header("x-sendfile")).toBe(`${directory}/x.css`);
  expect(response.header("content-type")).toBe("text/css");
});
