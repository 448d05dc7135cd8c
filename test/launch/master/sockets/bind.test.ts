import { execFileSync, type StdioOptions } from "node:child_process";
import { existsSync, lstatSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { type BindOrder, type Bound, bind } from "../../../../src/launch/master/sockets/bind.ts";
import { accept } from "../../../../src/launch/master/sockets/server-handle.ts";
import type { Address } from "../../../../src/options/address.ts";
import { noSocketOptions, type SocketOptions } from "../../../../src/settings/socket-settings.ts";
import { freePort } from "../../../helpers/ports.ts";
import { launch } from "../../../helpers/process.ts";
import { open } from "../../../helpers/target.ts";
import { temporaryDirectory } from "../../../helpers/tmp.ts";

const place = { file: "app.ini", line: 3, column: 8, endLine: 3, endColumn: 9 };
const opened: { close: () => void }[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});

function order(address: Address, more: Partial<BindOrder> = {}): BindOrder {
  return {
    address,
    text: "WHERE",
    place,
    mode: undefined,
    options: undefined,
    python: "/usr/bin/python3",
    ...more,
  };
}

async function bound(address: Address, more: Partial<BindOrder> = {}): Promise<Bound> {
  const one = await bind(order(address, more));
  opened.push({ close: () => one.release(true) });
  return one;
}

const unix = (path: string) => ({ kind: "unix", path }) as const;
const tcp = (port: number, host = "127.0.0.1", family: 4 | 6 = 4) =>
  ({ kind: "tcp", host, port, family }) as const;

/** A server of Node's own, as any other program. */
function listen(on: { port?: number; host?: string; path?: string }): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => {}); // A peer that only looks whether somebody is there.
    socket.end("other");
  });
  opened.push(server);
  return new Promise((resolve) => server.listen(on, () => resolve(server)));
}

/** What a bound socket answers once this process accepts on it. */
async function greeting(one: Bound, connect: () => ReturnType<typeof open>): Promise<string> {
  expect(accept(one.handle, 10, (socket) => socket.end("hello"))).toBeUndefined();
  const socket = await connect();
  let said = "";
  for await (const part of socket) said += part;
  return said;
}

describe("tcp", () => {
  test("refuses connections until somebody listens", async () => {
    const port = await freePort();
    const one = await bound(tcp(port));
    await expect(open(port)).rejects.toThrow(/ECONNREFUSED/);
    expect(await greeting(one, () => open(port))).toBe("hello");
  });

  test("a host name, and no host at all", async () => {
    const port = await freePort();
    expect(await greeting(await bound(tcp(port, "localhost")), () => open(port))).toBe("hello");
    const other = await freePort();
    expect(await greeting(await bound(tcp(other, "")), () => open(other))).toBe("hello");
  });

  test("a port in use, where it is configured and what to do", async () => {
    const port = await freePort();
    await listen({ port, host: "127.0.0.1" });
    const message = `app.ini:3:8: error: cannot bind WHERE: port ${port} is in use by another program`;
    await expect(bind(order(tcp(port)))).rejects.toThrow(message);
  });

  test("an address of another machine, a name that there is not", async () => {
    const elsewhere = bind(order(tcp(1, "192.0.2.1")));
    await expect(elsewhere).rejects.toThrow(/no network interface .* 192\.0\.2\.1/);
    const nowhere = bind(order(tcp(1, "none.invalid")));
    await expect(nowhere).rejects.toThrow(/none\.invalid has no IPv4 address/);
  });
});

describe("unix", () => {
  test("with its permissions; removed on release", async () => {
    const path = join(temporaryDirectory(), "s");
    const one = await bind(order(unix(path), { mode: 0o620 }));
    expect(statSync(path).mode & 0o777).toBe(0o620);
    expect(await greeting(one, () => open(path))).toBe("hello");
    one.release(true);
    expect(existsSync(path)).toBe(false);
  });

  test("kept on release without vacuum, and taken over by the next start", async () => {
    const path = join(temporaryDirectory(), "s");
    const one = await bind(order(unix(path)));
    const inode = lstatSync(path).ino;
    one.release(false);
    expect(lstatSync(path).ino).toBe(inode);
    expect(await greeting(await bound(unix(path)), () => open(path))).toBe("hello");
  });

  test("another server's socket at the same path is not removed", async () => {
    const path = join(temporaryDirectory(), "s");
    const one = await bind(order(unix(path)));
    const next = await bound(unix(path));
    const inode = lstatSync(path).ino;
    one.release(true);
    expect(lstatSync(path).ino).toBe(inode);
    expect(await greeting(next, () => open(path))).toBe("hello");
  });

  test("refuses what answers, what is no socket, what is too long, and a directory that is missing", async () => {
    const directory = temporaryDirectory();
    const refusal = async (name: string) =>
      await bind(order(unix(join(directory, name)))).then(
        () => "bound",
        (error: Error) => error.message,
      );
    await listen({ path: join(directory, "live") });
    expect(await refusal("live")).toMatch(/a running server answers/);
    writeFileSync(join(directory, "file"), "precious");
    expect(await refusal("file")).toMatch(/not a socket/);
    mkdirSync(join(directory, "dir"));
    expect(await refusal("dir")).toMatch(/not a socket/);
    symlinkSync("live", join(directory, "link"));
    expect(await refusal("link")).toMatch(/not a socket/);
    expect(await refusal("x".repeat(108))).toMatch(/a Unix socket's may have 107/);
    expect(await refusal("none/s")).toMatch(/directory .*none does not exist/);
  });
});

describe("abstract", () => {
  const client =
    "import socket,sys;s=socket.socket(socket.AF_UNIX);s.connect('\\0'+sys.argv[1]);print(s.recv(9).decode())";

  test("has exactly its name: other programs can connect", async () => {
    const name = `tsuwsgi-test-${process.pid}`;
    const one = await bound({ kind: "abstract", name });
    accept(one.handle, 10, (socket) => socket.end("hello"));
    const program = launch("/usr/bin/python3", ["-c", client, name]);
    expect((await program.exit).code).toBe(0);
    expect(program.stdout()).toBe("hello\n");
  });

  test("in use", async () => {
    const name = `tsuwsgi-taken-${process.pid}`;
    await bound({ kind: "abstract", name });
    const again = bind(order({ kind: "abstract", name }));
    await expect(again).rejects.toThrow(
      "cannot bind WHERE: another program (root can see which: `ss -lxp`) has a socket of this name",
    );
  });

  test("without an interpreter", async () => {
    const none = bind(order({ kind: "abstract", name: "x" }, { python: "/none/python3" }));
    await expect(none).rejects.toThrow(/app.ini:3:8: error: cannot bind WHERE: .*ENOENT/);
  });
});

test("IPv6", async () => {
  const port = await freePort();
  const one = await bound(tcp(port, "::1", 6));
  const { connect } = await import("node:net");
  expect(
    await greeting(
      one,
      () =>
        new Promise((resolve, reject) => {
          const socket = connect(port, "::1", () => resolve(socket));
          socket.once("error", reject);
        }),
    ),
  ).toBe("hello");
});

describe("options of the system", () => {
  const none = { ...noSocketOptions() };
  /** What a bound socket has: the value of each option by its numbers. */
  const read = `
import json, socket, sys
s = socket.socket(fileno=3)
print(json.dumps([s.getsockopt(level, name) for level, name in json.loads(sys.argv[1])]))`;
  const numbers = (one: Bound, ...wanted: readonly (readonly [number, number])[]) => {
    const args = ["-c", read, JSON.stringify(wanted)];
    const stdio: StdioOptions = ["ignore", "pipe", "inherit", one.handle.fd];
    return JSON.parse(execFileSync("/usr/bin/python3", args, { stdio, encoding: "utf8" }));
  };
  const [SOL_SOCKET, IPPROTO_IP, IPPROTO_TCP] = [1, 0, 6];
  const [REUSEPORT, KEEPALIVE, SNDBUF, RCVBUF, FREEBIND, FASTOPEN] = [15, 9, 7, 8, 15, 23];

  test.each([
    ["127.0.0.1", 4],
    ["::1", 6],
  ] as const)("are set for TCP at %s", async (host, family) => {
    const options: SocketOptions = {
      ...{ ...none, reusePort: true, freebind: true, keepalive: true },
      ...{ fastOpen: 5, sendBuffer: 20_000, receiveBuffer: 30_000 },
    };
    const one = await bound(tcp(0, host, family), { options });
    expect(one.address).toMatchObject({ kind: "tcp", host, family });
    const set = numbers(
      one,
      ...([
        [SOL_SOCKET, REUSEPORT],
        [SOL_SOCKET, KEEPALIVE],
        [IPPROTO_IP, FREEBIND],
      ] as const),
      ...([
        [IPPROTO_TCP, FASTOPEN],
        [SOL_SOCKET, SNDBUF],
        [SOL_SOCKET, RCVBUF],
      ] as const),
    );
    // The kernel doubles the sizes of buffers, for what it keeps about them.
    expect(set).toEqual([1, 1, 1, 5, 40_000, 60_000]);
  });

  test("are set for Unix sockets, as far as these have them, and the path is removed", async () => {
    const path = join(temporaryDirectory(), "s");
    const options = { ...none, reusePort: true, freebind: true, sendBuffer: 20_000 };
    const one = await bind(order(unix(path), { options, mode: 0o600 }));
    expect(numbers(one, [SOL_SOCKET, SNDBUF], [SOL_SOCKET, REUSEPORT])).toEqual([40_000, 0]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await greeting(one, () => open(path))).toBe("hello");
    expect(one.release(true)).toBeUndefined();
    expect(existsSync(path)).toBe(false);
  });

  test("none are set where none are asked for", async () => {
    const one = await bound(tcp(0), { options: none });
    expect(numbers(one, [SOL_SOCKET, REUSEPORT], [SOL_SOCKET, KEEPALIVE])).toEqual([0, 0]);
  });

  test("`freebind` binds what this machine does not have", async () => {
    const one = await bound(tcp(0, "192.0.2.1"), { options: { ...none, freebind: true } });
    expect(one.address).toMatchObject({ host: "192.0.2.1" });
  });

  test("an address in use is told as without them", async () => {
    const port = await freePort();
    await listen({ port, host: "127.0.0.1" });
    const used = bind(order(tcp(port), { options: { ...none, keepalive: true } }));
    await expect(used).rejects.toThrow(`port ${port} is in use by another program`);
  });

  test.skipIf(process.getuid?.() === 0)("an owner that only root can give", async () => {
    const path = join(temporaryDirectory(), "s");
    const options = { ...none, owner: { uid: 0, gid: undefined } };
    await expect(bind(order(unix(path), { options }))).rejects.toThrow("chown-socket: ");
    expect(existsSync(path)).toBe(false);
  });
});

test("the name says what only the start could know", async () => {
  const assigned = await bound(tcp(0), { text: "127.0.0.1:0" });
  const { address } = assigned;
  expect(address.kind === "tcp" && address.port).toBeGreaterThan(0);
  expect(assigned.name).toBe(address.kind === "tcp" ? `127.0.0.1:${address.port}` : "");
  const port = await freePort();
  const found = await bound(tcp(port, "127.*"), { text: `127.*:${port}` });
  expect(found.name).toBe(`127.0.0.1:${port}`);
  const nowhere = bind(order(tcp(port, "198.51.100.*")));
  await expect(nowhere).rejects.toThrow(
    "no network interface of this machine has an address 198.51.100.*",
  );
});
