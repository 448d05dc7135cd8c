/** Pidfiles of real servers. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { freePort } from "../helpers/ports.ts";
import { projectPath, startServer, tsuwsgi } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";

const app = ["--wsgi-file", projectPath("test/apps/sleep.py"), "--master"];

test("a second server with the same pidfile is refused and the first stays", async () => {
  const path = join(temporaryDirectory(), "app.pid");
  const port = await freePort();
  const args = [...app, "--pidfile", path, "--http-socket"];
  const first = await startServer([...args, `127.0.0.1:${port}`], { http: port });
  expect(readFileSync(path, "utf8")).toBe(`${first.pid}\n`);
  const second = tsuwsgi([...args, `127.0.0.1:${await freePort()}`]);
  expect((await second.exit).code).toBe(1);
  expect(second.stderr()).toContain(`its master is process ${first.pid};`);
  expect(readFileSync(path, "utf8")).toBe(`${first.pid}\n`);
});

test("a stale one is replaced; vacuum removes both kinds at the end", async () => {
  const directory = temporaryDirectory({ "app.pid": "1\n" });
  const [path, safe] = [join(directory, "app.pid"), join(directory, "safe.pid")];
  const port = await freePort();
  const files = ["--pidfile", path, "--safe-pidfile", safe, "--vacuum"];
  const args = [...app, ...files, "--http-socket", `127.0.0.1:${port}`];
  const server = await startServer(args, { http: port });
  expect(server.stderr()).toContain("replaced the stale pidfile");
  expect([path, safe].map((one) => readFileSync(one, "utf8"))).toEqual(
    Array(2).fill(`${server.pid}\n`),
  );
  await server.stop();
  expect([path, safe].some((one) => existsSync(one))).toBe(false);
});

test("without vacuum it stays, as in uWSGI; with it somebody else's stays", async () => {
  const path = join(temporaryDirectory(), "app.pid");
  const port = await freePort();
  const args = [...app, "--pidfile", path, "--http-socket", `127.0.0.1:${port}`];
  const server = await startServer(args, { http: port });
  await server.stop();
  expect(readFileSync(path, "utf8")).toBe(`${server.pid}\n`);
  const other = await startServer([...args, "--vacuum"], { http: port });
  writeFileSync(path, "1\n");
  await other.stop();
  expect(readFileSync(path, "utf8")).toBe("1\n");
});
