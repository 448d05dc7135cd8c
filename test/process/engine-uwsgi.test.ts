/** What gevent's monkey patching does to the application, beside uWSGI. */
import { expect, test } from "vitest";
import { needs } from "../helpers/needs.ts";
import { freePorts } from "../helpers/ports.ts";
import { launch } from "../helpers/process.ts";
import { page, startServer, untilReady } from "../helpers/server.ts";
import { app } from "./engine-behaviour.ts";

needs(
  "uwsgi",
  "uwsgi-gevent",
  "gevent",
)("beside uWSGI, monkey patching", () => {
  test.each([
    ["is not done unasked", []],
    ["is done in the workers", ["--gevent-monkey-patch"]],
    ["is done before the application", ["--gevent-early-monkey-patch"]],
    ["in the workers, with lazy-apps", ["--gevent-monkey-patch", "--lazy-apps"]],
    ["before the application, with lazy-apps", ["--gevent-early-monkey-patch", "--lazy-apps"]],
  ])("%s", async (_title, options) => {
    const [ours = 0, theirs = 0] = await freePorts(2);
    const args = (port: number) => [
      ...[...app, "--gevent", "3", "--master", "--http-socket", `127.0.0.1:${port}`],
      ...options,
    ];
    await startServer(args(ours), { http: ours });
    const command = 'exec uwsgi --plugin python3 --plugin gevent_python3 "$@" </dev/null';
    await untilReady(launch("sh", ["-c", command, "sh", ...args(theirs)]), { http: theirs });
    const patched = async (port: number) => {
      const { import: before, request: after } = JSON.parse(await page(port, "/"));
      return [before, after];
    };
    expect(await patched(ours)).toEqual(await patched(theirs));
  });
});
