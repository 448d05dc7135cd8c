/** Processes that die or stand still. */
import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../helpers/until.ts";
import type { Part, Subject } from "./subjects.ts";
import { type Fault, provoke, tryFaults } from "./trial.ts";

function one(subject: Subject, part: Part): number {
  const [pid] = subject.parts(part);
  if (pid === undefined) throw new Error(`no ${part}`);
  return pid;
}

const kill = (part: Part) => (subject: Subject) => void process.kill(one(subject, part), "SIGKILL");

/** How long a process stands still, milliseconds. */
const stillMs = 700;

/** By then both requests have begun; should they not have, the fault is a smaller one. Milliseconds. */
const inHandMs = 200;

function stop(...parts: readonly Part[]): Fault["act"] {
  return async (subject) => {
    const pids = parts.flatMap((part) => subject.parts(part));
    for (const pid of pids) process.kill(pid, "SIGSTOP");
    await sleep(stillMs);
    for (const pid of pids) process.kill(pid, "SIGCONT");
  };
}

tryFaults("processes", [
  { name: "SIGKILL of a worker", act: kill("worker") },
  { name: "SIGKILL of the zygote", act: kill("zygote"), oursOnly: true },
  // What it had in hand, at most one request of each client.
  { name: "SIGKILL of the front", act: kill("front"), oursOnly: true, mayLose: 4 },
  {
    name: "SIGKILL of the master",
    act: async (subject) => {
      kill("master")(subject);
      await sleep(stillMs);
    },
    ends: ({ program }) => program.assertGone(),
  },
  {
    name: "SIGSTOP of a worker in a request",
    lines: ["harakiri = 1"],
    act: async (subject) => {
      const both = [0, 1].map(() => provoke(subject, "/slow?0.6"));
      await sleep(inHandMs);
      const pid = one(subject, "worker");
      process.kill(pid, "SIGSTOP");
      const isGone = () => !subject.parts("worker").includes(pid);
      await until("it to be replaced", isGone, 8_000).catch(() => {});
      await Promise.all(both);
    },
  },
  { name: "SIGSTOP and SIGCONT of the zygote", act: stop("zygote"), oursOnly: true },
  { name: "SIGSTOP and SIGCONT of the front", act: stop("front"), oursOnly: true },
  {
    name: "SIGSTOP and SIGCONT of everything",
    act: stop("master", "front", "zygote", "worker"),
  },
]);
