/** One measurement of one server under one load. */
import { setTimeout as pause } from "node:timers/promises";
import { type Figures, noFigures } from "./figures.ts";
import { h2load } from "./h2load.ts";
import { cpuSeconds, processTree, pssMegabytes } from "./process-tree.ts";
import { answers, type Running } from "./running.ts";
import { transfers } from "./transfer.ts";
import { wrk } from "./wrk.ts";

/** What a server is to do. */
export type Load =
  /** Requests for one page from so many connections. */
  | {
      readonly kind: "pages";
      readonly connections: number;
      readonly path: string;
      /** Bytes of a form to send by POST; undefined asks by GET. */
      readonly form: number | undefined;
      /** Beside a client that keeps a core busy with `/slow`. */
      readonly slow: boolean;
    }
  /** The same, to see what each connection gets. */
  | { readonly kind: "shares"; readonly connections: number }
  /** One large file after the other, over one connection each. */
  | { readonly kind: "transfer"; readonly direction: "download" | "upload" };

/** Pause between two newcomers, and between two looks at the memory, milliseconds. */
const everyMs = 100;

/** Loads a server that answers already; a short load before warms it up. */
export async function measure(server: Running, load: Load, seconds: number): Promise<Figures> {
  await work(server.port, load, Math.min(1, seconds));
  const slow = load.kind === "pages" && load.slow ? repeat(server.port, "/slow", 0) : undefined;
  const newcomer = load.kind === "pages" ? repeat(server.port, "/", everyMs) : undefined;
  const memory = watchMemory(server);
  const start = cpuSeconds(trees(server));
  const done = await work(server.port, load, seconds);
  const cpu = cpuSeconds(trees(server)) - start;
  const [slowly, newly, peak] = await Promise.all([slow?.stop(), newcomer?.stop(), memory.stop()]);
  return {
    ...noFigures,
    ...done.figures,
    cpu: (cpu * 1e6) / done.amount,
    pss: pssMegabytes(trees(server)),
    peak,
    newcomer: newly?.longestMs ?? Number.NaN,
    errors: done.figures.errors + (slowly?.failed ?? 0) + (newly?.failed ?? 0),
  };
}

function trees(server: Running): number[] {
  return server.pids.flatMap(processTree);
}

/** What was done: `amount` is what CPU time is divided by, requests or megabytes. */
interface Done {
  readonly amount: number;
  readonly figures: Pick<Figures, "rate" | "errors"> & Partial<Figures>;
}

async function work(port: number, load: Load, seconds: number): Promise<Done> {
  switch (load.kind) {
    case "pages": {
      const result = await wrk(port, load, seconds);
      const { p50, p99, badStatuses, connectErrors, writeErrors, timeouts } = result;
      const errors = badStatuses + connectErrors + writeErrors + timeouts;
      const rate = result.requestsPerSecond;
      return {
        amount: result.requests,
        figures: { rate, p50, p99, errors, closed: result.readErrors },
      };
    }
    case "shares": {
      const result = await h2load(port, load.connections, seconds);
      const { rate, failed, least, greatest, mean } = result;
      const share = Math.max(mean - least, greatest - mean) / mean;
      const figures = { rate, errors: failed, share, least: least / mean };
      return { amount: result.requests, figures: { ...figures, greatest: greatest / mean } };
    }
    case "transfer": {
      const { megabytes, seconds: took, failed } = await transfers(port, load.direction, seconds);
      return { amount: megabytes, figures: { rate: megabytes / took, errors: failed } };
    }
  }
}

/** Looks at the memory again and again; the most that was seen, megabytes. */
function watchMemory(server: Running): { stop: () => Promise<number> } {
  const state = { stopped: false, peak: 0 };
  const watching = (async () => {
    while (!state.stopped) {
      state.peak = Math.max(state.peak, pssMegabytes(trees(server)));
      await pause(everyMs * 5);
    }
    return state.peak;
  })();
  return {
    stop: () => {
      state.stopped = true;
      return watching;
    },
  };
}

/** What became of repeated requests. */
interface Repeated {
  readonly failed: number;
  readonly longestMs: number;
}

/** Asks for a page again and again, one at a time, each on a connection of its own, until stopped. */
function repeat(port: number, path: string, pauseMs: number): { stop: () => Promise<Repeated> } {
  const count = { failed: 0, longestMs: 0 };
  const state = { stopped: false };
  const asking = (async () => {
    while (!state.stopped) {
      const start = performance.now();
      if (!(await answers(port, path))) count.failed++;
      count.longestMs = Math.max(count.longestMs, performance.now() - start);
      await pause(pauseMs);
    }
    return count;
  })();
  return {
    stop: () => {
      state.stopped = true;
      return asking;
    },
  };
}
