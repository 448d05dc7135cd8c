/** Processes that are suspended, and go on later or never. */
import { expect } from "vitest";
import { until } from "../helpers/until.ts";
import { fault, type Struck } from "./fault.ts";
import type { Tally } from "./tally.ts";
import { threads, workers } from "./victim.ts";

/** Seconds that a request may take; more than any of the load takes on a busy machine. */
const harakiri = 2;
const limits = () => [`harakiri = ${harakiri}`, "harakiri-graceful-timeout = 1"];

/** Waits until so many requests more are answered right. */
async function answers({ load }: Struck, more: number): Promise<void> {
  const before = load.tally.right;
  await until("more answers", () => load.tally.right >= before + more);
}

/** Waits until every client waits: nobody answers. */
async function standstill({ load }: Struck): Promise<void> {
  await until("a standstill", () => load.inFlight.size === load.clients);
}

const only504 = (_: unknown, { honest }: Tally) => {
  for (const status of honest.keys()) expect(status).toBe(504);
};

fault("SIGSTOP of a worker, with harakiri", {
  lines: limits,
  strike: ({ signal }) => signal("SIGSTOP", "worker", "one"),
  honest: threads,
  check: only504,
});

fault("SIGSTOP of the front until all clients wait", {
  lines: limits,
  strike: async (victim) => {
    victim.signal("SIGSTOP", "front");
    await standstill(victim);
    victim.signal("SIGCONT", "front");
  },
});

fault("SIGSTOP of the zygote, and a worker dies meanwhile", {
  strike: async (victim) => {
    victim.signal("SIGSTOP", "zygote");
    victim.signal("SIGKILL", "worker", "one");
    await answers(victim, 100);
    victim.signal("SIGCONT", "zygote");
  },
  honest: threads,
  oursAlone: "it has none",
});

fault("SIGSTOP of the master, and a worker dies meanwhile", {
  strike: async (victim) => {
    victim.signal("SIGSTOP", "master");
    victim.signal("SIGKILL", "worker", "one");
    await answers(victim, 100);
    victim.signal("SIGCONT", "master");
  },
  honest: threads,
});

fault("SIGSTOP of all for longer than harakiri", {
  lines: limits,
  strike: async (victim) => {
    const all = victim.program.processes();
    for (const pid of all) process.kill(pid, "SIGSTOP");
    await standstill(victim);
    // It is time itself that is at issue: the clock goes on while they stand still.
    await new Promise((resolve) => setTimeout(resolve, (harakiri + 0.5) * 1000));
    for (const pid of all) process.kill(pid, "SIGCONT");
  },
});

fault("deadlock of the threads of the workers, with harakiri", {
  lines: limits,
  strike: async ({ load }) => {
    await Promise.all(Array.from({ length: threads }, () => load.ask("/deadlock")));
  },
  honest: workers * threads,
  check: only504,
});
