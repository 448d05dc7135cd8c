import { randomBytes } from "node:crypto";
import { constants, gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { PartGzip } from "../../../src/launch/protocol/gzip.ts";

const text = Buffer.from("All work and no play makes a dull server. ".repeat(4000));

/** What can be unpacked of a stream that has no end yet. */
const begun = (packed: Buffer) => gunzipSync(packed, { finishFlush: constants.Z_SYNC_FLUSH });

test.each([
  ["nothing", []],
  ["one part", [Buffer.from("hello")]],
  ["empty parts between", [Buffer.alloc(0), Buffer.from("a"), Buffer.alloc(0), Buffer.from("b")]],
  ["parts larger than the window", [text, randomBytes(70_000), text]],
  ["many small parts", Array.from({ length: 500 }, (_, i) => Buffer.from(`line ${i}\n`))],
  [
    "parts about as large as the window",
    [32_767, 1, 32_768, 2, 32_769].map((size) => text.subarray(0, size)),
  ],
])("%s: each is there at once, and the whole is a gzip file", (_, parts) => {
  const gzip = new PartGzip();
  let packed = Buffer.alloc(0);
  const lent = parts.map((part) => Buffer.from(part));
  const first = lent.slice(0, -1);
  for (const [i, part] of first.entries()) {
    packed = Buffer.concat([packed, gzip.push(part, false)]);
    part.fill(0); // it was only lent
    expect(begun(packed).equals(Buffer.concat(parts.slice(0, i + 1)))).toBe(true);
  }
  packed = Buffer.concat([packed, gzip.push(lent.at(-1) ?? Buffer.alloc(0), true)]);
  expect(gunzipSync(packed).equals(Buffer.concat(parts))).toBe(true);
});

test("what was in the part before costs little again", () => {
  const noise = randomBytes(30_000);
  const gzip = new PartGzip();
  gzip.push(noise, false);
  expect(gzip.push(noise, true).length).toBeLessThan(1000);
});
