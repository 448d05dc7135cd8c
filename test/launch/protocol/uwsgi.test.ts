/** uwsgi packets, each whole, byte by byte and with trailing bytes. */
import { describe, expect, test } from "vitest";
import { deliveries } from "../../helpers/delivery.ts";
import { packet } from "../../helpers/uwsgi-client.ts";
import { type Read, readPacket } from "./readers.ts";

type Pair = readonly [name: string, value: string];

/** What every environ has that the peer did not send. */
const USUAL = {
  ...{ REQUEST_METHOD: "GET", PATH_INFO: "", QUERY_STRING: "" },
  ...{ SERVER_PROTOCOL: "HTTP/1.0", SERVER_PORT: "80" },
};

function everyWay(bytes: Buffer, check: (read: Read, how: string) => void): void {
  for (const { name, pieces } of deliveries(bytes, Buffer.from("hello")))
    check(readPacket(pieces), name);
}

/** A packet whose block is these bytes. */
function block(text: string): Buffer {
  const bytes = packet([], 0, 0, text.length);
  return Buffer.concat([bytes, Buffer.from(text, "latin1")]);
}

describe("a packet becomes an environ", () => {
  test.each<[string, readonly Pair[], Record<string, string>, number]>([
    ["with nothing in it", [], {}, -1],
    [
      "with variables",
      [
        ["A", "1"],
        ["B", ""],
      ],
      { A: "1", B: "" },
      -1,
    ],
    ["with bytes beyond ASCII", [["PATH_INFO", "/\xc3\xa9"]], { PATH_INFO: "/\xc3\xa9" }, -1],
    ["with long values", [["A", "x".repeat(60_000)]], { A: "x".repeat(60_000) }, -1],
    ["with a length", [["CONTENT_LENGTH", "5"]], { CONTENT_LENGTH: "5" }, 5],
    ["with an empty length", [["CONTENT_LENGTH", ""]], { CONTENT_LENGTH: "" }, -1],
    [
      "with a length twice: the later",
      [
        ["CONTENT_LENGTH", "5"],
        ["CONTENT_LENGTH", "7"],
      ],
      { CONTENT_LENGTH: "7" },
      7,
    ],
    [
      "with a length taken back",
      [
        ["CONTENT_LENGTH", "5"],
        ["CONTENT_LENGTH", ""],
      ],
      { CONTENT_LENGTH: "" },
      -1,
    ],
    [
      "with any variable twice: the later",
      [
        ["A", "1"],
        ["A", "2"],
      ],
      { A: "2" },
      -1,
    ],
    ["without HTTP_PROXY", [["HTTP_PROXY", "evil"]], {}, -1],
    [
      "without what is WSGI's",
      [
        ["wsgi.input", "x"],
        ["wsgi.url_scheme", "x"],
      ],
      {},
      -1,
    ],
    ["without names of nothing", [["", "x"]], {}, -1],
    ["over https", [["HTTPS", "on"]], { HTTPS: "on", "wsgi.url_scheme": "https" }, -1],
    ["not over https", [["HTTPS", "off"]], { HTTPS: "off" }, -1],
  ])("%s", (_name, vars, environ, contentLength) => {
    const bytes = packet(vars);
    everyWay(bytes, (read, how) => {
      expect({ how, ...read }).toMatchObject({
        how,
        kind: "read",
        end: bytes.length,
        what: { contentLength },
      });
      if (read.kind === "read")
        expect(read.what).toHaveProperty("environ", { ...USUAL, ...environ });
    });
  });

  test("and tells what the server itself needs", () => {
    const vars: Pair[] = [
      ["REQUEST_METHOD", "PUT"],
      ["REQUEST_URI", "/a?b"],
      ["PATH_INFO", "/a"],
      ["SERVER_PROTOCOL", "HTTP/1.1"],
      ["REMOTE_ADDR", "192.0.2.1"],
    ];
    everyWay(packet(vars, 30, 2), (read) => {
      expect(read).toMatchObject({
        what: {
          ...{ method: "PUT", uri: "/a?b", path: "/a", protocol: "HTTP/1.1" },
          ...{ remoteAddress: "192.0.2.1", head: { modifier1: 30, modifier2: 2 } },
        },
      });
    });
  });
});

describe("a packet is refused", () => {
  test.each([
    ["with half of a length", "\x01"],
    ["with a name beyond the end", "\x05\0A"],
    ["with a name and no value", "\x01\0A"],
    ["with half of a value's length", "\x01\0A\x01"],
    ["with a value beyond the end", "\x01\0A\x02\0B"],
    ["with a byte behind the last value", "\x01\0A\x01\0Bx"],
    ["with the greatest lengths", "\xff\xffA"],
    ...["+5", "-5", "0x5", "5,5", " 5", "5 ", "99999999999999999999", "\xb2"].map((value) => [
      `with the length ${JSON.stringify(value)}`,
      `\x0e\0CONTENT_LENGTH${String.fromCharCode(value.length)}\0${value}`,
    ]),
  ])("%s", (_name, text) => {
    everyWay(block(text ?? ""), (read, how) =>
      expect({ how, ...read }).toEqual({ how, kind: "refused", why: 400 }),
    );
  });
});

test("half a packet is waited for", () => {
  const bytes = packet([["A", "1"]]);
  for (let length = 0; length < bytes.length; length++) {
    expect(readPacket([bytes.subarray(0, length)])).toEqual({ kind: "more" });
  }
});
