/** Processes that are killed, at once and without a word, while every thread is in a request. */
import { expect } from "vitest";
import { until } from "../helpers/until.ts";
import { fault, holdAll, type Struck } from "./fault.ts";
import { usualLoad } from "./load.ts";
import { type Role, threads, workers } from "./victim.ts";

const clients = usualLoad.reduce((sum, kind) => sum + kind.clients, 0);
const held = workers * threads;

/** @param withThem whose end follows from it at once */
function killed(role: Role, how: "one" | "all" = "all", ...withThem: readonly Role[]) {
  return async (victim: Struck) => {
    const go = await holdAll(victim);
    const doomed = withThem.flatMap(victim.pids);
    victim.signal("SIGKILL", role, how);
    await until("their end", () => !victim.program.processes().some((pid) => doomed.includes(pid)));
    await go();
  };
}

fault("SIGKILL of a worker", {
  strike: killed("worker", "one"),
  // What it had begun, and not a request more.
  honest: threads,
  leastHonest: threads,
  tells: /worker \d \(pid \d+\) ended: .*SIGKILL/,
});

fault("SIGKILL of all workers", {
  strike: killed("worker"),
  honest: held,
  leastHonest: held,
  tells: /worker 2 \(pid \d+\) ended: .*SIGKILL/,
});

fault("SIGKILL of the zygote", {
  strike: killed("zygote", "all", "worker"),
  // Its workers go with it.
  honest: held,
  leastHonest: held,
  tells: /the zygote ended: .*SIGKILL/,
  oursAlone: "it has none",
});

fault("SIGKILL of the front", {
  strike: killed("front"),
  broken: clients + held,
  tells: /the front ended: .*SIGKILL/,
  check: (_, { lost }) => {
    expect([...lost.keys()].join()).not.toContain("no connection");
    expect(lost.size).toBeGreaterThan(0);
  },
});

fault("SIGKILL of the master", {
  strike: killed("master"),
  ends: true,
  // Who is in gets an answer; who comes later is refused, by whatever the connection meets then.
  check: (_, { lost }) => {
    for (const why of lost.keys()) expect(why).toMatch(/^no connection/);
  },
});
