import { describe, expect, test } from "vitest";
import { Flag } from "../../../src/launch/protocol/frame.ts";
import { editHead } from "../../../src/launch/routing/edit-head.ts";
import { cleanPath } from "../../../src/launch/routing/rewrite-path.ts";
import { routeScope } from "../../../src/launch/routing/scope.ts";
import { splitPath } from "../../../src/launch/routing/script-name.ts";
import { httpHead, uwsgiPacket } from "../../../src/launch/routing/upstream-request.ts";
import { AnswerReader } from "../../../src/launch/routing/upstream-response.ts";

/** What a reader makes of an answer, byte by byte or all at once. */
function read(text: string, step: number, headOnly = false) {
  const reader = new AnswerReader(headOnly);
  const seen = { status: 0, flags: 0, head: "", body: "", sound: true, whole: false };
  const bytes = Buffer.from(text, "latin1");
  for (let at = 0; at < bytes.length && seen.sound; at += step) {
    seen.sound = reader.push(bytes.subarray(at, at + step), {
      head: (status, flags, head) =>
        Object.assign(seen, { status, flags, head: head.toString("latin1") }),
      body: (part) => {
        seen.body += part.toString("latin1");
      },
    });
  }
  return { ...seen, whole: reader.end() };
}

describe.each([1, 7, 10_000])("an answer in pieces of %i bytes", (step) => {
  test("with a length", () => {
    const seen = read(
      "HTTP/1.0 200 OK\r\nContent-Length: 3\r\nX:  y\r\nDate: d\r\nConnection: close\r\n\r\nabcdef",
      step,
    );
    expect(seen).toMatchObject({
      status: 200,
      flags: Flag.length | Flag.date,
      body: "abc",
      sound: true,
      whole: true,
    });
    expect(seen.head).toBe("200 OK\r\nContent-Length: 3\r\nX:  y\r\nDate: d\r\n");
  });

  test("in chunks, after another that is none yet", () => {
    const text =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 \r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
    expect(read(text, step)).toMatchObject({ status: 201, body: "abc", sound: true, whole: true });
    expect(read(text.slice(0, -3), step)).toMatchObject({ sound: true, whole: false });
  });

  test("up to the end, and cut short", () => {
    expect(read("HTTP/1.1 200 OK\r\n\r\nabc", step)).toMatchObject({ body: "abc", whole: true });
    expect(read("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc", step)).toMatchObject({
      body: "abc",
      whole: false,
    });
    expect(read("HTTP/1.1 200 OK\r\n", step)).toMatchObject({ status: 0, whole: false });
  });

  test("to a HEAD has no body", () => {
    expect(read("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", step, true)).toMatchObject({
      whole: true,
      body: "",
    });
  });

  test.each([
    "HTTP/2 200 OK\r\n\r\n",
    "HTTP/1.1 101 Switching\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
    "HTTP/1.1 200 OK\r\nBad Name: x\r\n\r\n",
    "HTTP/1.1 200 OK\r\n folded\r\n\r\n",
    `HTTP/1.1 200 OK\r\nX: ${"x".repeat(70_000)}\r\n\r\n`,
    "HTTP/1.1 100 C\r\n\r\n".repeat(10),
  ])("is refused: %j", (text) => {
    expect(read(text, step).sound).toBe(false);
  });
});

test("an HTTP request drops what a client must not pass on", () => {
  const vars = new Map(
    Object.entries({
      REQUEST_METHOD: "POST",
      REQUEST_URI: "/a b\r\nX: y",
      HTTP_HOST: "a",
      HTTP_CONNECTION: "close, X-Hop",
      HTTP_X_HOP: "1",
      HTTP_X_EVIL: "1\r\nY: 2",
      HTTP_UPGRADE: "h2c",
      CONTENT_TYPE: "text/plain",
      CONTENT_LENGTH: "3",
      REMOTE_ADDR: "1.2.3.4",
    }),
  );
  expect(httpHead(vars, { host: undefined, uri: undefined }, "length")?.toString()).toBe(
    "POST /a%20b%0D%0AX:%20y HTTP/1.0\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n" +
      "Connection: close\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n",
  );
  vars.set("REQUEST_METHOD", "A B");
  expect(httpHead(vars, { host: undefined, uri: undefined }, "none")).toBe(undefined);
});

test("a uwsgi packet has the variables, if they fit", () => {
  const packet = uwsgiPacket(
    new Map([
      ["A", "\xe9"],
      ["wsgi.url_scheme", "https"],
    ]),
    5,
    6,
  );
  expect(packet).toEqual(Buffer.from([5, 6, 0, 6, 1, 0, 0x41, 1, 0, 0xe9]));
  expect(uwsgiPacket(new Map([["A", "x".repeat(70_000)]]), 0, 0)).toBe(undefined);
});

test.each([
  ["/a/./b/../c", "/a/c"],
  ["/../../x", "/x"],
  ["/a/..", "/"],
  ["/a/.", "/a/"],
  ["/%2e%2e/x", "/../x"],
  ["/a%20b#c", "/a b"],
  ["x/y", "x/y"],
])("%s is cleaned to %s", (text, path) => {
  expect(cleanPath(text)).toBe(path);
});

test.each([
  ["/a/b/c", "/a/b", "/c"],
  ["/a", "/a", ""],
  ["/ab", undefined, undefined],
  ["/s/x", "/s/", "x"],
  ["/", undefined, undefined],
])("%s is split at %s", (path, scriptName, pathInfo) => {
  const split = splitPath(path, ["/a", "/", "/a/b", "/s/"]);
  expect([split?.scriptName, split?.pathInfo]).toEqual([scriptName, pathInfo]);
});

test("fields are added and taken away, and the frame's flags follow", () => {
  const world = { now: () => 0 } as Parameters<typeof routeScope>[1];
  const scope = routeScope(new Map(), world);
  const head = Buffer.from("200 OK\r\nA: 1\r\nContent-Length: 3\r\nServer: x\r\n");
  const given = { head, flags: Flag.length | Flag.server };
  expect(editHead(given, scope)).toBe(given);
  scope.added.push("B: 2", "no field", "C: x\r\nD: 4", "Connection: close", "Date: now");
  scope.removed.add("content-length").add("a");
  const edited = editHead(given, scope);
  expect(edited.head.toString()).toBe("200 OK\r\nServer: x\r\nB: 2\r\nDate: now\r\n");
  expect(edited.flags).toBe(Flag.server | Flag.date);
});
