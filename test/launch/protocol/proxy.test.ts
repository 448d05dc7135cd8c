/** PROXY headers, as HAProxy's specification has them. */
import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "vitest";
import {
  MAX_V1_BYTES,
  MAX_V2_REST_BYTES,
  parseProxyHeader,
} from "../../../src/launch/protocol/proxy.ts";

const parse = (data: Buffer | string) =>
  parseProxyHeader(typeof data === "string" ? Buffer.from(data, "latin1") : data);

const signature = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");

/** A header of version 2. */
function v2(command: number, family: number, rest: Buffer, size = rest.length): Buffer {
  const start = Buffer.alloc(4);
  start.writeUInt8(command, 0);
  start.writeUInt8(family, 1);
  start.writeUInt16BE(size, 2);
  return Buffer.concat([signature, start, rest]);
}

const tcp4 = Buffer.from([192, 0, 2, 1, 198, 51, 100, 2, 0xff, 0xff, 0x01, 0xbb]);
const v6 = (last: number) => Buffer.from(`20010db8${"00".repeat(11)}0${last}`, "hex");
const ports = Buffer.from([0x00, 0x01, 0x1f, 0x90]);
const tcp6 = Buffer.concat([v6(1), v6(2), ports]);
const mapped = Buffer.from(`${"00".repeat(10)}ffffc0000201`, "hex");
const tlv = Buffer.from([0x04, 0x00, 0x02, 0x61, 0x62]);

const ends4 = {
  ...{ source: "192.0.2.1", sourcePort: "65535" },
  ...{ destination: "198.51.100.2", destinationPort: "443" },
};
const ends6 = {
  ...{ source: "2001:db8::1", sourcePort: "1" },
  ...{ destination: "2001:db8::2", destinationPort: "8080" },
};
const proxied = (ends: object) => ({ kind: "proxied", ends });
const local = { kind: "local", ends: undefined };
const longest =
  "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n";

const good: [string, Buffer, object][] = [
  ["TCP4", Buffer.from("PROXY TCP4 192.0.2.1 198.51.100.2 65535 443\r\n"), proxied(ends4)],
  ["TCP6", Buffer.from("PROXY TCP6 2001:db8::1 2001:db8::2 1 8080\r\n"), proxied(ends6)],
  [
    "an IPv4 client of an IPv6 proxy",
    Buffer.from("PROXY TCP6 ::ffff:192.0.2.1 ::FFFF:198.51.100.2 65535 443\r\n"),
    proxied(ends4),
  ],
  ["the longest", Buffer.from(longest), { kind: "proxied" }],
  ["port 0", Buffer.from("PROXY TCP4 1.2.3.4 5.6.7.8 0 0\r\n"), { kind: "proxied" }],
  ["UNKNOWN", Buffer.from("PROXY UNKNOWN\r\n"), local],
  ["UNKNOWN with anything", Buffer.from("PROXY UNKNOWN ffff:f...f 1 2 3\r\n"), local],
  ["v2 TCP4", v2(0x21, 0x11, tcp4), proxied(ends4)],
  ["v2 TCP4 with extensions", v2(0x21, 0x11, Buffer.concat([tcp4, tlv, tlv])), proxied(ends4)],
  ["v2 TCP6", v2(0x21, 0x21, tcp6), proxied(ends6)],
  ["v2 TCP6 with extensions", v2(0x21, 0x21, Buffer.concat([tcp6, tlv])), proxied(ends6)],
  [
    "v2 mapped",
    v2(0x21, 0x21, Buffer.concat([mapped, mapped, ports])),
    proxied({
      ...{ source: "192.0.2.1", sourcePort: "1" },
      ...{ destination: "192.0.2.1", destinationPort: "8080" },
    }),
  ],
  ["v2 UNIX", v2(0x21, 0x31, Buffer.alloc(216)), { kind: "unix", ends: undefined }],
  ["v2 UNSPEC", v2(0x21, 0x00, Buffer.alloc(0)), local],
  ["v2 UNSPEC with extensions", v2(0x21, 0x00, tlv), local],
  ["v2 LOCAL", v2(0x20, 0x00, Buffer.alloc(0)), local],
  ["v2 LOCAL with addresses", v2(0x20, 0x11, tcp4), local],
  ["v2 LOCAL of any family", v2(0x20, 0x77, tlv), local],
  ["v2, the largest", v2(0x20, 0, Buffer.alloc(MAX_V2_REST_BYTES)), local],
];

describe("a header", () => {
  test.each(good)("%s: whole, byte by byte, with bytes behind it", (_, header, wanted) => {
    const result = { size: header.length, ...wanted };
    expect(parse(header)).toMatchObject(result);
    for (let end = 0; end < header.length; end++)
      expect(parse(header.subarray(0, end))).toBeUndefined();
    for (const behind of ["G", "GET / HTTP/1.1\r\n\r\n", "PROXY UNKNOWN\r\n", "\0\0"])
      expect(parse(Buffer.concat([header, Buffer.from(behind)]))).toMatchObject(result);
  });

  test("the longest line fits", () => {
    expect(longest.length).toBeLessThanOrEqual(MAX_V1_BYTES);
  });
});

describe("what is none", () => {
  test.each([
    "GET / HTTP/1.1\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01",
    "proxy TCP4 1.2.3.4 5.6.7.8 1 2\r\n",
    "PROXY\tTCP4 1.2.3.4 5.6.7.8 1 2\r\n",
    "PROXYTCP4",
    " PROXY UNKNOWN\r\n",
    "\r\n\r\nGET",
    "\r\n\r\n\0\r\nQUIT\r\n",
    "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n",
    "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\r\n",
    "PROXY TCP4 1.2.3.4 5.6.7.8 1 2 \r\n",
    "PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n",
    "PROXY TCP4  1.2.3.4 5.6.7.8 1 2\r\n",
    "PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n",
    "PROXY TCP4 1.2.3.4 5.6.7.8 01 2\r\n",
    "PROXY TCP4 1.2.3.4 5.6.7.8 65536 2\r\n",
    "PROXY TCP4 1.2.3.4 5.6.7.8 -1 2\r\n",
    "PROXY TCP4 1.2.3.256 5.6.7.8 1 2\r\n",
    "PROXY TCP4 1.2.3.04 5.6.7.8 1 2\r\n",
    "PROXY TCP4 ::1 ::2 1 2\r\n",
    "PROXY TCP6 1.2.3.4 5.6.7.8 1 2\r\n",
    "PROXY TCP6 ::1::1 ::2 1 2\r\n",
    "PROXY TCP6 fe80::1%1 ::2 1 2\r\n",
    "PROXY TCP5 1.2.3.4 5.6.7.8 1 2\r\n",
    "PROXY UDP4 1.2.3.4 5.6.7.8 1 2\r\n",
    "PROXY UNKNOWNX\r\n",
    "PROXY UNKNOWN a\rb\r\n",
    "PROXY \r\n",
    `PROXY UNKNOWN ${"x".repeat(MAX_V1_BYTES)}\r\n`,
    `PROXY UNKNOWN ${"x".repeat(MAX_V1_BYTES)}`,
  ])("%j", (text) => {
    expect(parse(text)).toBeTypeOf("string");
  });

  test.each([
    ["version 1 in binary", v2(0x11, 0x11, tcp4)],
    ["version 3", v2(0x31, 0x11, tcp4)],
    ["an unknown command", v2(0x22, 0x11, tcp4)],
    ["an unknown family", v2(0x21, 0x41, tcp4)],
    ["UDP", v2(0x21, 0x12, tcp4)],
    ["TCP4 too short", v2(0x21, 0x11, tcp4.subarray(1))],
    ["TCP6 with addresses of TCP4", v2(0x21, 0x21, tcp4)],
    ["UNIX too short", v2(0x21, 0x31, Buffer.alloc(215))],
    ["too large", v2(0x21, 0x11, tcp4, MAX_V2_REST_BYTES + 1)],
    ["too large, LOCAL", v2(0x20, 0x00, tlv, 0xffff)],
  ])("%s", (_, header) => {
    expect(parse(header)).toBeTypeOf("string");
  });

  test("is seen at its first byte that cannot be one", () => {
    expect([parse(""), parse("P"), parse("PR"), parse("\r\n\r\n\0")]).toEqual(
      Array.from({ length: 4 }),
    );
    for (const text of ["G", "PA", "\r\r", "\r\n\r\n\x01"])
      expect(parse(text)).toBeTypeOf("string");
  });
});

test("mutated headers: never an exception, and more bytes never change what was said", () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  const kinds = new Set<string>();
  for (let round = 0; round < 1000; round++) {
    const [, header] = good[random(good.length - 1)] ?? ["", Buffer.alloc(0)];
    const data = Buffer.concat([header, Buffer.from("GET / HTTP/1.1\r\n\r\n")]);
    for (let slips = random(4); slips > 0; slips--) data[random(header.length)] = random(256);
    let said: ReturnType<typeof parse>;
    for (let end = 0; end <= data.length; end++) {
      const now = parse(data.subarray(0, end));
      if (said !== undefined && !isDeepStrictEqual(now, said)) expect(now).toEqual(said);
      said = now;
    }
    if (typeof said === "object") expect(said.size).toBeLessThanOrEqual(data.length);
    kinds.add(typeof said);
  }
  expect([...kinds].toSorted()).toEqual(["object", "string", "undefined"]);
});
