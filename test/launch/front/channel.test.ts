/** Channels over real sockets: order, what is pending, and that Node's streams are really gone round. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Channel, ChannelServer } from "../../../src/launch/front/channel.ts";
import { bindTcp, type ServerHandle } from "../../../src/launch/master/server-handle.ts";
import { freePort } from "../../helpers/ports.ts";
import { until } from "../../helpers/until.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

/** A listening server, and a client of it that does not read until it is told. */
async function pair(): Promise<{ channel: Channel; client: Socket; another: () => Socket }> {
  const port = await freePort();
  const handle = bindTcp("127.0.0.1", port, 4);
  if (typeof handle === "string") throw new Error(handle);
  const channels: Channel[] = [];
  const server = new ChannelServer({ allowHalfOpen: true, noDelay: true }, (channel) => {
    channel.socket.on("error", () => {});
    channels.push(channel);
  });
  await server.listen(handle.fd, 16, () => {});
  const another = () => {
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    cleanups.push(() => socket.destroy());
    return socket;
  };
  const client = another();
  client.pause();
  await until("a connection", () => channels.length === 1);
  const [channel] = channels;
  if (channel === undefined) throw new Error("no channel");
  cleanups.push(() => close(server, handle, channels));
  return { channel, client, another };
}

function close(server: ChannelServer, _keptAlive: ServerHandle, channels: Channel[]): void {
  server.close();
  for (const { socket } of channels) socket.destroy();
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

describe("a channel", () => {
  test("sends all and in order to a client that reads late", async () => {
    const { channel, client } = await pair();
    let sent = 0;
    // Small and large ones, until the kernel has long been full.
    for (let i = 0; i < 300; i++) {
      const part = numbered(sent / 4, i % 3 === 0 ? 64 * 1024 : 400);
      channel.write(part);
      sent += part.length;
    }
    expect(channel.pending).toBeGreaterThan(0);
    const drained = vi.fn();
    channel.drained = drained;
    let idle = false;
    const wasIdle = channel.idle().then(() => {
      idle = true;
    });
    expect(idle).toBe(false);
    const got = await collect(client, sent);
    await wasIdle;
    expect(got.equals(numbered(0, sent))).toBe(true);
    await until("nothing is pending", () => channel.pending === 0);
    expect(drained).toHaveBeenCalled();
  });

  test("can be written to again after it had to wait", async () => {
    const { channel, client } = await pair();
    const parts = [numbered(0, 8 * 1024 * 1024), Buffer.from("then"), Buffer.from("this")];
    channel.write(Buffer.from("first"));
    for (const part of parts) channel.write(Buffer.from(part));
    const wanted = Buffer.concat([Buffer.from("first"), ...parts]);
    const got = collect(client, wanted.length + 4);
    await until("nothing is pending", () => channel.pending === 0);
    channel.write(Buffer.from("last"));
    expect((await got).equals(Buffer.concat([wanted, Buffer.from("last")]))).toBe(true);
  });

  test("goes round the stream once it has seen one of its writes", async () => {
    const { channel, client } = await pair();
    channel.write(Buffer.from("one"));
    await until("nothing is pending", () => channel.pending === 0);
    const write = vi.spyOn(channel.socket, "write");
    channel.write(Buffer.from("two"));
    expect((await collect(client, 6)).toString()).toBe("onetwo");
    expect(write).not.toHaveBeenCalled();
    expect(channel.pending).toBe(0);
  });

  test("lends the bytes that came, from one buffer for all connections", async () => {
    const { channel, client } = await pair();
    const buffers = new Set<ArrayBufferLike>();
    const texts: string[] = [];
    channel.receive = (data) => {
      buffers.add(data.buffer);
      texts.push(data.toString());
    };
    client.write("hello");
    await until("the first text", () => texts.length === 1);
    client.write("again");
    await until("the second text", () => texts.length === 2);
    expect(texts).toEqual(["hello", "again"]);
    expect(buffers.size).toBe(1);
    expect([...buffers][0]?.byteLength).toBe(64 * 1024);
  });

  test("can stop and go on reading, and sees the client's end", async () => {
    const { channel, client } = await pair();
    let got = "";
    channel.receive = (data) => {
      got += data.toString();
      channel.socket.pause();
    };
    const ended = once(channel.socket, "end");
    client.write("a");
    await until("the first letter", () => got === "a");
    client.end("b");
    await new Promise((resolve) => setImmediate(resolve));
    expect(got).toBe("a");
    channel.socket.resume();
    await until("the second letter", () => got === "ab");
    channel.socket.resume();
    await ended;
  });

  test("whose client is gone ends, and what is still written is dropped", async () => {
    const { channel, client } = await pair();
    channel.write(numbered(0, 32 * 1024 * 1024));
    const idle = channel.idle();
    client.resetAndDestroy();
    await idle; // it will never be taken
    await until("the end", () => channel.socket.destroyed);
    channel.write(Buffer.from("nobody"));
    expect(channel.pending).toBe(0);
  });
});

test("a stream without a handle of Node's is written to as a stream", async () => {
  const sent: string[] = [];
  let take: (() => void) | undefined;
  const stream = new Duplex({
    read() {},
    write(data: Buffer, _encoding, done) {
      sent.push(data.toString());
      take = done;
    },
  });
  const channel = new Channel(stream as unknown as Socket);
  const drained = vi.fn();
  channel.drained = drained;
  channel.write(Buffer.from("a"));
  channel.write(Buffer.from("b"));
  expect([sent, channel.pending]).toEqual([["a"], 2]);
  take?.();
  await until("the second write", () => sent.length === 2);
  expect(drained).not.toHaveBeenCalled();
  take?.();
  await until("word of it", () => drained.mock.calls.length === 1);
  expect(channel.pending).toBe(0);
});
