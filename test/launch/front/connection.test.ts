/** Deadlines of an HTTP connection, with a socket and a clock of the test's. */
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Channel } from "../../../src/launch/front/channel.ts";
import { type FrontContext, Timeouts } from "../../../src/launch/front/connection.ts";
import { HttpConnection } from "../../../src/launch/front/http.ts";
import { TrustedProxies } from "../../../src/launch/front/trust.ts";
import { HeadParser } from "../../../src/launch/protocol/http-head.ts";
import { HeadTails } from "../../../src/launch/protocol/response.ts";
import { defaultTrust } from "../../../src/settings/trust.ts";
import { dispatcherWith, FakeCore, fakeWorker } from "./fakes.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const plain = { autoGzip: false, expectLimit: 0, hostAsServerName: false };

/** A connection whose client is the test. */
function connect() {
  const { dispatcher } = dispatcherWith(0);
  const context: FrontContext = {
    ...{ dispatcher, tails: new HeadTails(true), log: undefined, intake: undefined },
    trusted: new TrustedProxies(defaultTrust),
    ...{ bufferSize: 4096, limitPost: 0, connections: new Set(), draining: false },
  };
  let sent = "";
  const socket = new Duplex({
    read() {},
    write(data, _encoding, done) {
      sent += data.toString("latin1");
      done();
    },
  });
  const channel = new Channel(socket as unknown as Socket);
  Object.assign(socket, { remoteAddress: "127.0.0.1", remotePort: 1, setTimeout() {} });
  const listener = { ...{ port: "80", local: false, timeouts: Timeouts }, ...plain };
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
