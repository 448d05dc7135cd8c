/** Listening sockets of every kind through the built command: protocols, addresses, permissions. */
import { chmodSync, existsSync, lstatSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cgiAnswer } from "../helpers/cgi-answer.ts";
import { FastcgiConnection, fastcgiRequest } from "../helpers/fastcgi-client.ts";
import { HttpConnection, request } from "../helpers/http.ts";
import { freePort, freePorts } from "../helpers/ports.ts";
import { launch } from "../helpers/process.ts";
import { scgiRequest, scgiVars } from "../helpers/scgi-client.ts";
import { page, startServer, tsuwsgi } from "../helpers/server.ts";
import { until } from "../helpers/until.ts";
import { requestVars, uwsgiRequest } from "../helpers/uwsgi-client.ts";
import { failure, gone, place, ready } from "./socket-server.ts";

describe("protocols", () => {
  test("several sockets of each at once", async () => {
    const { directory, serve } = place();
    const [http = 0, httpSocket = 0, http11 = 0] = await freePorts(3);
    const path = (name: string) => join(directory, name);
    const server = tsuwsgi([
      ...["--http", `127.0.0.1:${http}`, "--http-socket", `127.0.0.1:${httpSocket}`],
      ...["--http11-socket", `127.0.0.1:${http11}`, "--uwsgi-socket", path("u")],
      ...["--fastcgi-socket", path("f"), "--scgi-socket", path("s"), "--socket", path("plain")],
      // Wherever it stands, and for plain sockets only.
      ...["--protocol", "http", ...serve],
    ]);
    await ready(server);
    for (const port of [http, httpSocket, http11])
      expect(await page(port, "/")).toBe(`port ${port}`);
    const kept = await HttpConnection.open(http11);
    for (let round = 0; round < 3; round++) expect((await kept.request()).status).toBe(200);
    kept.destroy();
    expect((await uwsgiRequest(path("u"), requestVars("/"))).text()).toBe("port 80");
    expect((await scgiRequest(path("s"), scgiVars("/"))).body.toString()).toBe("port 80");
    const fastcgi = await FastcgiConnection.open(path("f"));
    fastcgi.send(fastcgiRequest(requestVars("/")));
    expect(cgiAnswer((await fastcgi.answer()).output).body.toString()).toBe("port 80");
    fastcgi.destroy();
    expect((await request(path("plain"))).status).toBe(200);
    await gone(server);
  });

  test.each(["https", "raw", "bogus"])("%s is none of `protocol`", async (name) => {
    const { serve } = place();
    const said = await failure(tsuwsgi(["--socket", "127.0.0.1:0", "--protocol", name, ...serve]));
    expect(said).toContain(`\`protocol\` must be one of \`uwsgi\`, \`http\``);
  });
});

describe("addresses", () => {
  test("a port that the system chooses is said, and the application knows it", async () => {
    const { serve } = place();
    const server = tsuwsgi(["--http-socket", "127.0.0.1:0", "--http", "127.0.*:0", ...serve]);
    const line = await ready(server);
    const ports = [...line.matchAll(/127\.0\.0\.1:(\d+)/g)].map(([, port]) => Number(port));
    expect(ports).toHaveLength(2);
    for (const port of ports) expect(await page(port, "/")).toBe(`port ${port}`);
    await gone(server);
  });

  test("shared sockets are served by the options that name them", async () => {
    const { directory, serve } = place();
    const port = await freePort();
    const path = join(directory, "shared");
    const server = tsuwsgi([
      ...["--shared-socket", `127.0.0.1:${port}`, "--undeferred-shared-socket", path],
      ...["--uwsgi-socket", "=1", "--http-socket", "=0", ...serve],
    ]);
    await ready(server);
    expect(await page(port, "/")).toBe(`port ${port}`);
    expect((await uwsgiRequest(path, requestVars("/"))).status).toBe(200);
    await gone(server);
  });

  test("abstract names are exact, and in use while a server runs", async () => {
    const { serve } = place();
    const name = `tsuwsgi-test-${process.pid}`;
    const server = tsuwsgi([
      "--http-socket",
      name,
      "--scgi-socket",
      `@${name}-2`,
      "--abstract-socket",
      ...serve,
    ]);
    await ready(server);
    const names = readFileSync("/proc/net/unix", "latin1")
      .split("\n")
      .map((row) => row.split(" ").at(-1));
    expect(names).toContain(`@${name}`);
    expect(names).toContain(`@${name}-2`);
    const client = `
import socket, sys
s = socket.socket(socket.AF_UNIX); s.connect("\\0" + sys.argv[1])
s.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n"); print(s.recv(99).decode())`;
    const program = launch("/usr/bin/python3", ["-c", client, name]);
    await program.exit;
    expect(program.stdout()).toMatch(/^HTTP\/1\.1 200 OK/);
    const second = await failure(tsuwsgi(["--http-socket", `@${name}`, ...serve]));
    expect(second).toContain(`process ${server.pid} (tsuwsgi master) has a socket of this name`);
    await gone(server);
  });

  test("IPv6, for IPv4 as well", async () => {
    const { serve } = place();
    const port = await freePort();
    const server = await startServer(["--http-socket", `[::]:${port}`, ...serve], { http: port });
    await gone(server);
  });
});

describe("a second server", () => {
  test.each(["--http-socket", "--fastcgi-socket"])(
    "is refused by %s over TCP and Unix",
    async (option) => {
      const { directory, serve } = place();
      const port = await freePort();
      const path = join(directory, "s");
      const server = tsuwsgi([option, `127.0.0.1:${port}`, option, path, ...serve]);
      await ready(server);
      const refused = (address: string) => failure(tsuwsgi([option, address, ...serve]));
      expect(await refused(`127.0.0.1:${port}`)).toContain(
        `port ${port} is in use by process ${server.pid} (tsuwsgi master)`,
      );
      expect(await refused(path)).toContain(
        `process ${server.pid} (tsuwsgi master) answers on this socket`,
      );
      expect(lstatSync(path).isSocket()).toBe(true);
      await server.kill();
      // Now the socket is stale.
      const next = tsuwsgi([option, path, "--vacuum", ...serve]);
      await ready(next);
      await gone(next);
      expect(existsSync(path)).toBe(false);
    },
  );

  test("shares a port with `reuse-port`", async () => {
    const { serve } = place();
    const port = await freePort();
    const args = ["--http-socket", `127.0.0.1:${port}`, "--reuse-port", ...serve];
    const servers = [tsuwsgi(args), tsuwsgi(args)];
    for (const server of servers) await ready(server);
    // The kernel deals connections out by their source ports; each of the two gets some of many.
    await until("both to have answered", async () => {
      await page(port, "/");
      return servers.every((server) => server.stderr().includes("GET / =>"));
    });
    for (const server of servers) await gone(server);
  });
});

const isRoot = process.getuid?.() === 0;

describe("permissions", () => {
  test("`umask` and `chmod-socket`", async () => {
    const { directory, serve } = place();
    const [plain, opened] = [join(directory, "plain"), join(directory, "opened")];
    const log = join(directory, "log");
    const server = tsuwsgi(["--socket", plain, "--umask", "0077", "--logto", log, ...serve]);
    await until(
      "the socket",
      () => existsSync(plain) && readFileSync(log, "utf8").includes("ready"),
    );
    expect([statSync(plain).mode & 0o777, statSync(log).mode & 0o077]).toEqual([0o700, 0]);
    await gone(server);
    const next = tsuwsgi(["--socket", opened, "--umask=777", "--chmod-socket=664", ...serve]);
    await ready(next);
    expect(statSync(opened).mode & 0o777).toBe(0o664);
    expect((await uwsgiRequest(opened, requestVars("/"))).status).toBe(200);
    await gone(next);
  });

  test.skipIf(!isRoot)("`chown-socket`, before root is given up", async () => {
    const { directory, serve } = place();
    chmodSync(directory, 0o755); // for the user that the server becomes
    const path = join(directory, "owned");
    const server = tsuwsgi([
      ...["--socket", path, "--chown-socket", "nobody:www-data", "--chmod-socket=660"],
      ...["--uid", "daemon", "--gid", "daemon", ...serve],
    ]);
    await ready(server);
    const { uid, gid, mode } = statSync(path);
    const id = (table: string, name: string) =>
      Number(new RegExp(`^${name}:[^:]*:(\\d+)`, "m").exec(readFileSync(table, "utf8"))?.[1]);
    expect([uid, gid, mode & 0o777]).toEqual([
      id("/etc/passwd", "nobody"),
      id("/etc/group", "www-data"),
      0o660,
    ]);
    await gone(server);
  });
});

test("`listen` above what the kernel allows does not start", async () => {
  const { serve } = place();
  const limit = readFileSync("/proc/sys/net/core/somaxconn", "utf8").trim();
  const args = ["--http-socket", "127.0.0.1:0", "--listen", "2147483647", ...serve];
  const said = await failure(tsuwsgi(args));
  expect(said).toContain(
    `\`listen = 2147483647\` is above the kernel's net.core.somaxconn, which is ${limit}`,
  );
});
