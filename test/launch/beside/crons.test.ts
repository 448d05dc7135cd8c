/** The shell around timed commands, with a clock whose minutes are short. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { afterEach, describe, expect, test } from "vitest";
import { processLives, type Surroundings } from "../../../src/launch/beside/attach.ts";
import type { CronClock } from "../../../src/launch/beside/crons.ts";
import { Crons } from "../../../src/launch/beside/crons.ts";
import type { CronSetting } from "../../../src/settings/beside-settings.ts";
import { temporaryDirectory } from "../../helpers/tmp.ts";
import { until } from "../../helpers/until.ts";

/** 2026-11-23 10:00 and on, a minute every 20 ms. */
function quickClock(): CronClock {
  const beganMs = performance.now();
  const minutes = () => Math.floor((performance.now() - beganMs) / 20);
  return {
    now: () => {
      const number = minutes();
      const hour = 10 + Math.floor(number / 60);
      return { number, minute: number % 60, hour, day: 23, month: 11, week: 1 };
    },
    untilNextMinuteMs: () => (minutes() + 1) * 20 - (performance.now() - beganMs),
  };
}

const running: Crons[] = [];
afterEach(async () => {
  for (const crons of running.splice(0)) await crons.stop(1_000);
});

function play(command: string, more: Partial<CronSetting> = {}) {
  const directory = temporaryDirectory();
  const written: string[] = [];
  const log = {
    write: (text: string) => void written.push(text),
    applicationStdio: "pipe" as const,
    follow: (output: Readable) => void output.resume(),
  };
  const surroundings: Surroundings = {
    ...{ log, python: "/usr/bin/python3", cwd: directory, env: [{ name: "FOO", value: "bar" }] },
  };
  const crons = new Crons(surroundings, quickClock());
  running.push(crons);
  const setting: CronSetting = {
    ...{ minute: -1, hour: -1, day: -1, month: -1, week: -1, command, unique: false },
    ...{ harakiri: undefined, place: { file: "a", line: 1, column: 1, endLine: 1, endColumn: 1 } },
    ...more,
  };
  crons.configure([setting], 0);
  const read = (name: string) => {
    const path = join(directory, name);
    return existsSync(path) ? readFileSync(path, "utf8").trimEnd() : "";
  };
  return { crons, written, read, lines: (name: string) => read(name).split("\n").filter(Boolean) };
}

describe("timed commands", () => {
  test("run minute after minute, where and with what the server has", async () => {
    const { lines, written } = play('echo "$(pwd) $FOO" >> out');
    await until("three runs", () => lines("out").length >= 3);
    expect(new Set(lines("out").map((line) => line.split(" ")[1]))).toEqual(new Set(["bar"]));
    await until("an end", () => written.some((line) => line.endsWith("exit code 0")));
  });

  test("unique ones do not run beside themselves", async () => {
    const { crons, lines, written } = play("echo begin >> out; sleep 0.1; echo end >> out", {
      unique: true,
    });
    await until("three ends", () => written.filter((line) => line.includes("ended")).length >= 3);
    await crons.stop(0);
    const seen = lines("out").join(" ");
    expect(seen).not.toContain("begin begin");
  });

  test("are killed with all that they have started when their time is over", async () => {
    const { written, read } = play("sleep 1000 & echo $! > inner; wait", {
      ...{ unique: true, harakiri: 1 },
    });
    await until("the end", () => written.some((line) => line.includes("killed by SIGKILL")));
    expect(written.some((line) => line.startsWith("HARAKIRI: cron"))).toBe(true);
    await until("the inner process to end", () => !isThere(Number(read("inner"))));
  });

  test("that run are asked to end by a stop, and waited for", async () => {
    const { crons, read } = play(
      "trap 'sleep 0.2; echo bye > said; exit' TERM; echo ok > begun; while :; do sleep 0.05; done",
      { unique: true },
    );
    await until("it to run", () => read("begun") === "ok");
    await crons.stop(10_000);
    expect(read("said")).toBe("bye");
  });

  test("that do not end are killed", async () => {
    const { crons, read } = play("trap '' TERM; echo $$ > begun; while :; do sleep 0.05; done", {
      unique: true,
    });
    const pid = await until("it to run", () => Number(read("begun")) || undefined);
    await crons.stop(100);
    await until("its end", () => !isThere(pid));
  });
});

/** A zombie waits for whoever inherited it. */
function isThere(pid: number): boolean {
  if (!processLives(pid)) return false;
  return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "latin1"));
}
