/** One measurement of one server under one load. */
import { setTimeout as pause } from "node:timers/promises";
import { cpuSeconds, processTree, pssMegabytes } from "./process-tree.ts";
import { answers, type Running } from "./running.ts";
import { type WrkResult, wrk } from "./wrk.ts";

/** So many connections that ask for `/`, alone or beside one that keeps a core busy with `/slow`. */
export interface Load {
  readonly connections: number;
  readonly slow: boolean;
}

/** What was measured; of the quick requests only, where there are slow ones. */
export interface Measurement extends WrkResult {
  /** CPU time of all processes of the server per request, microseconds. */
  readonly cpuPerRequest: number;
  /** Memory of all processes of the server at the end, megabytes (PSS). */
  readonly pss: number;
  /** The longest that a client with a new connection waited for its answer meanwhile, milliseconds. */
  readonly newcomer: number;
  readonly newcomerErrors: number;
  readonly slowRequests: number;
  readonly slowErrors: number;
}

/** Pause between two newcomers, milliseconds. */
const newcomerEveryMs = 100;

/** Loads a server that answers already; a short load before warms it up. */
export async function measure(server: Running, load: Load, seconds: number): Promise<Measurement> {
  await wrk(server.port, load.connections, 1);
  const slow = load.slow ? repeat(server.port, "/slow", 0) : undefined;
  const newcomer = repeat(server.port, "/", newcomerEveryMs);
  const before = cpuSeconds(processTree(server.pid));
  const result = await wrk(server.port, load.connections, seconds);
  const tree = processTree(server.pid);
  const cpu = cpuSeconds(tree) - before;
  const pss = pssMegabytes(tree);
  const [slowly, newly] = await Promise.all([slow?.stop(), newcomer.stop()]);
  return {
    ...result,
    cpuPerRequest: result.requests === 0 ? Number.NaN : (cpu * 1e6) / result.requests,
    pss,
    newcomer: newly.longestMs,
    newcomerErrors: newly.failed,
    slowRequests: slowly?.done ?? 0,
    slowErrors: slowly?.failed ?? 0,
  };
}

/** What became of repeated requests. */
interface Repeated {
  readonly done: number;
  readonly failed: number;
  readonly longestMs: number;
}

/** Asks for a page again and again, one at a time, each on a connection of its own, until stopped. */
function repeat(port: number, path: string, pauseMs: number): { stop: () => Promise<Repeated> } {
  const count = { done: 0, failed: 0, longestMs: 0 };
  const state = { stopped: false };
  const ask = async () => {
    while (!state.stopped) {
      const start = performance.now();
      const well = await answers(port, path);
      count[well ? "done" : "failed"]++;
      count.longestMs = Math.max(count.longestMs, performance.now() - start);
      await pause(pauseMs);
    }
    return count;
  };
  const asking = ask();
  return {
    stop: () => {
      state.stopped = true;
      return asking;
    },
  };
}
