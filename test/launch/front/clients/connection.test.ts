/** Deadlines of an HTTP connection, with a socket and a clock of the test's. */
import { closeSync, fstatSync, openSync } from "node:fs";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { FrontContext } from "../../../../src/launch/front/clients/connection.ts";
import { HttpConnection } from "../../../../src/launch/front/clients/http.ts";
import { OpenFiles } from "../../../../src/launch/front/exchange/open-files.ts";
import {
  type ConnectionTimeouts,
  Timeouts,
} from "../../../../src/launch/front/transport/attended.ts";
import { Channel } from "../../../../src/launch/front/transport/channel.ts";
import { Memory } from "../../../../src/launch/front/transport/memory.ts";
import { TrustedProxies } from "../../../../src/launch/front/transport/trust.ts";
import { Flag, FRAME_HEADER, Kind, placeBytes } from "../../../../src/launch/protocol/frame.ts";
import { HeadParser } from "../../../../src/launch/protocol/http-head.ts";
import { HeadTails } from "../../../../src/launch/protocol/response.ts";
import { defaultTrust } from "../../../../src/settings/trust.ts";
import { until } from "../../../helpers/until.ts";
import { dispatcherWith, FakeCore, fakeWorker, frame } from "../fakes.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

interface ConnectOptions {
  readonly timeouts?: Partial<ConnectionTimeouts>;
  readonly memory?: Memory | undefined;
  /** Gets what the client does to take a write; without it all is taken at once. */
  readonly taken?: (() => void)[];
}

const plain = { autoGzip: false, expectLimit: 0, hostAsServerName: false };

/** A connection whose client is the test. */
function connect({ timeouts, memory = new Memory(), taken }: ConnectOptions = {}) {
  const { dispatcher } = dispatcherWith(0);
  const context: FrontContext = {
    ...{ dispatcher, tails: new HeadTails(true), log: undefined, intake: undefined },
    trusted: new TrustedProxies(defaultTrust),
    ...{
      bufferSize: 4096,
      limitPost: 0,
      connections: new Set(),
      memory,
      emptied() {},
      parting: false,
      draining: false,
    },
  };
  let sent = "";
  const socket = new Duplex({
    read() {},
    write(data, _encoding, done) {
      sent += data.toString("latin1");
      if (taken === undefined) done();
      else taken.push(done);
    },
  });
  const channel = new Channel(socket as unknown as Socket);
  Object.assign(socket, { remoteAddress: "127.0.0.1", remotePort: 1, setTimeout() {} });
  const listener = {
    ...{ port: "80", local: false, timeouts: { ...Timeouts, ...timeouts } },
    ...plain,
  };
  const connection = new HttpConnection(context, channel, listener, new HeadParser());
  const receive = (text: string) => channel.receive(Buffer.from(text, "latin1"));
  const wait = (seconds: number) => {
    vi.setSystemTime(Date.now() + seconds * 1000);
    connection.sweep(Date.now());
  };
  return { dispatcher, socket, receive, wait, sent: () => sent };
}

const post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n";

test("a body that does not come is answered 408", () => {
  const { receive, wait, sent } = connect();
  receive(`${post}x`);
  wait(59);
  expect(sent()).toBe("");
  wait(2);
  expect(sent()).toMatch(/^HTTP\/1.1 408 /);
});

test("a body that the server itself does not read yet has no deadline", () => {
  const { dispatcher, socket, receive, wait, sent } = connect();
  receive(post);
  for (let i = 0; i < 10; i++) receive("x".repeat(60_000));
  expect(socket.isPaused()).toBe(true);
  wait(600);
  expect([sent(), socket.destroyed]).toEqual(["", false]);
  // Once a core has it the client's time begins.
  new FakeCore(dispatcher, fakeWorker(1));
  expect(socket.isPaused()).toBe(false);
  wait(59);
  expect(sent()).toBe("");
  wait(2);
  expect(sent()).toMatch(/^HTTP\/1.1 408 /);
});

test("a client that goes on sending what was refused is heard out for a while, not for ever", () => {
  const { socket, receive, wait } = connect();
  receive("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n");
  for (let second = 0; second < 29; second++) {
    receive("x".repeat(100_000));
    wait(1);
  }
  expect(socket.destroyed).toBe(false);
  receive("x");
  wait(1.5);
  expect(socket.destroyed).toBe(true);
});

test("a head has 30 seconds in all", () => {
  const { receive, wait, sent } = connect();
  for (const byte of "GET / HTTP/1.1\r\nHost: aaaaaa") {
    receive(byte);
    wait(1);
  }
  receive("a");
  wait(3);
  expect(sent()).toMatch(/^HTTP\/1.1 408 /);
});

describe("a core", () => {
  const kilobytes = (count: number) => Buffer.alloc(count * 1024);

  /** A client that takes nothing until it is told, and a core with the head of an answer of unknown length. */
  function slowClient(memory?: Memory) {
    const taken: (() => void)[] = [];
    const connection = connect({ memory, taken });
    const core = new FakeCore(connection.dispatcher, fakeWorker(1));
    connection.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    core.answer(1, false);
    const send = (part: Buffer) =>
      core.core.receive(frame(Kind.data, 0, 1, part.toString("latin1")));
    return { ...connection, core, send, takeOne: () => taken.shift()?.() };
  }

  test("waits for a slow client beyond what is buffered, and no longer", async () => {
    const { core, send, takeOne } = slowClient();
    for (let i = 0; i < 9; i++) send(kilobytes(128));
    expect(core.socket.isPaused()).toBe(false);
    send(kilobytes(256));
    expect(core.socket.isPaused()).toBe(true);
    for (let i = 0; i < 5; i++) {
      takeOne();
      await new Promise((resolve) => setImmediate(resolve));
    }
    // Most of it still waits, but what waits fits again.
    expect(core.socket.isPaused()).toBe(false);
  });

  test("waits at once when all connections together hold too much", async () => {
    const memory = new Memory(100 * 1024);
    const { core, send, takeOne } = slowClient(memory);
    send(kilobytes(90));
    expect(core.socket.isPaused()).toBe(false);
    send(kilobytes(20));
    expect(core.socket.isPaused()).toBe(true);
    while (memory.bytes > 0) {
      takeOne();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(core.socket.isPaused()).toBe(false);
  });

  test("goes on when the client has gone, and nothing is held any more", async () => {
    const memory = new Memory();
    const { core, send, socket } = slowClient(memory);
    send(kilobytes(2000));
    expect([core.socket.isPaused(), memory.bytes > 2000 * 1024]).toEqual([true, true]);
    socket.destroy();
    await until("the end", () => memory.bytes === 0);
    expect([core.socket.isPaused(), core.counters.gone]).toEqual([false, 1]);
  });

  test("is not waited for by a client that takes nothing for a minute", async () => {
    const { send, takeOne, wait, socket } = slowClient();
    send(kilobytes(10));
    send(kilobytes(10));
    wait(1);
    wait(59);
    expect(socket.destroyed).toBe(false);
    takeOne();
    await new Promise((resolve) => setImmediate(resolve));
    wait(1);
    wait(59);
    expect(socket.destroyed).toBe(false);
    wait(2);
    expect(socket.destroyed).toBe(true);
  });
});

describe("a file as the answer", () => {
  function asked() {
    const connection = connect({});
    const core = new FakeCore(connection.dispatcher, fakeWorker(1));
    const files = new OpenFiles(1);
    core.core.files = files;
    connection.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    const lent = openSync(import.meta.filename, "r");
    const { ino: inode } = fstatSync(lent, { bigint: true });
    const place = { pid: process.pid, descriptor: lent, inode, offset: 0, length: 10 };
    const sendFile = (length: number) => {
      const head = "200 OK\r\nContent-Length: 10\r\n";
      const payload = head + placeBytes({ ...place, length }).toString("latin1");
      const bytes = frame(Kind.file, Flag.final | Flag.length, 1, payload);
      bytes.writeUInt32LE(head.length, 12);
      core.claim(1);
      core.core.receive(bytes);
    };
    const opened = () => core.sent.subarray(-FRAME_HEADER)[4] === Kind.opened;
    return { ...connection, core, files, sendFile, opened, close: () => closeSync(lent) };
  }

  test("is sent by the front, which says when the worker may close it", async () => {
    const { core, files, sendFile, opened, sent } = asked();
    sendFile(10);
    expect([core.core.inFlight, core.core.lending]).toEqual([0, 1]);
    await until("word to the worker", opened);
    expect(core.core.lending).toBe(0);
    await until("the answer", () => sent().endsWith("\r\n\r\n/** Deadli"));
    await until("the file to be closed", () => files.count === 0);
  });

  test("that cannot be opened is answered 500", async () => {
    const { sendFile, opened, close, sent } = asked();
    close();
    sendFile(10);
    await until("word to the worker", opened);
    expect(sent()).toMatch(/^HTTP\/1.1 500 /);
  });

  test("is not opened for nobody", async () => {
    const { files, sendFile, opened, socket, core } = asked();
    socket.destroy();
    await until("the end", () => core.counters.gone === 1);
    sendFile(10);
    expect(files.count).toBe(0);
    await until("word to the worker", opened);
  });

  test("whose client goes while it is being opened is closed", async () => {
    const { files, sendFile, opened, socket } = asked();
    sendFile(10);
    socket.destroy();
    await until("word to the worker", opened);
    await until("the file to be closed", () => files.count === 0);
  });
});

const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

test("the times of a socket are those that were configured for it", () => {
  const head = connect({ timeouts: { headMs: 5_000 } });
  head.receive("GET / HT");
  head.wait(4.5);
  expect(head.sent()).toBe("");
  head.wait(1);
  expect(head.sent()).toMatch(/^HTTP\/1.1 408 /);

  const body = connect({ timeouts: { bodyMs: 5_000 } });
  body.receive(`${post}x`);
  body.wait(4.5);
  body.receive("x");
  body.wait(4.5);
  expect(body.sent()).toBe("");
  body.wait(1);
  expect(body.sent()).toMatch(/^HTTP\/1.1 408 /);

  const idle = connect({ timeouts: { idleMs: 5_000 } });
  const core = new FakeCore(idle.dispatcher, fakeWorker(1));
  idle.receive(get);
  core.answer(1);
  expect(idle.sent()).toMatch(/^HTTP\/1.1 200 /);
  idle.wait(4.5);
  expect(idle.socket.writableEnded).toBe(false);
  idle.wait(1);
  expect(idle.socket.writableEnded).toBe(true);
});

test("an application may be silent for ever, unless that is bounded", () => {
  const { dispatcher, receive, wait, sent } = connect();
  new FakeCore(dispatcher, fakeWorker(1));
  receive(get);
  wait(100_000);
  expect(sent()).toBe("");
});

test("an application that is silent for too long is answered for with 504", () => {
  const { dispatcher, socket, receive, wait, sent } = connect({ timeouts: { answerMs: 20_000 } });
  const core = new FakeCore(dispatcher, fakeWorker(1));
  receive(get);
  core.claim(1);
  wait(19);
  expect(sent()).toBe("");
  wait(2);
  expect(sent()).toMatch(/^HTTP\/1.1 504 .*Connection: close\r\n/s);
  expect(socket.writableEnded).toBe(true);
  const before = sent();
  core.answer(1);
  expect(sent()).toBe(before);
});

test("so is one that no core takes, or that came with a body", () => {
  const waiting = connect({ timeouts: { answerMs: 20_000 } });
  waiting.receive(get);
  waiting.wait(21);
  expect(waiting.sent()).toMatch(/^HTTP\/1.1 504 /);
  expect(waiting.dispatcher.queued).toBe(0);

  const { dispatcher, receive, wait, sent } = connect({ timeouts: { answerMs: 20_000 } });
  new FakeCore(dispatcher, fakeWorker(1));
  receive("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na");
  wait(30);
  expect(sent()).toBe("");
  receive("b");
  wait(19);
  expect(sent()).toBe("");
  wait(2);
  expect(sent()).toMatch(/^HTTP\/1.1 504 /);
});

test("each part of an answer gives the application its time anew, then the answer is broken off", () => {
  const { dispatcher, socket, receive, wait, sent } = connect({ timeouts: { answerMs: 20_000 } });
  const core = new FakeCore(dispatcher, fakeWorker(1));
  receive(get);
  wait(15);
  core.answer(1, false);
  for (let part = 0; part < 5; part++) {
    wait(15);
    core.core.data(0, Buffer.from("part"), 0);
  }
  expect(sent().match(/part/g)).toHaveLength(5);
  expect(socket.destroyed).toBe(false);
  wait(21);
  expect(socket.destroyed).toBe(true);
  expect(sent()).not.toMatch(/\r\n0\r\n\r\n$/);
});
