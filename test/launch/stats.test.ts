import { expect, test } from "vitest";
import { listenQueue, type StatsFacts, statsDocument } from "../../src/launch/stats.ts";

const facts: StatsFacts = {
  version: "tsuwsgi 0.0.0",
  ...{ pid: 10, uid: 1, gid: 2, cwd: "/srv", cores: 2 },
  sockets: [{ name: ":8000", proto: "http", queue: 3, maxQueue: 100 }],
  workers: [
    { id: 1, pid: 11, serving: true, lastSpawn: 1_700_000_000, spawns: 1 },
    { id: 2, pid: 0, serving: false, lastSpawn: 1_700_000_000, spawns: 4 },
  ],
  front: {
    ...{ queue: 5, rejected: 7, staticRequests: 6 },
    workers: [
      {
        ...{ id: 1, pid: 11, requests: 9, exceptions: 1, harakiriCount: 2 },
        ...{ tx: 1234, runningTime: 1000.4, averageTime: 110.6 },
        cores: [
          { id: 0, requests: 5, inRequest: true, writeErrors: 1, readErrors: 0 },
          { id: 1, requests: 4, inRequest: false, writeErrors: 0, readErrors: 3 },
        ],
      },
    ],
  },
};

test("counts come from the front, processes from the master", () => {
  const document = JSON.parse(statsDocument(facts));
  expect(document).toMatchObject({ listen_queue: 3, listen_queue_errors: 7, load: 5, pid: 10 });
  expect(document.workers[0]).toMatchObject({
    ...{ id: 1, pid: 11, accepting: 1, status: "busy", requests: 9, exceptions: 1 },
    ...{ harakiri_count: 2, tx: 1234, running_time: 1000, avg_rt: 111, respawn_count: 1 },
    cores: [
      { id: 0, requests: 5, static_requests: 6, in_request: 1, write_errors: 1, vars: [] },
      { id: 1, requests: 4, static_requests: 0, in_request: 0, read_errors: 3, vars: [] },
    ],
  });
});

test("a worker without a process is cheap and has all its cores all the same", () => {
  const { workers } = JSON.parse(statsDocument(facts));
  expect(workers[1]).toMatchObject({ pid: 0, accepting: 0, status: "cheap", requests: 0 });
  expect(workers[1].cores).toHaveLength(2);
});

test("without the front's answer the rest is there", () => {
  const document = JSON.parse(statsDocument({ ...facts, front: undefined }));
  expect(document.workers.map((worker: { pid: number }) => worker.pid)).toEqual([11, 0]);
  expect(document.workers[0].cores).toHaveLength(2);
});

const header =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";

test("the kernel's queue of a listening socket, in hexadecimal, by inode", () => {
  const row = (state: string, queues: string, inode: number) =>
    `   0: 0100007F:1F40 00000000:0000 ${state} ${queues} 00:00000000 00000000  1000        0 ${inode} 1 00`;
  const established = row("01", "00000000:000000FF", 7);
  const other = row("0A", "00000000:00000005", 8);
  const ours = row("0A", "00000000:0000001F", 7);
  expect(listenQueue([header, established, other, ours].join("\n"), "7")).toBe(31);
  expect(listenQueue([header, established].join("\n"), "7")).toBe(0);
});
