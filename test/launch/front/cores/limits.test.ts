/** When a worker has served enough or grown too large. */
import { expect, test } from "vitest";
import { WorkerLimits } from "../../../../src/launch/front/cores/limits.ts";
import { noLimits } from "../../../../src/settings/limit-settings.ts";
import { until } from "../../../helpers/until.ts";
import { fakeWorker } from "../fakes.ts";

const mebibyte = 1024 * 1024;
const never = Number.MAX_SAFE_INTEGER;

function looker(limits: Partial<ReturnType<typeof noLimits>>, maxRequests = 0) {
  const told: string[] = [];
  const watch = new WorkerLimits({ ...noLimits(), ...limits }, maxRequests);
  const look = (worker: ReturnType<typeof fakeWorker>, now: number) =>
    watch.afterRequest(worker, now, ({ id }, reason) => told.push(`${id} ${reason}`));
  return { told, watch, look };
}

/** This test's own process as a worker. */
function self(id = 1) {
  return { ...fakeWorker(id), pid: process.pid };
}

test("max-requests-delta: each further worker serves so many more, as in uWSGI", () => {
  const { told, look } = looker({ maxRequestsDelta: 3 }, 5);
  for (const id of [1, 2, 3]) {
    const worker = fakeWorker(id);
    while (!told.some((line) => line.startsWith(`${id} `)) && worker.requests < 20) {
      worker.requests++;
      look(worker, 0);
    }
  }
  expect(told).toEqual([
    "1 max-requests, after 5",
    "2 max-requests, after 8",
    "3 max-requests, after 11",
  ]);
});

test("nothing is looked at where nothing is limited", () => {
  const { told, watch, look } = looker({});
  look({ ...self(), requests: never }, 0);
  expect([watch.active, watch.evil, told]).toEqual([false, false, []]);
});

test.each([
  ["reload-on-rss", { reloadOnRss: mebibyte }],
  ["reload-on-as", { reloadOnAs: mebibyte }],
  ["reload-on-uss", { reloadOnUss: mebibyte }],
  ["reload-on-pss", { reloadOnPss: mebibyte }],
])("%s: told with what there is, at most once a second", async (name, limits) => {
  const { told, watch, look } = looker(limits);
  expect(watch.active).toBe(true);
  const worker = self();
  look(worker, 5_000);
  await until("the look", () => told.length === 1);
  expect(told[0]).toMatch(new RegExp(`^1 ${name}, with \\d+ MB$`));
  look(worker, 5_999);
  look(self(2), 5_999);
  await until("the other's", () => told.length === 2);
  expect(told[1]).toMatch(/^2 /);
  look(worker, 6_000);
  await until("the next", () => told.length === 3);
  expect(told[2]).toMatch(/^1 /);
});

test("limits that are not reached, and processes that are gone, say nothing", async () => {
  const limits = { reloadOnRss: never, reloadOnAs: never, reloadOnUss: never, reloadOnPss: never };
  const { told, look } = looker(limits);
  const gone = looker({ reloadOnRss: 1, reloadOnPss: 1 });
  look(self(), 0);
  gone.look({ ...fakeWorker(1), pid: 2 ** 30 }, 0);
  // What was asked of the system before this is answered before this.
  const after = looker({ reloadOnPss: 1 });
  after.look(self(), 0);
  await until("the last look", () => after.told.length === 1);
  expect([told, gone.told]).toEqual([[], []]);
});

test.each([
  ["evil-reload-on-rss", { evilReloadOnRss: mebibyte }],
  ["evil-reload-on-as", { evilReloadOnAs: mebibyte }],
])("%s", (name, limits) => {
  const { watch } = looker(limits);
  expect([watch.evil, watch.active]).toEqual([true, false]);
  expect(watch.oversize(self())).toMatch(new RegExp(`^${name}, with \\d+ MB$`));
  expect(watch.oversize({ ...fakeWorker(1), pid: 2 ** 30 })).toBeUndefined();
});
