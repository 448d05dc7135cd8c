/** The statistics as lines for the log: what a signal or a letter asks for. */
import type { FrontStats } from "./messages.ts";
import type { WorkerFacts } from "./stats.ts";

/** A worker, and the memory that it holds. */
export interface LoggedWorker extends WorkerFacts {
  /** Bytes. */
  readonly resident: number;
}

/**
 * A line for the server and one for each worker, with what uWSGI's have and more.
 * @param front undefined when the front does not answer: its counts are then missing
 */
export function statsLines(
  workers: readonly LoggedWorker[],
  front: FrontStats | undefined,
): readonly string[] {
  const there = workers.filter(({ pid }) => pid > 0);
  const total = front?.workers.reduce((sum, { requests }) => sum + requests, 0) ?? 0;
  const server = front
    ? `${counted(total, "request")}, ${front.staticRequests} for files, ${front.queue} waiting, ${front.rejected} rejected`
    : "the front does not answer, so there are no counts";
  return [
    `statistics: ${counted(there.length, "worker")} of ${workers.length}; ${server}`,
    ...workers.map((worker) => workerLine(worker, front)),
  ];
}

function workerLine(worker: LoggedWorker, front: FrontStats | undefined): string {
  const { id, pid, serving, spawns, resident } = worker;
  if (pid === 0) return `worker ${id}: none, ${counted(spawns, "start")} so far`;
  const own = front?.workers.find((one) => one.id === id);
  const busy = own?.cores.filter(({ inRequest }) => inRequest).length ?? 0;
  const stage = serving ? (busy > 0 ? `busy (${counted(busy, "core")})` : "idle") : "starting";
  const counts = own
    ? [
        counted(own.requests, "request"),
        counted(own.exceptions, "exception"),
        `${own.harakiriCount} harakiri`,
        `${seconds(own.runningTime)} s running (${milliseconds(own.averageTime)} ms a request)`,
      ]
    : [];
  const memory = `${Math.round(resident / 1024 / 1024)} MiB`;
  const parts = [stage, ...counts, memory, counted(spawns, "start")];
  return `worker ${id} (pid ${pid}): ${parts.join(", ")}`;
}

function counted(number: number, noun: string): string {
  return number === 1 ? `1 ${noun}` : `${number} ${noun}s`;
}

function seconds(microseconds: number): string {
  return (microseconds / 1_000_000).toFixed(3);
}

function milliseconds(microseconds: number): string {
  return (microseconds / 1000).toFixed(1);
}
