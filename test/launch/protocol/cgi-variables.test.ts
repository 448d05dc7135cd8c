import { describe, expect, test } from "vitest";
import { CgiVariables } from "../../../src/launch/protocol/cgi-variables.ts";
import { readPacket } from "../../../src/launch/protocol/uwsgi.ts";
import { packet, requestVars, type UwsgiVars } from "../../helpers/uwsgi-client.ts";
import { environOf } from "./gateway-bytes.ts";

const variables = new CgiVariables();

function read(vars: UwsgiVars): Record<string, string> | undefined {
  return readPacket(packet(vars).subarray(4), variables) ? environOf(variables) : undefined;
}

describe("variables", () => {
  test("become the environ, bytes as latin-1", () => {
    const environ = read(requestVars("/p?q", { HTTP_COOKIE: "caf\u00e9", X: "y".repeat(300) }));
    expect(environ).toMatchObject({
      PATH_INFO: "/p",
      HTTP_COOKIE: "caf\u00e9",
      X: "y".repeat(300),
    });
    expect(variables).toMatchObject({
      ...{ method: "GET", uri: "/p?q", path: "/p", protocol: "HTTP/1.1" },
      ...{ remoteAddress: "127.0.0.1", contentLength: -1 },
    });
  });

  test("that WSGI relies on are added where they are missing", () => {
    expect(read([["A", "b"]])).toEqual({
      ...{ A: "b", REQUEST_METHOD: "GET", PATH_INFO: "", QUERY_STRING: "" },
      ...{ SERVER_PROTOCOL: "HTTP/1.0", SERVER_PORT: "80" },
    });
    expect([variables.has("A"), variables.has("PATH_INFO")]).toEqual([true, false]);
  });

  test("of the request before are forgotten", () => {
    read(requestVars("/", { CONTENT_LENGTH: "7", HTTPS: "on", REMOTE_ADDR: "192.0.2.1" }));
    expect(variables.contentLength).toBe(7);
    expect(read([["A", "b"]])).not.toHaveProperty("wsgi.url_scheme");
    expect([variables.contentLength, variables.remoteAddress, variables.has("HTTPS")]).toEqual([
      -1,
      "",
      false,
    ]);
  });

  test.each([
    [{ HTTPS: "on" }, "https"],
    [{ HTTPS: "1" }, "https"],
    [{ HTTPS: "" }, undefined],
    [{ HTTPS: "off" }, undefined],
    [{ UWSGI_SCHEME: "https" }, "https"],
    [{ UWSGI_SCHEME: "http" }, undefined],
  ])("tell the scheme: %j", (vars, scheme) => {
    expect(read(Object.entries(vars))?.["wsgi.url_scheme"]).toBe(scheme);
  });

  test("cannot be WSGI's own, a proxy for libraries, said twice by nginx, or without a name", () => {
    const environ = read([
      ["HTTP_CONTENT_TYPE", "x"],
      ["HTTP_CONTENT_LENGTH", "x"],
      ["wsgi.input", "x"],
      ["HTTP_PROXY", "http://evil"],
      ["", "x"],
      ["A", "b"],
    ]);
    expect(Object.keys(environ ?? {}).filter((name) => /^$|\.|PROXY|CONTENT/.test(name))).toEqual(
      [],
    );
  });

  test.each([
    [
      [
        ["CONTENT_LENGTH", "5"],
        ["CONTENT_LENGTH", "5"],
      ],
      5,
    ],
    [[["CONTENT_LENGTH", ""]], -1],
    [[["CONTENT_LENGTH", "0"]], 0],
    [
      [
        ["CONTENT_LENGTH", "5"],
        ["CONTENT_LENGTH", "6"],
      ],
      6,
    ],
    [
      [
        ["CONTENT_LENGTH", "5"],
        ["CONTENT_LENGTH", ""],
      ],
      -1,
    ],
    [[["CONTENT_LENGTH", "+5"]], undefined],
    [[["CONTENT_LENGTH", "5 "]], undefined],
    [[["CONTENT_LENGTH", "9999999999999999"]], undefined],
  ] as const)("%j have a length of %s", (vars, length) => {
    const taken = read(vars) !== undefined;
    expect(taken ? variables.contentLength : undefined).toBe(length);
  });
});

test.each([
  ["a name that ends too early", Buffer.from("\x05\x00AB", "latin1")],
  ["a value that ends too early", Buffer.from("\x01\x00A\x09\x00b", "latin1")],
  ["half a length", Buffer.from("\x01\x00A\x01", "latin1")],
  ["a byte too many", Buffer.from("\x01\x00A\x01\x00b\x00", "latin1")],
])("a uwsgi block with %s is refused", (_, block) => {
  expect(readPacket(block, variables)).toBe(false);
});
