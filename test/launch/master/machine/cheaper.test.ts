import { describe, expect, test } from "vitest";
import {
  decide,
  initialCheaper,
  type Load,
} from "../../../../src/launch/master/machine/cheaper.ts";
import { type CheaperSettings, noCheaper } from "../../../../src/settings/cheaper-settings.ts";

/** Goes through seconds; each has the number of busy and of idle workers. */
function seconds(settings: Partial<CheaperSettings>, spare: number) {
  const all = { ...noCheaper(), least: 1, ...settings };
  const state = initialCheaper(all, 0);
  let nowMs = 0;
  let time = 0;
  return {
    state,
    pass: (busy: number, idle: number, more: Partial<Load> = {}) => {
      nowMs += 1000;
      time += 1_000_000;
      const workers = [
        ...Array.from({ length: busy }, (_, i) => ({ pid: i + 1, busy: true, runningTime: time })),
        ...Array.from({ length: idle }, (_, i) => ({ pid: 100 + i, busy: false, runningTime: 0 })),
      ];
      const load = { waiting: 0, requests: 0, rss: 0, workers, ...more };
      return decide(all, state, load, spare, nowMs).change;
    },
  };
}

describe("spare", () => {
  test("starts workers when all are busy for `overload` seconds, `step` at once", () => {
    const { pass } = seconds({ step: 2 }, 5);
    expect([pass(1, 0), pass(1, 0), pass(1, 0), pass(1, 0)]).toEqual([0, 0, 2, 0]);
    const last = seconds({ step: 2 }, 1);
    expect([last.pass(1, 0), last.pass(1, 0), last.pass(1, 0)]).toEqual([0, 0, 1]);
  });

  test("an idle second counts against a busy one", () => {
    const { pass } = seconds({}, 5);
    expect([pass(1, 0), pass(1, 0), pass(0, 1), pass(1, 0), pass(1, 0)]).toEqual([0, 0, 0, 0, 1]);
  });

  test("one goes every `overload` seconds while more than one is idle", () => {
    const { pass } = seconds({}, 0);
    expect([pass(0, 3), pass(0, 3), pass(0, 3), pass(0, 2)]).toEqual([0, 0, -1, 0]);
    expect([pass(2, 1), pass(2, 1), pass(2, 1), pass(2, 1)]).toEqual([0, 0, 0, 0]);
  });
});

test("spare2 keeps as many idle as `cheaper` says", () => {
  const { pass } = seconds({ algorithm: "spare2", least: 2, step: 3, idle: 3 }, 5);
  expect(pass(4, 0)).toBe(2);
  expect(pass(4, 1)).toBe(1);
  expect(pass(4, 2)).toBe(0);
  expect([pass(1, 4), pass(1, 4), pass(1, 4), pass(1, 3)]).toEqual([0, 0, -1, 0]);
});

test("backlog goes by what waits", () => {
  const { pass } = seconds({ algorithm: "backlog", overload: 5 }, 3);
  expect(pass(2, 0, { waiting: 6 })).toBe(1);
  expect(pass(2, 0, { waiting: 5 })).toBe(0);
  expect(pass(2, 0, { waiting: 4 })).toBe(-1);
  expect(pass(1, 0, { waiting: 0 })).toBe(0);
});

describe("busyness", () => {
  const settings = { algorithm: "busyness", overload: 2, busynessMultiplier: 2 } as const;

  test("starts workers above its maximum, at the end of a cycle", () => {
    const { pass } = seconds(settings, 3);
    expect([pass(1, 0), pass(1, 0), pass(1, 0), pass(1, 0)]).toEqual([0, 1, 0, 1]);
  });

  test("a request that is longer than a cycle counts as busy", () => {
    const { pass } = seconds(settings, 3);
    const workers = [{ pid: 1, busy: true, runningTime: 7 }];
    pass(0, 0, { workers });
    expect(pass(0, 0, { workers })).toBe(0); // that it ran 7 µs before is new
    pass(0, 0, { workers });
    expect(pass(0, 0, { workers })).toBe(1);
  });

  test("one goes below its minimum, after `multiplier` cycles, and never below `cheaper`", () => {
    const { pass } = seconds({ ...settings, least: 2 }, 3);
    const changes = Array.from({ length: 8 }, () => pass(0, 3));
    expect(changes).toEqual([0, 0, 0, -1, 0, 0, 0, -1]);
    expect(Array.from({ length: 8 }, () => pass(0, 2))).toEqual(Array(8).fill(0));
  });

  test("one that is missed soon after it went makes the next wait longer", () => {
    const { pass, state } = seconds(settings, 3);
    for (let i = 0; i < 4; i++) pass(0, 2);
    expect(state.busyness.lastAction).toBe("cheap");
    pass(1, 0);
    expect(pass(1, 0)).toBe(1);
    expect(state.busyness.multiplier).toBe(4);
  });

  test("many waiting requests start workers at once; few do after a while", () => {
    const { pass } = seconds({ ...settings, overload: 100, backlogNonzero: 3 }, 3);
    expect(pass(1, 0, { waiting: 34 })).toBe(1);
    const changes = Array.from({ length: 5 }, () => pass(1, 0, { waiting: 1 }));
    expect(changes).toEqual([0, 0, 0, 1, 0]);
  });
});

test("memory: the soft limit starts none, the hard one has one go", () => {
  const { pass } = seconds({ overload: 1, rssSoft: 100, rssHard: 200 }, 3);
  expect(pass(2, 0, { rss: 99 })).toBe(1);
  expect(pass(2, 0, { rss: 100 })).toBe(0);
  expect(pass(2, 0, { rss: 200 })).toBe(-1);
  expect(pass(1, 0, { rss: 200 })).toBe(0);
});

test("manual changes nothing", () => {
  const { pass } = seconds({ algorithm: "manual" }, 3);
  expect(Array.from({ length: 9 }, () => pass(3, 0, { waiting: 99 }))).toEqual(Array(9).fill(0));
});
