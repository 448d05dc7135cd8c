import { describe, expect, test } from "vitest";
import { formatAddress, parseAddress, parseListenAddress } from "../../src/options/address.ts";

describe("parseAddress", () => {
  test.each([
    ["127.0.0.1:3031", { kind: "tcp", host: "127.0.0.1", port: 3031, family: 4 }],
    [":8080", { kind: "tcp", host: "0.0.0.0", port: 8080, family: 4 }],
    ["*:80", { kind: "tcp", host: "0.0.0.0", port: 80, family: 4 }],
    ["localhost:0", { kind: "tcp", host: "localhost", port: 0, family: 4 }],
    ["my_app.internal.:65535", { kind: "tcp", host: "my_app.internal.", port: 65535, family: 4 }],
    ["[::1]:80", { kind: "tcp", host: "::1", port: 80, family: 6 }],
    ["[::ffff:10.0.0.1]:80", { kind: "tcp", host: "::ffff:10.0.0.1", port: 80, family: 6 }],
    ["/run/app.sock", { kind: "unix", path: "/run/app.sock" }],
    ["app.sock", { kind: "unix", path: "app.sock" }],
    ["8080", { kind: "unix", path: "8080" }],
    ["@app", { kind: "abstract", name: "app" }],
    ["\\0app", { kind: "abstract", name: "app" }],
  ])("reads %s", (text, value) => {
    expect(parseAddress(text)).toEqual({ ok: true, value });
  });

  test.each([
    ["", "an address"],
    [":", "a port"],
    ["a:b", "a port"],
    ["127.0.0.1:99999", "a port from 0 to 65535"],
    ["127.0.0.1:-1", "a port"],
    [":3031 ; c", "a port"],
    [":3031 ", "a port"],
    ["::1:80", "in brackets: `[::1]:80`"],
    ["[host]:80", "an IPv6 address"],
    ["/run/app:80", "a host name"],
    ["127.0.0.1:*", "a port"],
    ["256.0.0.1:80", "a host name"],
    ["-x:80", "a host name"],
    ["=0", "no shared socket"],
    ["192.*:80", "a host name"],
    ["fd://3", "scheme"],
    ["@", "a name"],
    ["a\0b", "without NUL"],
    [`/${"é".repeat(54)}`, "at most 107 bytes (this one has 109)"],
  ])("refuses %j", (text, what) => {
    const result = parseAddress(text);
    expect(result.ok ? "" : result.expected).toContain(what);
  });

  test("takes a path of exactly 107 bytes", () => {
    expect(parseAddress(`/${"x".repeat(106)}`).ok).toBe(true);
    expect(parseAddress(`/${"x".repeat(107)}`).ok).toBe(false);
  });

  test("takes no time over long text", () => {
    expect(parseAddress(`${"a-".repeat(50_000)}:80`).ok).toBe(false);
    expect(parseAddress(`${"a.".repeat(120)}!:80`).ok).toBe(false);
  });
});

test.each([":80", "[::1]:80", "h:1", "/a/b", "@c"])("formatAddress of %s reads back", (text) => {
  const first = parseAddress(text);
  if (!first.ok) throw new Error(first.expected);
  expect(parseAddress(formatAddress(first.value))).toEqual(first);
});

describe("parseListenAddress", () => {
  test.each([
    ["127.0.0.1:80", { kind: "tcp", host: "127.0.0.1", port: 80, family: 4 }],
    ["@a", { kind: "abstract", name: "a" }],
    ["192.*:80", { kind: "tcp", host: "192.*", port: 80, family: 4 }],
    ["10.0.0.*:0", { kind: "tcp", host: "10.0.0.*", port: 0, family: 4 }],
    ["fd://3", { kind: "fd", fd: 3 }],
    ["fd://0", { kind: "fd", fd: 0 }],
  ])("reads %s", (text, value) => {
    expect(parseListenAddress(text)).toEqual({ ok: true, value });
    expect(formatAddress(value as Parameters<typeof formatAddress>[0])).toBe(text);
  });

  test.each([
    ["fd://", "a file descriptor's number"],
    ["fd://3x", "a file descriptor's number"],
    ["fd://-1", "a file descriptor's number"],
    ["192*:80", "a host name"],
    ["192.*.1:80", "a host name"],
    ["192.*:99999", "a port"],
    ["192.*:*", "a port"],
    ["", "an address"],
  ])("refuses %j", (text, what) => {
    const result = parseListenAddress(text);
    expect(result.ok ? "" : result.expected).toContain(what);
  });
});
