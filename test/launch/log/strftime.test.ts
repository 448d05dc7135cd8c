import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { commonTime, ctime, strftime } from "../../../src/launch/log/strftime.ts";

/** Moments that differ in what is written: turns of years and weeks, both hours of twelve, one digit and two. */
const moments = [
  ...[
    "2026-11-23T02:39:30Z",
    "2026-01-01T00:00:00Z",
    "2027-01-03T12:05:09Z",
    "2024-12-30T23:59:59Z",
  ],
  ...[
    "2024-02-29T13:00:01Z",
    "2021-01-03T01:02:03Z",
    "2020-12-31T11:59:00Z",
    "1999-07-04T10:10:10Z",
  ],
].map((text) => new Date(text));
const letters = [..."aAbBcCdDeFgGhHIjklmMnpPrRsStTuUVwWxXyYz%"];
const formats = [
  ...letters.map((letter) => `%${letter}`),
  ...["%Y-%m-%d %H:%M:%S", "100%% of %", "%-d.%-m. %_H", "plain", "%^a %^b"],
];

test("every conversion is what the C library makes of it", () => {
  const program = `
import json, sys, time
moments, formats = json.load(sys.stdin)
json.dump([[time.strftime(f, time.localtime(m)) for f in formats] for m in moments], sys.stdout)`;
  const input = JSON.stringify([moments.map((date) => date.getTime() / 1000), formats]);
  const theirs: unknown = JSON.parse(
    execFileSync("python3", ["-c", program], { input }).toString(),
  );
  expect(moments.map((date) => formats.map((format) => strftime(format, date)))).toEqual(theirs);
});

test("the two forms with names", () => {
  const date = new Date(2026, 10, 3, 2, 9, 5);
  expect(ctime(date)).toBe("Tue Nov  3 02:09:05 2026");
  expect(commonTime(date)).toMatch(/^03\/Nov\/2026:02:09:05 [+-]\d{4}$/);
});
