/** The master and its processes: deaths, stops, sockets, what is left behind. */
import { existsSync, statSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { request } from "../helpers/http.ts";
import { freePort } from "../helpers/ports.ts";
import { launch, type Program } from "../helpers/process.ts";
import { page, projectPath, runTsuwsgi, startServer, tsuwsgi } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";
import { byTitle, kill } from "./processes.ts";

const sleepy = ["--wsgi-file", projectPath("test/apps/sleep.py"), "--need-app"];
const broken = ["--wsgi-file", projectPath("test/apps/raise_at_import.py")];

async function start(...more: readonly string[]): Promise<{ port: number; server: Program }> {
  const port = await freePort();
  const args = ["--http-socket", `127.0.0.1:${port}`, ...sleepy, ...more];
  return { port, server: await startServer(args, { http: port }) };
}

describe("deaths", () => {
  test("master: everything else ends soon and the run directory goes", async () => {
    const { server } = await start("--master", "--processes", "2");
    expect(server.processes()).toHaveLength(5);
    const [directory = "none"] = server.runDirectories();
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    server.signal("SIGKILL");
    await until("all to end", () => server.processes().length === 0);
    await until("the directory to go", () => !existsSync(directory));
  });

  test("worker: another serves soon", async () => {
    const { port, server } = await start("--master");
    const pid = Number(await page(port, "/"));
    kill(pid);
    const next = await until("the next worker", () => page(port, "/"));
    expect(Number(next)).not.toBe(pid);
    expect(server.stderr()).toMatch(/worker 1 \(pid \d+\) ended: killed by SIGKILL/);
  });

  test("front: no connection is refused, and the same worker answers all of them", async () => {
    const { port, server } = await start("--master");
    const pid = await page(port, "/");
    kill(byTitle(server, "tsuwsgi front"));
    const pages = await Promise.all(Array.from({ length: 20 }, () => page(port, "/")));
    expect(new Set(pages)).toEqual(new Set([pid]));
  });

  test("zygote: its worker goes with it and all is made anew", async () => {
    const { port, server } = await start("--master");
    const pid = await page(port, "/");
    kill(byTitle(server, "tsuwsgi zygote"));
    const differs = async () => (await page(port, "/")) !== pid;
    await until("a new worker", differs);
    await until("the old one to end", () => server.processes().length === 4);
  });

  test("without master a worker's death ends the server with 1 and a message", async () => {
    const { port, server } = await start();
    kill(Number(await page(port, "/")));
    expect((await server.exit).code).toBe(1);
    expect(server.stderr()).toContain("nothing is supervised without master = true");
    await server.assertGone();
  });
});

describe("stops", () => {
  for (const signal of ["SIGINT", "SIGQUIT", "SIGTERM"] as const) {
    test(`${signal}: exit code 0, nothing is left, with vacuum no socket either`, async () => {
      const path = join(temporaryDirectory(), "s");
      const more = ["--master", "--processes", "2", "--uwsgi-socket", path, "--vacuum"];
      const { server } = await start(...more);
      expect(existsSync(path)).toBe(true);
      expect(await server.stop(signal)).toEqual({ code: 0, signal: null });
      await server.assertGone();
      expect(existsSync(path)).toBe(false);
    });
  }

  test("SIGINT does not wait for requests, also after a SIGTERM", async () => {
    const { port, server } = await start("--master");
    const answer = request(port, { path: "/?30" }).catch(() => undefined);
    await until("the request to be in hand", () => hasBegun(server));
    server.signal("SIGTERM");
    await until("the drain", () => server.stderr().includes("SIGTERM: stopping"));
    server.signal("SIGTERM");
    expect((await server.stop("SIGINT")).code).toBe(0);
    await answer;
    await server.assertGone();
  });

  test("SIGTERM: a request in hand is answered", async () => {
    const { port, server } = await start("--master");
    const answer = request(port, { path: "/?1" });
    await until("the request to be in hand", () => hasBegun(server));
    const exit = await server.stop("SIGTERM");
    expect((await answer).status).toBe(200);
    expect(exit.code).toBe(0);
    await server.assertGone();
  });

  test.for([
    ["worker-reload-mercy", ["--worker-reload-mercy", "1"]],
    ["reload-mercy", ["--worker-reload-mercy", "20", "--reload-mercy", "1"]],
  ] as const)("SIGTERM: %s ends it", async ([option, options]) => {
    const { port, server } = await start("--master", ...options);
    const answer = request(port, { path: "/?30" }).catch(() => undefined);
    await until("the request to be in hand", () => hasBegun(server));
    expect((await server.stop("SIGTERM")).code).toBe(0);
    expect(server.stderr()).toContain(`requests are still running after 1 s (${option}), killing`);
    expect((await answer)?.status).toBe(502);
    await server.assertGone();
  });
});

describe("an application that cannot be imported", () => {
  for (const lazy of [[], ["--lazy-apps"]]) {
    test(`need-app ${lazy.join()}: 22, with the traceback, once`, async () => {
      const port = await freePort();
      const args = ["--master", "--http-socket", `127.0.0.1:${port}`, "--need-app", ...broken];
      const { code, stderr } = await runTsuwsgi([...args, ...lazy]);
      expect(code).toBe(22);
      expect(stderr.match(/RuntimeError: broken on purpose/g)?.length).toBe(2);
      expect(stderr).toMatch(/error: the application cannot be loaded/);
    });
  }

  test("otherwise it serves 500", async () => {
    const port = await freePort();
    const args = ["--master", "--http-socket", `127.0.0.1:${port}`, ...broken];
    const server = await startServer(args, { accepts: port });
    expect((await request(port)).status).toBe(500);
    expect(server.stderr()).toContain("RuntimeError: broken on purpose");
  });
});

describe("sockets", () => {
  test("chmod-socket; without vacuum the path stays and the next start takes it", async () => {
    const path = join(temporaryDirectory(), "s");
    const args = ["--master", "--http-socket", path, "--chmod-socket=620", ...sleepy];
    for (const _ of [1, 2]) {
      const server = await startServer(args, { http: path });
      expect(statSync(path).mode & 0o777).toBe(0o620);
      expect((await server.stop("SIGINT")).code).toBe(0);
      expect(statSync(path).isSocket()).toBe(true);
    }
  });

  test("listen bounds the connections that wait while nobody accepts", async () => {
    const waiting = async (listen: string) => {
      const { port, server } = await start("--master", "--listen", listen);
      process.kill(byTitle(server, "tsuwsgi front"), "SIGSTOP");
      const attempts = Array.from({ length: 12 }, () => connect(port, "127.0.0.1"));
      const done = () => attempts.filter((socket) => !socket.connecting).length;
      // The kernel lets one more in than the backlog says.
      await until("the first", () => done() > 3);
      await new Promise((resolve) => setTimeout(resolve, 300));
      const count = done();
      for (const socket of attempts) socket.destroy();
      await server.stop("SIGINT");
      return count;
    };
    expect(await waiting("3")).toBe(4);
    expect(await waiting("100")).toBe(12);
  });

  test("IPv6, and an abstract name that other programs can reach", async () => {
    const port = await freePort();
    const name = `tsuwsgi-lifecycle-${process.pid}`;
    const args = [
      "--master",
      ...sleepy,
      "--http-socket",
      `[::1]:${port}`,
      "--http-socket",
      `@${name}`,
    ];
    const server = tsuwsgi(args);
    await until("the server to be ready", () => server.stderr().includes("tsuwsgi is ready"));
    for (const target of ["tcp6", "abstract"]) {
      const where = target === "tcp6" ? `("::1", ${port})` : `"\\0${name}"`;
      const family = target === "tcp6" ? "AF_INET6" : "AF_UNIX";
      const script = [
        `import socket; s = socket.socket(socket.${family}); s.connect(${where})`,
        's.sendall(b"GET / HTTP/1.0\\r\\nHost: a\\r\\n\\r\\n"); print(s.recv(15))',
      ].join("\n");
      const client = launch("/usr/bin/python3", ["-c", script]);
      await client.exit;
      expect(client.stdout()).toMatch(/^b'HTTP\/1\.. 200/);
    }
  });

  test("a port in use: exit code 1, and nothing of the start is left", async () => {
    const { port } = await start("--master");
    const directory = temporaryDirectory();
    const args = ["--master", "--pidfile", join(directory, "p"), "--http-socket"];
    const program = tsuwsgi([
      ...args,
      join(directory, "s"),
      "--http",
      `127.0.0.1:${port}`,
      ...sleepy,
    ]);
    expect((await program.exit).code).toBe(1);
    expect(program.stderr()).toContain(`port ${port} is in use by process `);
    expect([existsSync(join(directory, "s")), existsSync(join(directory, "p"))]).toEqual([
      false,
      false,
    ]);
    await program.assertGone();
  });
});

/** Whether sleep.py has a request that takes time. */
function hasBegun(server: Program): boolean {
  return server.stderr().includes("sleeping");
}
