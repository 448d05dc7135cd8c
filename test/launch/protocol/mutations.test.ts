/**
 * Valid input of every parser with bytes changed, lost, repeated: nothing throws or hangs, what is read does not
 * depend on how it came, and memory does not grow. `DIFFERENTIAL_SEED` and `DIFFERENTIAL_RUNS` choose
 * other cases, and more.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { FRAME_HEADER, Kind, writeHeader } from "../../../src/launch/protocol/frame.ts";
import { VALID, WORDS } from "../../conformance-http/words.ts";
import { single } from "../../helpers/delivery.ts";
import { mutate, Random, runs, seed, shrink } from "../../helpers/random.ts";
import { packet, requestVars } from "../../helpers/uwsgi-client.ts";
import {
  type Read,
  type Reader,
  readChunked,
  readFrames,
  readHead,
  readPacket,
} from "./readers.ts";

const CHUNKED = [
  "5\r\nhello\r\n0\r\n\r\n",
  '00A;x="y"\r\n0123456789\r\n1\r\na\r\n0;z\r\nT: 1\r\nU: 2\r\n\r\n',
  "0\r\n\r\n",
];
const PACKETS = [
  packet(requestVars("/a?b")),
  packet(requestVars("/", { REQUEST_METHOD: "POST", CONTENT_LENGTH: "5", HTTPS: "on" })),
  packet(
    [
      ["HTTP_X", "\xe9".repeat(300)],
      ["", ""],
      ["wsgi.input", "x"],
      ["HTTP_PROXY", "x"],
    ],
    30,
    1,
  ),
];
const SIZES = [
  "\0\0",
  "\xff\xff",
  "\x01\0",
  "\0\x01",
  "\x04\0HTTP",
  "\x0e\0CONTENT_LENGTH\x01\x005",
];

function frame(kind: number, flags: number, payload: string, part = 0): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(FRAME_HEADER), Buffer.from(payload, "latin1")]);
  writeHeader(bytes, payload.length, kind, flags, part);
  bytes.writeUInt16LE(200, 6);
  return bytes;
}
const FRAMES = Buffer.concat([
  frame(Kind.hello, 0, "{}"),
  frame(Kind.answer, 5, "200 OK\r\nbody", 8),
  frame(Kind.skipped, 0, ""),
  frame(Kind.answer, 0, "404 No\r\n", 8),
  frame(Kind.data, 1, "more of it"),
]);
const KINDS = Object.values(Kind).map((kind) => `\0\0\0\0${String.fromCharCode(kind)}`);

/** Name, how many of its 100,000 cases, the parser, and what is changed into what. */
const parsers: [string, number, Reader, readonly Buffer[], readonly string[]][] = [
  ["heads", 40_000, readHead, VALID, WORDS],
  ["chunked bodies", 20_000, readChunked, CHUNKED.map((text) => Buffer.from(text)), WORDS],
  ["uwsgi packets", 20_000, readPacket, PACKETS, SIZES],
  ["frames of a core", 20_000, readFrames, [FRAMES], [...KINDS, ...SIZES, "\0\0\0\0"]],
];

/** Ways to cut bytes: by turns whole, single, and at random places. */
function cut(random: Random, bytes: Buffer): Buffer[] {
  if (random.once(32)) return single(bytes);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + random.below(bytes.length);
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}

/** Of two faults in a head either may be named: a bare LF is told before the head's end has come. */
function isSame(one: Read, other: Read): boolean {
  if (one.kind === "refused" && typeof one.why === "number") return other.kind === "refused";
  return JSON.stringify(one) === JSON.stringify(other);
}

test.each(parsers)(
  "changed %s, %d of them",
  async (name, usual, read, valid, words) => {
    const random = new Random(seed + name.length);
    const count = { more: 0, refused: 0, read: 0 };
    for (let left = runs(usual); left > 0; left--) {
      const bytes = mutate(random, random.pick(valid), words);
      const whole = read([bytes]);
      const pieces = read(cut(random, bytes));
      count[whole.kind]++;
      if (isSame(whole, pieces)) continue;
      const least = await shrink(
        bytes,
        (smaller) => !isSame(read([smaller]), read(single(smaller))),
      );
      expect({ bytes: least.toString("latin1"), ...read(single(least)) }).toEqual(read([least]));
      expect(pieces).toEqual(whole);
    }
    // Both must happen, or the changes are too many or too few.
    expect(Math.min(count.refused, count.read)).toBeGreaterThan(runs(usual) / 100);
  },
  3_600_000,
);

test("memory does not grow by what was read", () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const used = () => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const random = new Random(seed);
  const round = () => {
    for (const [, , read, valid, words] of parsers) {
      for (let n = 0; n < 5000; n++) read([mutate(random, random.pick(valid), words)]);
      // Names that nobody has had before.
      for (let n = 0; n < 500; n++) {
        readHead([
          Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\nX-${random.below(2 ** 31)}: 1\r\n\r\n`),
        ]);
      }
    }
  };
  round();
  const before = used();
  round();
  expect(used() - before).toBeLessThan(4 * 1024 * 1024);
});

test("a length that lies makes no parser take memory for it", () => {
  const huge = Buffer.from("\xff\xff\xff\x7f", "latin1");
  const answer = Buffer.concat([huge, Buffer.from([Kind.answer, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0])]);
  const before = process.memoryUsage().arrayBuffers;
  readFrames([answer, Buffer.from("x")]);
  readPacket([Buffer.from([0, 0xff, 0xff, 0]), Buffer.from("x")]);
  readChunked([Buffer.from("ffffffffffff\r\nx")]);
  readHead([Buffer.from("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999999\r\n\r\n")]);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024);
});
