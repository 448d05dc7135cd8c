/** Who may run beside whom. */
import { existsSync, lstatSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { freePort } from "../helpers/ports.ts";
import { page, startServer, tsuwsgi } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";
import { refused, serveTold } from "./told.ts";

describe("a second server", () => {
  test.each(["pidfile", "pidfile2", "safe-pidfile", "safe-pidfile2"])(
    "is refused by %s, and the first stays",
    async (option) => {
      const first = await serveTold(`${option} = DIR/pid`);
      const path = first.at("pid");
      const said = await refused(first, `--${option}`, path);
      expect(said).toContain(
        `the pidfile ${path} runs already, its master is process ${first.server.pid};`,
      );
      expect(readFileSync(path, "utf8")).toBe(`${first.server.pid}\n`);
      expect(await page(first.port, "/")).toMatch(/^one /);
    },
  );

  test("is refused by a TCP port, a Unix socket and a stats socket, with the process named", async () => {
    const first = await serveTold("uwsgi-socket = DIR/socket", "stats = DIR/stats");
    const who = `process ${first.server.pid} (tsuwsgi master)`;
    const tcp = await refused(first, "--http-socket", `127.0.0.1:${first.port}`);
    expect(tcp).toContain(`port ${first.port} is in use by ${who}; stop it or choose another port`);
    for (const [option, name] of [
      ["--uwsgi-socket", "socket"],
      ["--stats", "stats"],
    ] as const) {
      const said = await refused(first, option, first.at(name));
      expect(said).toContain(`${who} answers on this socket; stop it or choose another path`);
      expect(lstatSync(first.at(name)).isSocket()).toBe(true);
    }
    expect(await page(first.port, "/")).toMatch(/^one /);
  });

  test("is refused by a socket of a server that is still loading", async () => {
    const directory = temporaryDirectory();
    const slow = join(directory, "slow.py");
    writeFileSync(
      slow,
      `import os, time\nwhile not os.path.exists("${directory}/go"): time.sleep(0.01)\n`,
    );
    const at = (name: string) => join(directory, name);
    const args = ["--master", "--lenient", "--wsgi-file", slow, "--uwsgi-socket", at("socket")];
    const first = tsuwsgi(args);
    await until("the zygote", () => first.processes().length === 3);
    const second = tsuwsgi(args);
    expect((await second.exit).code).toBe(1);
    expect(second.stderr()).toContain(
      `process ${first.pid} (tsuwsgi master) has bound this socket`,
    );
    writeFileSync(at("go"), "");
    expect((await first.stop("SIGINT")).code).toBe(0);
  });

  test("of two that start in the same moment with one pidfile, one runs", async () => {
    const directory = temporaryDirectory({
      "app.py": "def application(e, s):\n    s('200 OK', [])\n    return [b'']\n",
    });
    const at = (name: string) => join(directory, name);
    const start = async () => {
      const socket = ["--http-socket", `127.0.0.1:${await freePort()}`];
      return tsuwsgi([...socket, "--wsgi-file", at("app.py"), "--master", "--pidfile", at("pid")]);
    };
    const both = [await start(), await start()];
    await until("one to be refused", () => both.filter((one) => one.running()).length === 1);
    const [winner] = both.filter((one) => one.running());
    expect(readFileSync(at("pid"), "utf8")).toBe(`${winner?.pid}\n`);
    await until("the other to be ready", () => winner?.stderr().includes("is ready"));
    expect((await winner?.stop())?.code).toBe(0);
  });
});

describe("what is left over", () => {
  test("a socket and a pidfile are replaced, and vacuum removes only what is still ours", async () => {
    const lines = ["uwsgi-socket = DIR/socket", "pidfile2 = DIR/pid", "safe-pidfile2 = DIR/safe"];
    const first = await serveTold(...lines);
    await first.server.kill();
    expect(["socket", "pid", "safe"].every((name) => existsSync(first.at(name)))).toBe(true);
    const args = ["--ini", first.ini, "--vacuum"];
    const second = await startServer(args, { http: first.port });
    expect(second.stderr()).toContain(`replaced the stale pidfile ${first.at("pid")}`);
    for (const name of ["pid", "safe"])
      expect(readFileSync(first.at(name), "utf8")).toBe(`${second.pid}\n`);
    // Somebody else's by now.
    rmSync(first.at("safe"));
    writeFileSync(first.at("safe"), "1\n");
    expect((await second.stop()).code).toBe(0);
    expect([existsSync(first.at("socket")), existsSync(first.at("pid"))]).toEqual([false, false]);
    expect(readFileSync(first.at("safe"), "utf8")).toBe("1\n");
  });
});
