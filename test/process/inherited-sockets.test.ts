/** Sockets that whoever starts the server has opened: by number, and by systemd's activation. */
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { freePort, freePorts } from "../helpers/ports.ts";
import { page } from "../helpers/server.ts";
import { until } from "../helpers/until.ts";
import { requestVars, uwsgiRequest } from "../helpers/uwsgi-client.ts";
import { failure, gone, inherit, place, ready, tcp, unix } from "./socket-server.ts";

describe("inherited sockets", () => {
  test("by number: served, said, and left alone at the end", async () => {
    const { directory, serve } = place();
    const port = await freePort();
    const path = join(directory, "inherited");
    const server = inherit(tcp(port) + unix(path), [
      ...[
        "--http-socket",
        "fd://3",
        "--socket",
        "fd://4",
        "--vacuum",
        "--chmod-socket=600",
        ...serve,
      ],
    ]);
    const before = await until("the path", () => existsSync(path) && statSync(path).mode);
    expect(await ready(server)).toContain(
      `http-socket 127.0.0.1:${port} (fd://3), uwsgi ${path} (fd://4)`,
    );
    expect(await page(port, "/")).toBe(`port ${port}`);
    expect((await uwsgiRequest(path, requestVars("/"))).text()).toBe("port 80");
    expect(statSync(path).mode).toBe(before);
    await gone(server);
    expect(existsSync(path)).toBe(true);
  });

  test("are not the application's", async () => {
    const { directory, serve } = place();
    const path = join(directory, "inherited");
    const server = inherit(unix(path), ["--http-socket", "fd://3", ...serve]);
    await ready(server);
    const holders = server.processes().filter((pid) => {
      const inode = readFileSync("/proc/net/unix", "latin1")
        .split("\n")
        .find((row) => row.endsWith(path))
        ?.split(" ")
        .at(-2);
      const directory = `/proc/${pid}/fd`;
      return readdirSync(directory).some((fd) => {
        try {
          return readlinkSync(`${directory}/${fd}`) === `socket:[${inode}]`;
        } catch {
          return false; // closed since
        }
      });
    });
    const titles = holders.map(
      (pid) => readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0")[0],
    );
    expect(titles.sort()).toEqual(["tsuwsgi front", "tsuwsgi master"]);
    await gone(server);
  });

  test("through a daemon", async () => {
    const { directory, serve } = place();
    const port = await freePort();
    const pidfile = join(directory, "pid");
    const starter = inherit(tcp(port), [
      ...["--http-socket", "fd://3", "--daemonize", join(directory, "log"), "--pidfile", pidfile],
      ...serve,
    ]);
    expect(await starter.exit).toEqual({ code: 0, signal: null });
    expect(await page(port, "/")).toBe(`port ${port}`);
    process.kill(Number(readFileSync(pidfile, "utf8")), "SIGTERM");
    await starter.assertGone();
  });

  const wrong = (open: string) => `import tempfile\n${open}\nfds.append(os.dup(x.fileno()))`;
  test.each([
    ["is not there", "", "fd://3", "descriptor 3 is no socket"],
    ["is a file", wrong("x = tempfile.TemporaryFile()"), "fd://3", "descriptor 3 is no socket"],
    [
      "is of datagrams",
      wrong("x = socket.socket(type=socket.SOCK_DGRAM); x.bind(('127.0.0.1', 0))"),
      "fd://3",
      "it is not a stream socket",
    ],
    ["is not bound", wrong("x = socket.socket()"), "fd://3", "it is not bound to an address"],
    [
      "is not bound (Unix)",
      wrong("x = socket.socket(socket.AF_UNIX)"),
      "fd://3",
      "it is not bound",
    ],
    [
      "is a connection",
      `${wrong(
        "l = socket.create_server(('127.0.0.1', 0)); x = socket.create_connection(l.getsockname())",
      )}; fds.append(l.detach())`,
      "fd://3",
      "it is a connection",
    ],
  ])("one that %s is refused", async (_, opens, address, reason) => {
    const { serve } = place();
    const said = await failure(inherit(opens, ["--http-socket", address, ...serve]));
    expect(said).toContain(`cannot bind ${address}: ${reason}`);
    expect(said).not.toMatch(/Traceback|at .*\.js/);
  });
});

describe("systemd's activation", () => {
  test("needs no socket in the configuration; `protocol` says what its sockets speak", async () => {
    const { directory, serve } = place();
    const port = await freePort();
    const path = join(directory, "activated");
    const server = inherit(tcp(port) + unix(path), [...serve, "--protocol", "http11"], {
      LISTEN_FDS: "2",
      LISTEN_FDNAMES: "web:local",
    });
    expect(await ready(server)).toContain(
      `http-socket 127.0.0.1:${port} (fd://3), http-socket ${path}`,
    );
    expect(await page(port, "/")).toBe(`port ${port}`);
    // What systemd said was for the master alone.
    expect(await page(path, "/environment")).not.toMatch(/LISTEN_(FDS|PID|FDNAMES)/);
    await gone(server);
  });

  test("adds to what is configured, and not what is named there", async () => {
    const { directory, serve } = place();
    const [first = 0, second = 0] = await freePorts(2);
    const path = join(directory, "own");
    const server = inherit(
      tcp(first) + tcp(second),
      ["--http-socket", "fd://4", "--http", path, ...serve],
      { LISTEN_FDS: "2" },
    );
    expect(await ready(server)).toContain(
      `http-socket 127.0.0.1:${second} (fd://4), http ${path}, uwsgi 127.0.0.1:${first} (fd://3);`,
    );
    await gone(server);
  });

  test("for another process is none", async () => {
    const { serve } = place();
    const env = { LISTEN_FDS: "1", LISTEN_PID: "1" };
    const said = await failure(inherit(tcp(0), [...serve], env));
    expect(said).toContain("there is no socket to listen on: LISTEN_PID=1 is not this process");
  });

  test("that passes something else is refused by its name", async () => {
    const { serve } = place();
    const env = { LISTEN_FDS: "1", LISTEN_FDNAMES: "dgram" };
    const opens =
      "x = socket.socket(type=socket.SOCK_DGRAM); x.bind(('127.0.0.1', 0)); fds.append(x.detach())";
    const said = await failure(inherit(opens, [...serve], env));
    expect(said).toContain("(systemd: dgram)");
    expect(said).toContain("it is not a stream socket");
  });
});
