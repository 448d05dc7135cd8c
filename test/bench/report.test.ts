import { describe, expect, test } from "vitest";
import { parseOptions } from "../../bench/options.ts";
import { median, medians, type Sample, tables } from "../../bench/report.ts";

const measured: Sample["measured"] = {
  requests: 3000,
  requestsPerSecond: 1000,
  p50: 1,
  p99: 12.345,
  badStatuses: 0,
  connectErrors: 0,
  readErrors: 0,
  writeErrors: 0,
  timeouts: 0,
  cpuPerRequest: 99.6,
  pss: 41.4,
  newcomer: 3,
  newcomerErrors: 0,
  slowRequests: 0,
  slowErrors: 0,
};

function sample(server: string, some: Partial<Sample>, more: Partial<Sample["measured"]>): Sample {
  const load = { connections: 32, slow: false };
  const all = { server, app: "hello", log: false, load, round: 1, ...some };
  return { ...all, measured: { ...measured, ...more } };
}

test.each([
  [[3], 3],
  [[9, 1, 5], 5],
  [[4, 1, 2, 10], 3],
])("the median of %j is %d", (values, middle) => expect(median(values)).toBe(middle));

test("nothing has no median", () => expect(median([])).toBeNaN());

test("medians are taken field by field", () => {
  const runs = [1, 3, 2].map((n) => ({ ...measured, p50: n, pss: 10 - n }));
  expect(medians(runs)).toMatchObject({ p50: 2, pss: 8 });
});

describe("tables", () => {
  test("a table for each load, with the ratio of our rate to each other's", () => {
    const busy = { load: { connections: 16, slow: true }, log: true };
    const samples = [
      sample("tsuwsgi", {}, { requestsPerSecond: 30_000 }),
      sample("peer", {}, { requestsPerSecond: 7500, timeouts: 2, badStatuses: 3, readErrors: 7 }),
      sample("peer", busy, {}),
    ];
    expect(tables(samples, "tsuwsgi").split("\n")).toEqual([
      "### hello, logging off, 32 connections",
      "",
      "| server | requests/s | ratio | p50 ms | p99 ms | newcomer ms | CPU µs/request | PSS MB | errors | closed |",
      "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
      "| tsuwsgi | 30,000 | – | 1.00 | 12.35 | 3 | 100 | 41 | 0 | 0 |",
      "| peer | 7,500 | 4.00× | 1.00 | 12.35 | 3 | 100 | 41 | 5 | 7 |",
      "",
      "### hello, logging on, 16 connections beside one that asks for 200 ms requests",
      "",
      "| server | requests/s | ratio | p50 ms | p99 ms | newcomer ms | CPU µs/request | PSS MB | errors | closed |",
      "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
      "| peer | 1,000 | – | 1.00 | 12.35 | 3 | 100 | 41 | 0 | 0 |",
      "",
    ]);
  });
});

describe("options", () => {
  test("defaults", () => {
    expect(parseOptions([])).toMatchObject({
      seconds: 3,
      rounds: 3,
      apps: ["hello", "flask_hello"],
      connections: [1, 32, 256],
      mixed: true,
      logs: [false, true],
      json: undefined,
    });
  });

  test("choices", () => {
    const chosen = parseOptions([
      "--only",
      "tsuwsgi",
      "--log",
      "on",
      "--connections",
      "8",
      "--no-mixed",
    ]);
    expect(chosen.servers.map(({ name }) => name)).toEqual(["tsuwsgi"]);
    expect(chosen).toMatchObject({ logs: [true], connections: [8], mixed: false });
  });

  test.each([
    [["--seconds", "0"], "--seconds"],
    [["--apps", "hallo"], "--apps: hallo is none of"],
    [["--only", "nobody"], "--only: nobody is none of"],
    [["--log", "maybe"], "--log"],
    [["--rond", "1"], "--rond"],
  ])("%j is refused", (args, message) => expect(() => parseOptions(args)).toThrow(message));
});
