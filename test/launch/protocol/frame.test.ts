import { describe, expect, it } from "vitest";
import { FRAME_HEADER, FrameReader, Kind, placeBytes } from "../../../src/launch/protocol/frame.ts";

function frame(kind: number, flags: number, number: number, payload: string, status = 0, part = 0) {
  const header = Buffer.alloc(FRAME_HEADER);
  header.writeUInt32LE(payload.length, 0);
  header.writeUInt8(kind, 4);
  header.writeUInt8(flags, 5);
  header.writeUInt16LE(status, 6);
  header.writeUInt32LE(number, 8);
  header.writeUInt32LE(part, 12);
  return Buffer.concat([header, Buffer.from(payload, "latin1")]);
}

function read(bytes: Buffer, size: number): unknown[] {
  const seen: unknown[] = [];
  let body = "";
  const reader = new FrameReader({
    hello: (payload) => seen.push(["hello", payload.toString()]),
    skipped: (number) => seen.push(["skipped", number]),
    worn: () => seen.push(["worn"]),
    deadline: (number, seconds) => seen.push(["deadline", number, seconds]),
    answer: (number, status, flags, head, part, left) => {
      seen.push(["answer", number, status, flags, head.toString()]);
      body = part.toString();
      if (left === 0) seen.push(["body", body]);
    },
    data: (flags, part, left) => {
      body += part.toString();
      if (left > 0) return;
      seen.push(["data", flags, body]);
      body = "";
    },
    file: (number, status, flags, head, place) =>
      seen.push(["file", number, status, flags, head.toString(), place]),
  });
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
  return seen;
}

const place = { pid: 7, descriptor: 8, inode: 2n ** 63n, offset: 2 ** 40, length: 2 ** 50 };

describe("frames from a core", () => {
  const bytes = Buffer.concat([
    frame(Kind.hello, 0, 0, "{}"),
    frame(Kind.answer, 5, 1, "HEADbody", 200, 4),
    frame(Kind.skipped, 0, 2, ""),
    frame(Kind.answer, 0, 3, "H", 404, 1),
    frame(Kind.data, 1, 3, ""),
    frame(Kind.file, 5, 4, `HD${placeBytes(place).toString("latin1")}`, 206, 2),
  ]);

  it("are the same whole and one byte at a time", () => {
    const whole = read(bytes, bytes.length);
    expect(whole).toEqual([
      ["hello", "{}"],
      ["answer", 1, 200, 5, "HEAD"],
      ["body", "body"],
      ["skipped", 2],
      ["answer", 3, 404, 0, "H"],
      ["body", ""],
      ["data", 1, ""],
      ["file", 4, 206, 5, "HD", place],
    ]);
    for (const size of [1, 5, 17]) {
      const cut = read(bytes, size);
      expect(
        cut.filter((seen) => Array.isArray(seen) && seen[0] !== "data" && seen[0] !== "body"),
      ).toEqual(
        whole.filter((seen) => Array.isArray(seen) && seen[0] !== "data" && seen[0] !== "body"),
      );
      expect(cut.flat()).toContain("body");
    }
  });

  it("of an unknown kind, or with a head beyond the payload, are an error", () => {
    expect(() => read(frame(99, 0, 1, ""), 100)).toThrow("unknown kind 99");
    expect(() => read(frame(Kind.answer, 0, 1, "x", 200, 9), 100)).toThrow(
      "answer head of 9 bytes",
    );
    expect(() => read(frame(Kind.file, 0, 1, "xy", 200, 1), 100)).toThrow("a file's head");
    const endless = placeBytes({ ...place, length: 2 ** 53 }).toString("latin1");
    expect(() => read(frame(Kind.file, 0, 1, endless), 100)).toThrow("without bounds");
    expect(() => read(frame(Kind.skipped, 0, 1, "x"), 100)).toThrow("skipped frame of 1 bytes");
  });
});
