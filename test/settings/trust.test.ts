import { expect, test } from "vitest";
import { parseTrustedPeer, trustsEverybody } from "../../src/settings/trust.ts";

test.each([
  ["*", { kind: "any" }],
  ["unix", { kind: "unix" }],
  ["loopback", { kind: "loopback" }],
  ["10.0.0.1", { kind: "network", family: 4, address: "10.0.0.1", prefix: 32 }],
  ["10.0.0.0/8", { kind: "network", family: 4, address: "10.0.0.0", prefix: 8 }],
  ["0.0.0.0/0", { kind: "network", family: 4, address: "0.0.0.0", prefix: 0 }],
  ["2001:db8::1", { kind: "network", family: 6, address: "2001:db8::1", prefix: 128 }],
  ["2001:db8::/32", { kind: "network", family: 6, address: "2001:db8::", prefix: 32 }],
])("%s", (text, value) => {
  expect(parseTrustedPeer(text)).toEqual({ ok: true, value });
});

test.each([
  ["", "an IP address"],
  ["proxy.example", "an IP address"],
  ["10.0.0.0/8, 10.1.0.0/16", "after the `/`"],
  ["10.0.0.256", "an IP address"],
  ["10.0.0", "an IP address"],
  ["010.0.0.1", "an IP address"],
  ["10.0.0.0/33", "from 0 to 32"],
  ["10.0.0.0/", "from 0 to 32"],
  ["10.0.0.0/8/8", "from 0 to 32"],
  ["10.0.0.0/-1", "from 0 to 32"],
  ["::/129", "from 0 to 128"],
  ["fe80::1%eth0", "an IP address"],
  ["::ffff:10.0.0.1", "without `::ffff:`"],
  ["127.0.0.1:80", "an IP address"],
])("%s is refused", (text, what) => {
  expect(parseTrustedPeer(text)).toEqual({
    ok: false,
    expected: expect.stringContaining(what),
  });
});

test.each([
  ["*", true],
  ["::/0", true],
  ["0.0.0.0/0", true],
  ["10.0.0.0/8", false],
  ["unix", false],
])("%s is everybody: %s", (text, everybody) => {
  const peer = parseTrustedPeer(text);
  expect(peer.ok && trustsEverybody(peer.value)).toBe(everybody);
});
