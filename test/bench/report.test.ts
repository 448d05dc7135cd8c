import { describe, expect, test } from "vitest";
import { type Figures, median, medians, noFigures } from "../../bench/figures.ts";
import { parseOptions } from "../../bench/options.ts";
import { goals, type Sample, tables } from "../../bench/report.ts";
import { servers } from "../../bench/servers.ts";
import { type Work, works } from "../../bench/works.ts";

const figures: Figures = {
  ...noFigures,
  ...{ rate: 1000, p50: 1, p99: 12.345, cpu: 99.6, pss: 41.4, newcomer: 3, errors: 0, closed: 0 },
};

const work: Work = {
  ...{ name: "hello", title: "hello, 32 connections", app: "hello", processes: 2, log: false },
  load: { kind: "pages", connections: 32, path: "/", form: undefined, slow: false },
  servers: ["ours", "slow peer", "quick peer"],
  goals: [
    { of: "ratio", peers: ["slow peer", "quick peer"], bound: 2 },
    { of: "cpu", peers: ["slow peer", "quick peer"], bound: 1 },
    { of: "p99", peers: [], bound: 5 },
  ],
};

function sample(server: string, more: Partial<Figures>, round = 1): Sample {
  return { server, work: "hello", round, figures: { ...figures, ...more } };
}

test.each([
  [[3], 3],
  [[9, 1, 5], 5],
  [[4, 1, 2, 10], 3],
])("the median of %j is %d", (values, middle) => expect(median(values)).toBe(middle));

test("nothing has no median", () => expect(median([])).toBeNaN());

test("medians are taken figure by figure", () => {
  const runs = [1, 3, 2].map((n) => ({ ...figures, p50: n, pss: 10 - n }));
  expect(medians(runs)).toMatchObject({ p50: 2, pss: 8 });
});

describe("report", () => {
  const samples = [
    ...[29_000, 30_000, 99_000].map((rate, i) => sample("ours", { rate, cpu: 40 }, i)),
    sample("quick peer", { rate: 10_000, cpu: 50 }),
    sample("slow peer", { rate: 7500, errors: 5, closed: 7, cpu: 80 }),
    { ...sample("ours", {}), work: "another" },
  ];

  test("a table for each work, with the ratio of our rate to each other's", () => {
    expect(tables([work], samples).split("\n")).toEqual([
      "### hello, 32 connections",
      "",
      "| server | requests/s | ratio | p50 ms | p99 ms | newcomer ms | CPU µs/request | PSS MB | errors | closed |",
      "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
      "| ours | 30,000 | – | 1.00 | 12.35 | 3 | 40 | 41 | 0 | 0 |",
      "| slow peer | 7,500 | 4.00× | 1.00 | 12.35 | 3 | 80 | 41 | 5 | 7 |",
      "| quick peer | 10,000 | 3.00× | 1.00 | 12.35 | 3 | 50 | 41 | 0 | 0 |",
      "",
    ]);
  });

  test("goals are held against the best of their peers", () => {
    expect(goals([work], samples).split("\n").slice(2)).toEqual([
      "| hello, 32 connections | rate over quick peer | ≥ 2 | 3.00 |",
      "| hello, 32 connections | CPU per request over quick peer | ≤ 1 | 0.80 |",
      "| hello, 32 connections | p99, ms | ≤ 5 | 12.3 |",
    ]);
  });

  test("what was not measured is a dash", () => {
    expect(goals([work], []).split("\n")[2]).toBe(
      "| hello, 32 connections | rate over slow peer | ≥ 2 | – |",
    );
  });
});

test("each work has a name of its own, and servers and peers that there are", () => {
  expect(new Set(works.map(({ name }) => name)).size).toBe(works.length);
  const names = new Set([...servers.map(({ name }) => name), "the application in a loop"]);
  for (const { servers: its, goals: wanted } of works) {
    expect(its.filter((name) => !names.has(name))).toEqual([]);
    const peers = wanted.flatMap((goal) => goal.peers);
    expect(peers.filter((name) => !its.includes(name))).toEqual([]);
  }
});

describe("options", () => {
  test("defaults", () => {
    const defaults = { seconds: 3, rounds: 3, works, without: [], json: undefined };
    expect(parseOptions([])).toEqual(defaults);
  });

  test("choices", () => {
    const chosen = parseOptions(["--works", "hello,form", "--without", "gunicorn sync"]);
    expect(chosen.works.map(({ name }) => name)).toEqual(["hello", "form"]);
    expect(chosen.without).toEqual(["gunicorn sync"]);
  });

  test.each([
    [["--seconds", "0"], "--seconds"],
    [["--works", "hallo"], "--works: hallo is none of"],
    [["--rond", "1"], "--rond"],
  ])("%j is refused", (args, message) => expect(() => parseOptions(args)).toThrow(message));
});
