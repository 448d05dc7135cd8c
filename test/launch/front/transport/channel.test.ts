/** Channels over real sockets: order, what is pending, and that Node's streams are really gone round. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import {
  Channel,
  ChannelServer,
  type ChannelUser,
} from "../../../../src/launch/front/transport/channel.ts";
import { RawSocket } from "../../../../src/launch/front/transport/raw-socket.ts";
import { bindTcp, type ServerHandle } from "../../../../src/launch/master/sockets/server-handle.ts";
import { freePort } from "../../../helpers/ports.ts";
import { until } from "../../../helpers/until.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

/** What a channel's user was told. */
class Told implements ChannelUser {
  text = "";
  readonly buffers = new Set<ArrayBufferLike>();
  ended = false;
  allTakenCount = 0;
  goneCount = 0;
  onBytes = () => {};
  bytesCame(data: Buffer): void {
    this.buffers.add(data.buffer);
    this.text += data.toString();
    this.onBytes();
  }
  endCame(): void {
    this.ended = true;
  }
  someTaken(): void {}
  allTaken(): void {
    this.allTakenCount++;
  }
  gone(): void {
    this.goneCount++;
  }
}

type Kind = "by its handle" | "as a stream";

/** A channel, and a client of it that does not read until it is told. */
async function pair(kind: Kind): Promise<{ channel: Channel; client: Socket; told: Told }> {
  const port = await freePort();
  const channels: Channel[] = [];
  if (kind === "by its handle") {
    const handle = bindTcp("127.0.0.1", port, 4);
    if (typeof handle === "string") throw new Error(handle);
    const server = new ChannelServer({ noDelay: true }, (channel) => channels.push(channel));
    await server.listen(handle.fd, 16, () => {});
    cleanups.push(() => close(server, handle));
  } else {
    const server = createServer({ allowHalfOpen: true }, (socket) =>
      channels.push(new Channel(socket)),
    );
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    cleanups.push(() => server.close());
  }
  const client = connect(port, "127.0.0.1").on("error", () => {});
  client.pause();
  await until("a connection", () => channels.length === 1);
  const [channel] = channels;
  if (channel === undefined) throw new Error("no channel");
  const told = new Told();
  channel.use(told);
  cleanups.push(() => client.destroy());
  cleanups.push(() => channel.socket.destroy());
  return { channel, client, told };
}

function close(server: ChannelServer, _keptAlive: ServerHandle): void {
  server.close();
}

/** Numbered bytes, so that a part in the wrong place shows. */
function numbered(from: number, bytes: number): Buffer {
  const part = Buffer.alloc(bytes);
  for (let i = 0; i + 4 <= bytes; i += 4) part.writeUInt32LE(from + i / 4, i);
  return part;
}

async function collect(client: Socket, bytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  client.on("data", (data: Buffer) => {
    parts.push(data);
    length += data.length;
  });
  client.resume();
  await until("all bytes", () => length >= bytes);
  return Buffer.concat(parts);
}

describe.each<Kind>(["by its handle", "as a stream"])("a channel %s", (kind) => {
  test("is what it should be", async () => {
    const { channel } = await pair(kind);
    expect(channel.socket instanceof RawSocket).toBe(kind === "by its handle");
    expect(channel.socket.remoteAddress).toBe("127.0.0.1");
    expect(channel.socket.remotePort).toBeGreaterThan(0);
  });

  test("sends all and in order to a client that reads late", async () => {
    const { channel, client, told } = await pair(kind);
    let sent = 0;
    // Small and large ones, until the kernel has long been full.
    for (let i = 0; i < 300; i++) {
      const part = numbered(sent / 4, i % 3 === 0 ? 64 * 1024 : 400);
      channel.write(part);
      sent += part.length;
    }
    expect(channel.pending).toBeGreaterThan(0);
    expect(channel.unsent).toBeGreaterThan(0);
    let idle = false;
    const wasIdle = channel.idle().then(() => {
      idle = true;
    });
    expect(idle).toBe(false);
    const got = await collect(client, sent);
    await wasIdle;
    expect(got.equals(numbered(0, sent))).toBe(true);
    await until("nothing is pending", () => channel.pending === 0);
    expect(told.allTakenCount).toBe(1);
  });

  test("can be written to again after it had to wait", async () => {
    const { channel, client } = await pair(kind);
    const parts = [numbered(0, 8 * 1024 * 1024), Buffer.from("then"), Buffer.from("this")];
    channel.write(Buffer.from("first"));
    for (const part of parts) channel.write(Buffer.from(part));
    const wanted = Buffer.concat([Buffer.from("first"), ...parts]);
    const got = collect(client, wanted.length + 4);
    await until("nothing is pending", () => channel.pending === 0);
    channel.write(Buffer.from("last"));
    expect((await got).equals(Buffer.concat([wanted, Buffer.from("last")]))).toBe(true);
  });

  test("tells what came, as it comes", async () => {
    const { client, told } = await pair(kind);
    client.write("hello");
    await until("the first text", () => told.text === "hello");
    client.write("again");
    await until("the second text", () => told.text === "helloagain");
    if (kind === "as a stream") return;
    // Lent, from one buffer for all connections.
    expect([...told.buffers].map(({ byteLength }) => byteLength)).toEqual([64 * 1024]);
  });

  test("can stop and go on reading, and sees the client's end", async () => {
    const { channel, client, told } = await pair(kind);
    told.onBytes = () => channel.socket.pause();
    client.write("a");
    await until("the first letter", () => told.text === "a");
    client.end("b");
    await new Promise((resolve) => setImmediate(resolve));
    expect(told.text).toBe("a");
    channel.socket.resume();
    await until("the second letter", () => told.text === "ab");
    channel.socket.resume();
    await until("the end", () => told.ended);
    // Ours is still open.
    channel.write(Buffer.from("answer"));
    expect((await collect(client, 6)).toString()).toBe("answer");
    expect(told.goneCount).toBe(0);
    channel.socket.end();
    await until("both ends", () => told.goneCount === 1);
    expect(channel.closed).toBe(true);
  });

  test("that is ended sends what was written before, and is gone when the client ends too", async () => {
    const { channel, client, told } = await pair(kind);
    channel.write(numbered(0, 8 * 1024 * 1024));
    channel.socket.end();
    expect(channel.socket.writableEnded).toBe(true);
    const ended = once(client, "end");
    expect((await collect(client, 8 * 1024 * 1024)).equals(numbered(0, 8 * 1024 * 1024))).toBe(
      true,
    );
    await ended;
    await until("the end", () => told.goneCount === 1);
  });

  test("that is to be destroyed soon sends what was written before", async () => {
    const { channel, client, told } = await pair(kind);
    channel.write(numbered(0, 8 * 1024 * 1024));
    channel.socket.destroySoon();
    expect((await collect(client, 8 * 1024 * 1024)).length).toBe(8 * 1024 * 1024);
    await until("the end", () => told.goneCount === 1);
  });

  test("that is reset breaks off, and its client sees it", async () => {
    const { channel, client, told } = await pair(kind);
    const failed = once(client, "error").catch((error: unknown) => error);
    client.resume();
    channel.socket.resetAndDestroy();
    await until("the end", () => told.goneCount === 1);
    await until("the client's", () => client.destroyed);
    expect(String(await failed)).toContain("ECONNRESET");
  });

  test("whose client is gone ends, and what is still written is dropped", async () => {
    const { channel, client, told } = await pair(kind);
    channel.write(numbered(0, 32 * 1024 * 1024));
    const idle = channel.idle();
    client.resetAndDestroy();
    await idle; // it will never be taken
    await until("the end", () => told.goneCount === 1);
    channel.write(Buffer.from("nobody"));
    expect([channel.pending, channel.unsent]).toEqual([0, 0]);
    channel.socket.destroy();
    channel.socket.end();
    channel.socket.destroySoon();
    channel.socket.resetAndDestroy();
    channel.socket.pause();
    channel.socket.resume();
    await new Promise((resolve) => setImmediate(resolve));
    expect(told.goneCount).toBe(1);
  });
});
