/** What is read of a TLS client's first message, as OpenSSL writes it. */
import { createServer } from "node:net";
import { type ConnectionOptions, connect } from "node:tls";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { HELLO_BYTES, readHello } from "../../../src/launch/protocol/client-hello.ts";

/** The first flight of Node's own client. */
function helloOf(options: ConnectionOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.once("data", (data) => {
        socket.destroy();
        server.close();
        resolve(data);
      });
    });
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") return reject(new Error("no port"));
      const client = connect({ ...options, host: "127.0.0.1", port: address.port });
      client.on("error", () => {});
    });
  });
}

let named: Buffer;
let nameless: Buffer;

beforeAll(async () => {
  named = await helloOf({ servername: "Shop.Example.org", ALPNProtocols: ["h2"] });
  nameless = await helloOf({ maxVersion: "TLSv1.2" });
});

test("the name that is asked for, in lower case", () => {
  expect(readHello(named)).toEqual({ kind: "tls", name: "shop.example.org" });
  expect(readHello(nameless)).toEqual({ kind: "tls", name: undefined });
});

test("every part of it is a part", () => {
  for (let size = 0; size < named.length; size++)
    expect(readHello(named.subarray(0, size))).toEqual({ kind: "part" });
});

test("bytes behind it do not matter", () => {
  const more = Buffer.concat([named, Buffer.from("\x17\x03\x03\x00\x01x", "latin1")]);
  expect(readHello(more)).toEqual({ kind: "tls", name: "shop.example.org" });
});

test("it may be cut into several records", () => {
  const message = named.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += 7) {
    const part = message.subarray(at, at + 7);
    records.push(Buffer.from([22, 3, 1, 0, part.length]), part);
  }
  expect(readHello(Buffer.concat(records))).toEqual({ kind: "tls", name: "shop.example.org" });
});

test.each(["GET / HTTP/1.1\r\n", "\0", "\x15\x03\x01", "PRI * HTTP/2.0"])(
  "%j is not TLS",
  (text) => {
    expect(readHello(Buffer.from(text, "latin1"))).toEqual({ kind: "other" });
  },
);

test("what never ends is left to OpenSSL", () => {
  const endless = Buffer.alloc(HELLO_BYTES + 1, 0);
  endless.set([22, 3, 1, 0xff, 0xff, 1, 0xff, 0xff, 0xff]);
  expect(readHello(endless)).toEqual({ kind: "tls", name: undefined });
});

test("no bytes make it fail", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(), (noise, at) => {
      const broken = Buffer.from(named);
      broken.set(noise.subarray(0, broken.length - (at % broken.length)), at % broken.length);
      expect(["part", "other", "tls"]).toContain(readHello(broken).kind);
      expect(["part", "other"]).toContain(readHello(Buffer.from([23, ...noise])).kind);
    }),
  );
});
