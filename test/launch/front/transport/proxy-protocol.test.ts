/** Reading the PROXY header of a socket that somebody else will use, e.g. for TLS. */
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { admitSocket } from "../../../../src/launch/front/transport/proxy-protocol.ts";
import { TrustedProxies } from "../../../../src/launch/front/transport/trust.ts";
import { defaultTrust, type TrustedPeer } from "../../../../src/settings/trust.ts";
import { open } from "../../../helpers/target.ts";
import { within } from "../../../helpers/until.ts";

let server: Server | undefined;

afterEach(async () => {
  const closing = server;
  if (closing) await new Promise((resolve) => closing.close(resolve));
});

/** A connection to a server that expects a header. */
async function connect(trusted: readonly TrustedPeer[] = defaultTrust, headerMs = 60_000) {
  const said: string[] = [];
  const sockets: Socket[] = [];
  let admitted: ReturnType<typeof admitSocket> | undefined;
  const made = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    admitted = admitSocket(socket, {
      trusted: new TrustedProxies(trusted),
      listener: { port: "8443", local: false },
      headerMs,
      complain: (message) => said.push(message),
    });
  });
  server = made;
  await new Promise<void>((resolve) => made.listen(0, "127.0.0.1", resolve));
  const address = made.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const client = await open(address.port);
  client.on("error", () => {});
  await within(
    "the connection",
    new Promise<void>((resolve) => {
      const look = () => (admitted ? resolve() : void setImmediate(look));
      look();
    }),
  );
  const [socket] = sockets;
  if (admitted === undefined || socket === undefined) throw new Error("no connection");
  return { client, socket, said, admitted: within("the header", admitted) };
}

const header = "PROXY TCP4 203.0.113.7 198.51.100.2 4711 443\r\n";

describe("a header is read", () => {
  test("and what comes behind it is handed back, the socket paused", async () => {
    const { client, socket, said, admitted } = await connect();
    client.write(`${header}\x16\x03\x01`);
    const found = await admitted;
    expect(found?.peer).toEqual({
      ...{ address: "203.0.113.7", port: "4711", trusted: false },
      ...{ serverAddress: "198.51.100.2", serverPort: "443" },
    });
    expect(found?.ahead).toEqual(Buffer.from("\x16\x03\x01", "latin1"));
    expect([socket.isPaused(), socket.listenerCount("data")]).toEqual([true, 0]);
    const more = new Promise<string>((resolve) =>
      socket.on("data", (data) => resolve(data.toString())),
    );
    socket.unshift(Buffer.from("again, "));
    client.write("and more");
    socket.resume();
    expect(await within("the rest", more)).toMatch(/^again, /);
    expect(said).toEqual([]);
    client.destroy();
    socket.destroy();
  });

  test("byte by byte", async () => {
    const { client, socket, admitted } = await connect();
    client.setNoDelay(true);
    for (const byte of header) {
      client.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await admitted)?.peer.address).toBe("203.0.113.7");
    client.destroy();
    socket.destroy();
  });

  test("a proxy that speaks for itself is the peer", async () => {
    const { client, socket, admitted } = await connect();
    client.write("PROXY UNKNOWN\r\n");
    expect((await admitted)?.peer).toMatchObject({
      ...{ address: "127.0.0.1", trusted: true, serverAddress: "", serverPort: "8443" },
    });
    client.destroy();
    socket.destroy();
  });

  test("a client that is a trusted proxy itself is one", async () => {
    const { client, socket, admitted } = await connect([
      { kind: "loopback" },
      { kind: "network", family: 4, address: "203.0.113.0", prefix: 24 },
    ]);
    client.write(header);
    expect((await admitted)?.peer.trusted).toBe(true);
    client.destroy();
    socket.destroy();
  });

  test("a client of a Unix socket has no address, and is not trusted", async () => {
    const { client, socket, admitted } = await connect();
    const start = Buffer.from("\r\n\r\n\0\r\nQUIT\n\x21\x31\0\xd8", "latin1");
    client.write(Buffer.concat([start, Buffer.alloc(216)]));
    expect((await admitted)?.peer).toMatchObject({ address: "", port: "", trusted: false });
    client.destroy();
    socket.destroy();
  });
});

describe("a connection is closed, with a word about it", () => {
  test.each([
    ["GET / HTTP/1.1\r\n\r\n", "no PROXY header"],
    ["PROXY TCP4 1.2.3.4\r\n", "a malformed PROXY line"],
  ])("%j", async (text, why) => {
    const { client, said, admitted } = await connect();
    client.write(text);
    expect(await admitted).toBeUndefined();
    expect(said).toEqual([`a connection of 127.0.0.1 was closed: ${why}`]);
  });

  test("a peer that is not trusted, whatever it says", async () => {
    const { client, said, admitted } = await connect([{ kind: "unix" }]);
    client.write(header);
    expect(await admitted).toBeUndefined();
    expect(said).toEqual([expect.stringContaining("add `trusted-proxy = 127.0.0.1`")]);
  });

  test("half a header, then the end", async () => {
    const { client, said, admitted } = await connect();
    client.end("PROXY TCP4");
    expect(await admitted).toBeUndefined();
    expect(said).toEqual(["a connection of 127.0.0.1 was closed: half a PROXY header"]);
  });

  test("half a header, and then nothing", async () => {
    const { client, said, admitted } = await connect(defaultTrust, 50);
    client.write("PROXY TCP4");
    expect(await admitted).toBeUndefined();
    expect(said).toEqual(["a connection of 127.0.0.1 was closed: no PROXY header in time"]);
  });
});

test.each(["its end", "a reset"])(
  "a look whether somebody listens is no fault: %s",
  async (how) => {
    const { client, said, admitted } = await connect();
    if (how === "a reset") client.resetAndDestroy();
    else client.end();
    expect(await admitted).toBeUndefined();
    expect(said).toEqual([]);
  },
);
