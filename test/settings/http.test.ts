/** The options of HTTP: what their values come to, and what is said about them. */
import { describe, expect, test } from "vitest";
import { knownOption } from "../../src/settings/inventory.ts";
import { rulesFor, settled, sound } from "./settled.ts";

function http(...lines: string[]) {
  const { settings, said } = settled([...sound, ...lines].join("\n"));
  expect(said).toEqual([]);
  return settings.http;
}

describe("values", () => {
  test("where nothing is said", () => {
    expect(http()).toEqual({
      trusted: [{ kind: "unix" }, { kind: "loopback" }],
      ...{ proxyProtocol: false, routerProxyProtocol: false, autoGzip: false },
      ...{ keepalive: 0, timeout: 0, headersTimeout: 0, socketTimeout: 0, expectLimit: 0 },
      ...{ hostAsServerName: false, addHeaders: [], remHeaders: [], logForwardedFor: false },
    });
  });

  test.each([
    ["http-keepalive = 180", { keepalive: 180 }],
    ["http-keepalive = +9", { keepalive: 9 }],
    ["http-keepalive = 1", { keepalive: 0 }],
    ["http-keepalive = true", { keepalive: 0 }],
    ["http-timeout = 300", { timeout: 300 }],
    ["http-timeout = 0", { timeout: 0 }],
    ["http-headers-timeout = 5", { headersTimeout: 5 }],
    ["socket-timeout = 4", { socketTimeout: 4 }],
    ["http-manage-expect = 1000", { expectLimit: 1000 }],
    ["http-manage-expect = 1", { expectLimit: 0 }],
    ["http-manage-expect = true", { expectLimit: 0 }],
    ["http-auto-gzip = true", { autoGzip: true }],
    ["http-server-name-as-http-host = true", { hostAsServerName: true }],
    ["enable-proxy-protocol = true", { proxyProtocol: true }],
    ["http-enable-proxy-protocol = true", { routerProxyProtocol: true }],
    ["log-x-forwarded-for = true", { logForwardedFor: true }],
    ["rem-header = X-Powered-By\ndel-header = ETag", { remHeaders: ["x-powered-by", "etag"] }],
    ["add-header = X-A:1\nadd-header = X-B:  two: 2 ", { addHeaders: ["X-A: 1", "X-B: two: 2"] }],
    ["add-header = X-Empty:", { addHeaders: ["X-Empty: "] }],
  ])("%j", (lines, wanted) => {
    const line =
      lines.startsWith("enable-") || lines.startsWith("http-enable-") ? "trusted-proxy = unix" : "";
    expect(http(lines, line)).toMatchObject(wanted);
  });

  test("trusted-proxy takes the place of the default, and adds up", () => {
    expect(http("trusted-proxy = 10.0.0.0/8", "trusted-proxy = unix").trusted).toEqual([
      { kind: "network", family: 4, address: "10.0.0.0", prefix: 8 },
      { kind: "unix" },
    ]);
  });
});

describe("what is wrong with a value", () => {
  test.each([
    ["trusted-proxy = proxy.example", "error invalid-value"],
    ["trusted-proxy = 10.0.0.0/40", "error invalid-value"],
    ["trusted-proxy = *", "warning trusts-everybody"],
    ["trusted-proxy = 0.0.0.0/0", "warning trusts-everybody"],
    ["http-keepalive = 30s", "error invalid-value"],
    ["http-keepalive = -1", "error invalid-value"],
    ["http-keepalive = 2147484", "error invalid-value"],
    ["http-keepalive = 0", "warning no-effect"],
    ["http-keepalive = off", "warning no-effect"],
    ["http-timeout = true", "error not-a-number"],
    ["http-timeout = 60s", "error unit-suffix"],
    ["http-timeout = -1", "error out-of-range"],
    ["http-timeout = 2147484", "error out-of-range"],
    ["socket-timeout = 0", "error out-of-range"],
    ["http-manage-expect = 1m", "error invalid-value"],
    ["add-header = X-Frame-Options", "error invalid-value"],
    ["add-header = X Frame: a", "error invalid-value"],
    ["add-header = X-A : a", "error invalid-value"],
    ["add-header = X-A: a\tb\u0007", "error invalid-value"],
    ["add-header = Content-Length: 3", "error invalid-value"],
    ["add-header = transfer-encoding: chunked", "error invalid-value"],
    ["rem-header = X-A: a", "error invalid-value"],
    ["enable-proxy-protocol = true", "warning trusts-nobody"],
    ["http-enable-proxy-protocol = true", "warning trusts-nobody"],
    ["http-timeout = 20\nharakiri = 30\nmaster = true", "warning timeout-below-harakiri"],
  ])("%j", (lines, rule) => {
    expect(rulesFor(lines)).toEqual([rule]);
  });

  test.each([
    "http-timeout = 20\nharakiri = 20\nmaster = true",
    "http-timeout = 20",
    "harakiri = 30\nmaster = true",
    "enable-proxy-protocol = true\ntrusted-proxy = 10.0.0.1",
  ])("nothing: %j", (lines) => {
    expect(rulesFor(lines)).toEqual([]);
  });

  test("a tab in an added field is one of its characters", () => {
    // Kept out with the control characters: a proxy may refuse it, and nobody needs it.
    expect(rulesFor("add-header = X-A: a\tb")).toEqual(["error invalid-value"]);
  });

  test("each has its place", () => {
    const { said, helps } = settled(
      [...sound, "trusted-proxy = nobody", "add-header = X", "http-keepalive = x"].join("\n"),
    );
    expect(said.map((line) => line.split(" ")[0])).toEqual([
      "app.ini:3:17",
      "app.ini:4:14",
      "app.ini:5:18",
    ]);
    expect(helps).toEqual([
      "write one address, network or word on each line",
      expect.stringContaining("X-Frame-Options"),
      expect.stringContaining("plain number"),
    ]);
  });
});

describe("options of the router without one", () => {
  const socketOnly = (line: string) =>
    settled(["http-socket = 127.0.0.1:8080", "module = app", line].join("\n"));

  test.each([
    ["http-timeout = 20", "write `socket-timeout`"],
    ["http-headers-timeout = 20", "write `socket-timeout`"],
    ["http-keepalive = 20", "take it out"],
    ["http-manage-expect = 20", "write `limit-post`"],
    ["http-auto-gzip = true", "write `http` for the socket"],
    ["http-server-name-as-http-host = true", "write `http` for the socket"],
    ["http-enable-proxy-protocol = true", "write `enable-proxy-protocol`"],
  ])("%s", (line, help) => {
    const { said, helps } = socketOnly(line);
    expect(said).toEqual([expect.stringMatching(/^app.ini:3:\d+ warning no-effect: /)]);
    expect(helps).toEqual([help]);
  });

  test("that are off, or for all sockets, are no fault", () => {
    for (const line of ["http-auto-gzip = false", "socket-timeout = 20", "add-header = A: b"])
      expect(socketOnly(line).said).toEqual([]);
  });
});

test.each([
  ["http-connect-timeout", "moot"],
  ["http-buffer-size", "moot"],
  ["http-auto-chunked", "moot"],
  ["http-chunked-input", "moot"],
  ["http-websockets", "use a server with WebSockets for these paths"],
  ["http-raw-body", "use a server with WebSockets for these paths"],
  ["http-to", "leave it out: requests go to this server's own workers"],
  ["http-var", "set it in the application, or in the environment with `env`"],
  ["http-harakiri", "write `harakiri`, which limits how long a request may take"],
  ["http-stats", "write `stats`"],
  ["http-stud-prefix", "write `http-enable-proxy-protocol`, and let the TLS proxy send that"],
  ["chunked-input-timeout", "write `socket-timeout`, or `http-timeout` for sockets of `http`"],
])("%s: %s", (name, what) => {
  const option = knownOption(name);
  expect(option?.status === "moot" ? "moot" : option?.refusal?.remedy).toBe(what);
});
