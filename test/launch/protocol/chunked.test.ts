import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChunkedDecoder } from "../../../src/launch/protocol/chunked.ts";

function decode(text: string, size = text.length): { body: string; used: number; done: boolean } {
  const decoder = new ChunkedDecoder();
  const data = Buffer.from(text, "latin1");
  let body = "";
  let used = 0;
  for (let at = 0; at < data.length && !decoder.done; at += size) {
    const piece = data.subarray(at, at + size);
    const n = decoder.push(piece, 0, (part) => {
      body += part.toString("latin1");
    });
    if (n < 0) return { body, used: -1, done: false };
    used += n;
  }
  return { body, used, done: decoder.done };
}

describe("chunked bodies", () => {
  const text = '5\r\nhello\r\n00c;name="v"\r\n, wide world\r\n0\r\nTrailer: x\r\n\r\nGET';
  it.each([1, 2, 3, 7, 1000])("are decoded in pieces of %i bytes", (size) => {
    const { body, done } = decode(text, size);
    expect(body).toBe("hello, wide world");
    expect(done).toBe(true);
  });

  it("end exactly behind the last line", () => {
    expect(decode("0\r\n\r\nGET / HTTP/1.1").used).toBe(5);
  });

  it.each([
    ["0x5\r\nhello\r\n"],
    ["+5\r\nhello\r\n"],
    [" 5\r\nhello\r\n"],
    ["5 \r\nhello\r\n"],
    ["5\nhello\r\n"],
    ["\r\n"],
    ["g\r\n"],
    ["5_0\r\n"],
    ["5\r\nhello!\r\n"],
    ["5\r\nhello\n0\r\n\r\n"],
    ["5\r\nhello0\r\n\r\n"],
    ["1000000000000\r\n"],
    ["5;a\nb\r\nhello\r\n"],
    ["0\r\nA: b\n\r\n"],
    ["0\r\nA: b\r\r\n"],
    [`5;${"x".repeat(5000)}\r\nhello\r\n`],
    [`0\r\nA: ${"x".repeat(9000)}\r\n\r\n`],
  ])("%j is refused", (bad) => {
    expect(decode(bad).used).toBe(-1);
    expect(decode(bad, 1).used).toBe(-1);
  });

  it("give the same body however they are cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, unit: "binary-ascii" }), { maxLength: 6 }),
        fc.integer({ min: 1, max: 9 }),
        (parts, size) => {
          const text = `${parts.map((p) => `${p.length.toString(16)}\r\n${p}\r\n`).join("")}0\r\n\r\n`;
          expect(decode(text, size)).toEqual({
            body: parts.join(""),
            used: text.length,
            done: true,
          });
        },
      ),
    );
  });
});
