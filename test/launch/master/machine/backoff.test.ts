import { expect, test } from "vitest";
import { noteEnd } from "../../../../src/launch/master/machine/backoff.ts";

/** The pauses between ten short lives in a row, milliseconds. */
function pauses(served: boolean): number[] {
  const life = { startedMs: 0, shortLives: 0, notBeforeMs: 0 };
  return Array.from({ length: 10 }, () => {
    noteEnd(life, life.startedMs + 999, served, 1);
    const pause = life.notBeforeMs - life.startedMs - 999;
    life.startedMs = life.notBeforeMs;
    return pause;
  });
}

test("a process that cannot live: two free tries, then 1 s doubling to 30 s", () => {
  expect(pauses(false)).toEqual([0, 0, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
});

test("one that serves and is ended by its requests: the pause stays short", () => {
  expect(pauses(true)).toEqual([0, 0, ...Array.from({ length: 8 }, () => 1000)]);
});

test("a life of a second begins anew", () => {
  const life = { startedMs: 0, shortLives: 9, notBeforeMs: 0 };
  noteEnd(life, 1000, true, 1);
  expect(life).toMatchObject({ shortLives: 0, notBeforeMs: 1000 });
});

test("a life that was of no use was short, however long it took", () => {
  const life = { startedMs: 0, shortLives: 2, notBeforeMs: 0 };
  noteEnd(life, 60_000, false, 1);
  expect(life).toMatchObject({ shortLives: 3, notBeforeMs: 61_000 });
});
