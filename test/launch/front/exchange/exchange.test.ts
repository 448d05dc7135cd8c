/** Gathering a request's body. */
import { expect, test } from "vitest";
import { FRAME_HEADER } from "../../../../src/launch/protocol/frame.ts";
import { dispatcherWith, upload } from "../fakes.ts";

test("a client that was paused goes on when the core takes all at once", async () => {
  const { dispatcher } = dispatcherWith(1);
  const { client, exchange } = upload(dispatcher);
  exchange.body(Buffer.alloc(300 * 1024));
  await new Promise((resolve) => setImmediate(resolve));
  expect([exchange.streamed, client.pauses]).toEqual([true, 0]);
  // Small parts of one turn leave together, at its end.
  for (let i = 0; i < 300; i++) exchange.body(Buffer.alloc(1024));
  expect(client.pauses).toBe(1);
  await new Promise((resolve) => setImmediate(resolve));
  expect(client.pauses).toBe(0);
});

test("a body is the same in whatever pieces it comes", () => {
  const { dispatcher } = dispatcherWith(0);
  const whole = Buffer.alloc(200_000, "0123456789abcdefg");
  for (const sizes of [[1], [5, 20_000, 3, 1], [17_000, 1, 1, 40_000], [200_000]]) {
    const { exchange } = upload(dispatcher);
    let at = 0;
    for (let i = 0; at < whole.length; i++) {
      const size = sizes[i % sizes.length] ?? 1;
      const part = Buffer.from(whole.subarray(at, at + size));
      exchange.body(part);
      if (size < 16_384) part.fill(0); // small parts are only lent
      at += size;
    }
    exchange.endBody(false);
    expect(exchange.frame.readUInt32LE(12)).toBe(whole.length);
    // Behind the header, two bytes of environ and its end.
    expect(exchange.frame.subarray(FRAME_HEADER + 3).equals(whole)).toBe(true);
  }
});
