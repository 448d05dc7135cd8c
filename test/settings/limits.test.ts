/** What bounds workers and requests, in a configuration. */
import { describe, expect, test } from "vitest";
import { gracefulSeconds, noLimits } from "../../src/settings/limit-settings.ts";
import { rulesFor, settled, sound } from "./settled.ts";

const megabyte = 1024 * 1024;

function limitsOf(...lines: readonly string[]) {
  return settled([...sound, "master = true", ...lines].join("\n")).settings.limits;
}

test("uWSGI's defaults", () => {
  expect(limitsOf()).toEqual(noLimits());
  expect(limitsOf()).toMatchObject({ minWorkerLifetime: 10, forkbombDelay: 2, reloadMercy: 0 });
});

test.each([
  ["max-requests-delta = 3", { maxRequestsDelta: 3 }],
  ["min-worker-lifetime = 0", { minWorkerLifetime: 0 }],
  ["max-worker-lifetime = 60", { maxWorkerLifetime: 60 }],
  ["max-worker-lifetime-delta = 7", { maxWorkerLifetimeDelta: 7 }],
  ["reload-on-rss = 200", { reloadOnRss: 200 * megabyte }],
  ["reload-on-as = 201", { reloadOnAs: 201 * megabyte }],
  ["reload-on-uss = 202", { reloadOnUss: 202 * megabyte }],
  ["reload-on-pss = 203", { reloadOnPss: 203 * megabyte }],
  ["evil-reload-on-rss = 300", { evilReloadOnRss: 300 * megabyte }],
  ["evil-reload-on-as = 301", { evilReloadOnAs: 301 * megabyte }],
  ["limit-as = 512", { limitAs: 512 * megabyte }],
  ["reload-mercy = 5", { reloadMercy: 5 }],
  ["forkbomb-delay = 9", { forkbombDelay: 9 }],
  ["harakiri-verbose = true", { harakiriVerbose: true }],
  ["harakiri-graceful-timeout = 0", { harakiriGracefulTimeout: 0 }],
  ["harakiri-queue-threshold = 4", { harakiriQueueThreshold: 4 }],
])("%s", (line, expected) => {
  expect(limitsOf(line)).toEqual({ ...noLimits(), ...expected });
});

describe("what is said", () => {
  test.each([
    ["max-requests-delta = 3", "warning no-effect"],
    ["max-worker-lifetime-delta = 3", "warning no-effect"],
    ["harakiri-queue-threshold = 3", "warning no-effect"],
    ["reload-on-rss = 300\nevil-reload-on-rss = 300", "warning no-effect"],
    ["reload-on-as = 301\nevil-reload-on-as = 300", "warning no-effect"],
    ["limit-as = 1G", "error unit-suffix"],
    ["forkbomb-delay = 0", "error out-of-range"],
  ])("%j: %s", (lines, rule) => {
    expect(rulesFor("master = true", lines)).toEqual([rule]);
  });

  test.each([
    "max-requests-delta = 3\nmax-requests = 9",
    "max-worker-lifetime-delta = 3\nmax-worker-lifetime = 9",
    "harakiri-queue-threshold = 3\nharakiri = 9",
    "reload-on-rss = 200\nevil-reload-on-rss = 300",
  ])("%j: nothing", (lines) => {
    expect(rulesFor("master = true", lines)).toEqual([]);
  });

  test.each([
    "max-worker-lifetime = 9",
    "reload-on-rss = 200",
    "reload-on-as = 200",
    "reload-on-uss = 200",
    "reload-on-pss = 200",
    "evil-reload-on-as = 200",
    "evil-reload-on-rss = 200",
  ])("%s needs somebody who replaces the worker", (line) => {
    expect(rulesFor("master = false", line)).toEqual(["warning no-master"]);
    expect(rulesFor("master = true", line)).toEqual([]);
  });
});

test("a request has 5 s to end alone where a worker has others, unless said otherwise", () => {
  const given = (seconds: number | undefined, cores: number) =>
    gracefulSeconds({ ...noLimits(), harakiriGracefulTimeout: seconds }, cores);
  expect([given(undefined, 1), given(undefined, 2), given(0, 2), given(9, 1)]).toEqual([
    0, 5, 0, 9,
  ]);
});
