import { expect, test } from "vitest";
import { statsLines } from "../../src/launch/stats-log.ts";

const worker = {
  id: 1,
  pid: 17,
  serving: true,
  lastSpawn: 0,
  spawns: 1,
  resident: 20 * 1024 * 1024,
};
const core = { id: 0, requests: 3, inRequest: false, writeErrors: 0, readErrors: 0 };
const counted = {
  ...{ id: 1, pid: 17, requests: 3, exceptions: 1, harakiriCount: 0, tx: 9 },
  ...{
    runningTime: 1_500_000,
    averageTime: 2_500,
    cores: [core, { ...core, id: 1, inRequest: true }],
  },
};
const front = { queue: 2, rejected: 1, staticRequests: 4, workers: [counted] };

test("a line for the server and one for each worker", () => {
  const none = { ...worker, id: 2, pid: 0, serving: false, spawns: 5 };
  expect(statsLines([worker, none], front)).toEqual([
    "statistics: 1 worker of 2; 3 requests, 4 for files, 2 waiting, 1 rejected",
    "worker 1 (pid 17): busy (1 core), 3 requests, 1 exception, 0 harakiri, 1.500 s running (2.5 ms a request), 20 MiB, 1 start",
    "worker 2: none, 5 starts so far",
  ]);
});

test("a front that does not answer, and a worker that it does not know yet", () => {
  const starting = { ...worker, serving: false };
  expect(statsLines([starting], undefined)).toEqual([
    "statistics: 1 worker of 1; the front does not answer, so there are no counts",
    "worker 1 (pid 17): starting, 20 MiB, 1 start",
  ]);
});
