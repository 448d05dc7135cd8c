import { describe, expect, test } from "vitest";
import { BoundedLooks } from "../../../../src/launch/master/orders/bounded-looks.ts";
import { isTouched, pathsOf } from "../../../../src/launch/master/orders/touch.ts";

const look = (modified: bigint, inode = 1n) => ({ modified, inode });

describe("a file counts as touched", () => {
  test.each([
    ["made", undefined, look(1n), true],
    ["removed", look(1n), undefined, true],
    ["modified a nanosecond later", look(1n), look(2n), true],
    ["replaced by an older file", look(2n), look(1n), true],
    ["replaced by one of the same time", look(1n, 1n), look(1n, 2n), true],
    ["not there, as before", undefined, undefined, false],
    ["as it was", look(1n), look(1n), false],
  ])("%s", (_what, before, now, touched) => {
    expect(isTouched(before, now)).toBe(touched);
  });
});

test("each path is looked at once", () => {
  expect(pathsOf([{ path: "/a" }, { path: "/b" }, { path: "/a" }])).toEqual(["/a", "/b"]);
});

describe("looks at files that hang", () => {
  /** Looks that come back when they are told to. */
  function hanging() {
    const ends: (() => void)[] = [];
    const act = () => new Promise<string>((resolve) => ends.push(() => resolve("seen")));
    return { act, ends };
  }
  const patienceMs = 1;

  test("are left behind, two at most, and asked for again when they have come back", async () => {
    const looks = new BoundedLooks(patienceMs);
    const { act, ends } = hanging();
    for (const path of ["/a", "/b"]) expect((await looks.look(path, act)).is).toBe("hangs");
    for (const path of ["/a", "/b", "/c"]) expect((await looks.look(path, act)).is).toBe("hangs");
    expect(ends).toHaveLength(2); // Nothing else waits in a thread.
    ends[0]?.();
    await new Promise(setImmediate);
    const now = () => Promise.resolve("seen");
    expect(await looks.look("/c", now)).toEqual({ is: "seen", value: "seen" });
    expect(await looks.look("/a", now)).toEqual({ is: "seen", value: "seen" });
    expect((await looks.look("/b", now)).is).toBe("hangs");
  });

  test("say since when", async () => {
    const looks = new BoundedLooks(patienceMs);
    const first = await looks.look("/a", hanging().act);
    const again = await looks.look("/a", hanging().act);
    expect(again).toEqual(first);
  });

  test("pass failures on", async () => {
    const error = new Error("ENOENT");
    const failed = new BoundedLooks().look("/a", () => Promise.reject(error));
    expect(await failed).toEqual({ is: "failed", error });
  });
});
