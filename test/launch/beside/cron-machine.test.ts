/** When timed commands run, without a clock. */
import { describe, expect, test } from "vitest";
import {
  type CronEvent,
  type CronTime,
  cronDeadline,
  isTime,
  noCrons,
  stepCrons,
} from "../../../src/launch/beside/cron-machine.ts";
import type { CronSetting } from "../../../src/settings/beside-settings.ts";

const place = { file: "a.ini", line: 1, column: 1, endLine: 1, endColumn: 1 };

function job(times: string, more: Partial<CronSetting> = {}): CronSetting {
  const [minute = -1, hour = -1, day = -1, month = -1, week = -1] = times.split(" ").map(Number);
  const rest = { command: "run", unique: false, harakiri: undefined, place };
  return { minute, hour, day, month, week, ...rest, ...more };
}

/** 2026-11-23 10:15 was a Monday. */
const monday: CronTime = { number: 1000, minute: 15, hour: 10, day: 23, month: 11, week: 1 };

describe("a time", () => {
  test.each([
    ["-1 -1 -1 -1 -1", {}, true],
    ["15 10 23 11 -1", {}, true],
    ["16 -1 -1 -1 -1", {}, false],
    ["-1 11 -1 -1 -1", {}, false],
    ["-1 -1 -1 10 -1", {}, false],
    ["-5 -1 -1 -1 -1", {}, true],
    ["-4 -1 -1 -1 -1", {}, false],
    ["-60 -1 -1 -1 -1", { minute: 0 }, true],
    ["-60 -1 -1 -1 -1", { minute: 59 }, false],
    ["-1 -5 -1 -1 -1", {}, true],
    ["-1 -3 -1 -1 -1", {}, false],
    // Days and months are counted from 0 for this, as uWSGI does: every 5th day is the 5th, 10th, …
    ["-1 -1 -5 -1 -1", { day: 1 }, false],
    ["-1 -1 -5 -1 -1", { day: 5 }, true],
    ["-1 -1 -1 -3 -1", { month: 3 }, true],
    ["-1 -1 -1 -3 -1", { month: 1 }, false],
    ["-1 -1 -1 -1 1", {}, true],
    ["-1 -1 -1 -1 0", { week: 0 }, true],
    ["-1 -1 -1 -1 7", { week: 0 }, true],
    ["-1 -1 -1 -1 7", {}, false],
    ["-1 -1 -1 -1 -2", { week: 4 }, true],
    ["-1 -1 -1 -1 -2", {}, false],
    // Where both are told, one of them is enough.
    ["-1 -1 23 -1 5", {}, true],
    ["-1 -1 24 -1 1", {}, true],
    ["-1 -1 24 -1 5", {}, false],
    // An interval is not told in that sense.
    ["-1 -1 -24 -1 1", {}, false],
  ])("%s at %o: %s", (times, more, fits) => {
    expect(isTime(job(times), { ...monday, ...more })).toBe(fits);
  });

  test("every hour and minute of a week, counted", () => {
    const counted = (times: string) => {
      let count = 0;
      for (let number = 0; number < 7 * 24 * 60; number++) {
        const hour = Math.floor(number / 60) % 24;
        const day = Math.floor(number / 1440);
        const time = { number, minute: number % 60, hour, day: day + 1, month: 1, week: day };
        if (isTime(job(times), time)) count++;
      }
      return count;
    };
    expect(counted("-1 -1 -1 -1 -1")).toBe(7 * 24 * 60);
    expect(counted("-15 -1 -1 -1 -1")).toBe(7 * 24 * 4);
    expect(counted("0 -6 -1 -1 -1")).toBe(7 * 4);
    expect(counted("30 3 -1 -1 0")).toBe(1);
    expect(counted("30 3 2 -1 0")).toBe(2);
    expect(counted("59 23 -7 -1 -1")).toBe(1);
  });
});

function play(...settings: readonly CronSetting[]) {
  let { state } = stepCrons(noCrons(), { type: "configured", settings }, 0);
  let nowMs = 0;
  const does = (event: CronEvent) => {
    const before = structuredClone(state);
    const result = stepCrons(state, event, nowMs);
    expect(state).toEqual(before);
    state = result.state;
    return result.actions.map((action) => {
      if (action.type === "log") return action.text;
      return action.type === "run" ? `run ${action.run}` : `kill ${action.pid}`;
    });
  };
  return {
    does,
    state: () => state,
    pass: (ms: number) => {
      nowMs += ms;
    },
    at: (number: number, harakiri = 0) =>
      does({ type: "wake", time: { ...monday, number }, harakiri }),
  };
}

describe("a command", () => {
  test("is run once in a minute, at once when it is its time", () => {
    const { at } = play(job("-1 -1 -1 -1 -1"));
    expect(at(10)).toEqual(["run 2"]);
    expect(at(10)).toEqual([]);
    expect(at(11)).toEqual(["run 3"]);
    expect(at(13)).toEqual(["run 4"]);
  });

  test("is not run twice because the clock was put back a little, but when it was by more", () => {
    const { at } = play(job("-1 -1 -1 -1 -1"));
    at(100);
    expect(at(99)).toEqual([]);
    expect(at(100)).toEqual([]);
    expect(at(40)).toEqual(["run 3"]);
  });

  test("is not run a second time in its minute by a reload", () => {
    const { at, does } = play(job("-1 -1 -1 -1 -1"));
    at(10);
    const moved = job("-1 -1 -1 -1 -1", { place: { ...place, line: 7 } });
    const added = job("-1 -1 -1 -1 -1", { command: "other" });
    does({ type: "configured", settings: [added, moved] });
    expect(at(10)).toEqual(["run 4"]);
    expect(at(11)).toEqual(["run 5", "run 6"]);
  });

  test("that is unique waits until it has ended", () => {
    const { at, does, pass } = play(job("-1 -1 -1 -1 -1", { unique: true }));
    at(10);
    does({ type: "started", run: 2, pid: 100 });
    expect(at(11)).toEqual([]);
    pass(1_500);
    expect(does({ type: "ended", run: 2, status: "exit code 0" })).toEqual([
      'cron "run" (pid 100): ended after 1.5 s: exit code 0',
    ]);
    expect(at(12)).toEqual(["run 3"]);
  });

  test("runs beside itself otherwise, a hundred times at most", () => {
    const { at, does } = play(job("-1 -1 -1 -1 -1"));
    for (let minute = 1; minute <= 100; minute++) expect(at(minute)).toHaveLength(1);
    expect(at(101)).toEqual(['cron "run": it is not started, because it runs 100 times already']);
    does({ type: "ended", run: 2, status: "exit code 0" });
    expect(at(102)).toHaveLength(1);
  });

  test.each([
    ["that of cron-harakiri", undefined, 7, 7],
    ["its own", 3, 7, 3],
    ["none of its own", 0, 7, undefined],
    ["none at all", undefined, 0, undefined],
  ])("is killed after its time: %s", (_, own, general, seconds) => {
    const { at, does, pass, state } = play(job("-1 -1 -1 -1 -1", { harakiri: own }));
    at(10, general);
    does({ type: "started", run: 2, pid: 100 });
    expect(cronDeadline(state())).toBe(seconds === undefined ? undefined : seconds * 1000);
    if (seconds === undefined) return;
    pass(seconds * 1000 - 1);
    expect(at(10, general)).toEqual([]);
    pass(1);
    expect(at(10, general)).toEqual([
      `HARAKIRI: cron "run" (pid 100) is killed after ${seconds} s`,
      "kill 100",
    ]);
    expect(cronDeadline(state())).toBeUndefined();
  });
});
