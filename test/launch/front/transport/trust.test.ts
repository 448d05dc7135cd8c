import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { TrustedProxies } from "../../../../src/launch/front/transport/trust.ts";
import {
  defaultTrust,
  parseTrustedPeer,
  type TrustedPeer,
} from "../../../../src/settings/trust.ts";

function trust(...texts: string[]): TrustedProxies {
  return new TrustedProxies(
    texts.map((text): TrustedPeer => {
      const peer = parseTrustedPeer(text);
      if (!peer.ok) throw new Error(text);
      return peer.value;
    }),
  );
}

describe("who is trusted", () => {
  test.each([
    [["loopback"], ["127.0.0.1", "127.9.9.9", "::1"], ["", "128.0.0.1", "::2", "10.0.0.1"]],
    [["unix"], [""], ["127.0.0.1", "::1"]],
    [["*"], ["", "127.0.0.1", "8.8.8.8", "2001:db8::1"], []],
    [["10.0.0.0/8"], ["10.0.0.0", "10.255.255.255"], ["9.255.255.255", "11.0.0.0", "", "::a00:1"]],
    [["10.1.2.3"], ["10.1.2.3"], ["10.1.2.4", "10.1.2.2"]],
    [["192.168.1.128/25"], ["192.168.1.128", "192.168.1.255"], ["192.168.1.127", "192.168.2.128"]],
    [["192.168.1.77/24"], ["192.168.1.1"], ["192.168.2.1"]],
    [["0.0.0.0/0"], ["1.2.3.4"], ["::1", ""]],
    [["2001:db8::/33"], ["2001:db8:7fff::1"], ["2001:db8:8000::1", "2001:db9::1"]],
    [["fe80::/10"], ["fe80::1%eth0", "febf::1"], ["fec0::1%eth0"]],
    [
      ["10.0.0.1", "2001:db8::1"],
      ["10.0.0.1", "2001:db8::1"],
      ["10.0.0.2", "2001:db8::2"],
    ],
  ])("%j", (texts, believed, others) => {
    const trusted = trust(...texts);
    expect(believed.filter((address) => !trusted.has(address))).toEqual([]);
    expect(others.filter((address) => trusted.has(address))).toEqual([]);
  });

  test("by default whoever is on this machine", () => {
    const trusted = new TrustedProxies(defaultTrust);
    const of = (address: string) => trusted.has(address);
    expect(["", "127.0.0.1", "::1"].every(of)).toBe(true);
    expect(["10.0.0.1", "192.168.0.1", "fe80::1", "1270.0.0.1"].some(of)).toBe(false);
  });
});

describe("the peer of a connection", () => {
  const peer = (remoteAddress: string | undefined, local: boolean, ...texts: string[]) => {
    const socket = { remoteAddress, remotePort: 7 } as unknown as Socket;
    return trust(...texts).peerOf(socket, { port: "80", local });
  };

  test("IPv4 on an IPv6 socket is IPv4", () => {
    expect(peer("::ffff:10.0.0.1", false, "10.0.0.1")).toEqual({
      ...{ address: "10.0.0.1", port: "7", serverAddress: "", serverPort: "80", trusted: true },
    });
    expect(peer("::ffff:127.0.0.1", false, "loopback").trusted).toBe(true);
  });

  test("a TCP client that is gone has no address, and is not taken for a Unix socket's", () => {
    expect(peer(undefined, false, "unix").trusted).toBe(false);
    expect(peer(undefined, false, "*").trusted).toBe(false);
    expect(peer(undefined, true, "unix").trusted).toBe(true);
  });
});

describe("the client in X-Forwarded-For", () => {
  const trusted = trust("loopback", "10.0.0.0/8", "2001:db8::/32", "unix");

  test.each([
    ["1.1.1.1", "127.0.0.1", "1.1.1.1"],
    ["6.6.6.6, 1.1.1.1", "127.0.0.1", "1.1.1.1"],
    ["6.6.6.6, 1.1.1.1, 10.0.0.1,10.0.0.2", "127.0.0.1", "1.1.1.1"],
    ["1.1.1.1", "8.8.8.8", "8.8.8.8"],
    ["10.0.0.9, 10.0.0.1", "127.0.0.1", "10.0.0.9"],
    ["", "127.0.0.1", "127.0.0.1"],
    ["unknown", "127.0.0.1", "127.0.0.1"],
    ["1.1.1.1, unknown", "127.0.0.1", "127.0.0.1"],
    ["1.1.1.1, unknown, 10.0.0.1", "127.0.0.1", "10.0.0.1"],
    ["1.1.1.1\n evil", "127.0.0.1", "127.0.0.1"],
    ["1.1.1.1:4711", "127.0.0.1", "1.1.1.1"],
    ["[2001:db9::1]:4711", "127.0.0.1", "2001:db9::1"],
    ["[2001:db9::1]", "127.0.0.1", "2001:db9::1"],
    ["2001:db9::1, 2001:db8::1", "::1", "2001:db9::1"],
    ["::ffff:1.1.1.1", "127.0.0.1", "1.1.1.1"],
    ["1.1.1.1", "", "1.1.1.1"],
    [",,1.1.1.1", "127.0.0.1", "1.1.1.1"],
    ["1.1.1.1,", "127.0.0.1", "127.0.0.1"],
  ])("%j from %s is %s", (value, peer, client) => {
    expect(trusted.clientOf(value, peer)).toBe(client);
  });

  test("a value of nothing but commas ends", () => {
    expect(trusted.clientOf(",".repeat(30_000), "127.0.0.1")).toBe("127.0.0.1");
    expect(trusted.clientOf("10.0.0.1,".repeat(3_000), "127.0.0.1")).toBe("127.0.0.1");
  });
});
