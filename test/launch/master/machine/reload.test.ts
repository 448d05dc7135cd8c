import { describe, expect, test } from "vitest";
import type { MasterCommand } from "../../../../src/launch/master/machine/commands.ts";
import type { MasterEvent } from "../../../../src/launch/master/machine/event.ts";
import { nextDeadline } from "../../../../src/launch/master/machine/machine.ts";
import type { Plan } from "../../../../src/launch/master/machine/state.ts";
import {
  attached,
  exited,
  firstZygote,
  forked,
  front,
  isLoaded,
  type Play,
  serving,
  usualPlan,
  zygote,
} from "./plays.ts";

const command = (name: MasterCommand): MasterEvent => ({ type: "command", name, by: "test" });

/** The configuration was read: number 1. */
function reread(newFront = false, plan: Partial<Plan> = {}): MasterEvent {
  const whole = { ...usualPlan, ...plan };
  return { type: "reread", result: { is: "read", configuration: 1, plan: whole, newFront } };
}

const frontExited = (id: number, status = "exit code 0"): MasterEvent => ({
  ...{ type: "front-exited", front: id, status },
});
const zygoteExited = (id: number, status = "exit code 0"): MasterEvent => ({
  ...{ type: "zygote-exited", zygote: id, status },
});

/** The zygote of the next generation; with a front of its own it has one number more. */
const next = 3;

/** Without the lines for the log. */
function acts(actions: readonly string[]): string[] {
  return actions.filter((action) => !action.startsWith("log "));
}

/** Brings a reload to where the next generation's workers (slots 3 and 4) are forked. */
function coming(machine: Play): void {
  machine.after(command("reload"), reread(), isLoaded(next));
  machine.after(forked(3, 23, next), forked(4, 24, next));
}

describe("reload", () => {
  test("the next generation beside the present one; both go over in one step", () => {
    const machine = serving();
    expect(acts(machine.after(command("reload")))).toEqual(["reloading", "reread"]);
    expect(machine.after(reread())).toEqual(["spawn-zygote 3"]);
    const loaded = acts(machine.after(isLoaded(next)));
    expect(loaded).toEqual(["zygote 3: fork 1 3 true", "zygote 3: fork 2 4 true"]);
    machine.after(forked(3, 23, next), forked(4, 24, next));
    expect(machine.after(attached(3, 23))).toEqual([]);
    expect(acts(machine.after(attached(4, 24)))).toEqual([
      "front: admit 23 24, retire 11 12",
      "zygote: stop 61",
      "reloaded",
    ]);
    for (const [slot, pid] of [
      [1, 11],
      [2, 12],
    ] as const)
      expect(machine.after(exited(slot, pid, "exit code 0"))).toEqual(["front: worker-exited"]);
    expect(machine.after(zygoteExited(firstZygote))).toEqual([]);
    expect(machine.state().zygotes.map(({ id, role }) => [id, role])).toEqual([[3, "current"]]);
    expect(nextDeadline(machine.state())).toBeUndefined();
  });

  test("a worker that dies afterwards comes from the new zygote", () => {
    const machine = serving();
    coming(machine);
    machine.after(attached(3, 23), attached(4, 24), exited(1, 11, "exit code 0"));
    expect(machine.after(exited(3, 23, "killed by SIGSEGV", next))).toContain(
      "zygote 3: fork 1 1 false",
    );
  });

  test("old workers that do not end are killed at the end of the mercy, one by one", () => {
    const machine = serving();
    coming(machine);
    machine.after(attached(3, 23), attached(4, 24), exited(1, 11, "exit code 0"));
    expect(machine.pass(59_999)).toEqual([]);
    expect(acts(machine.pass(1))).toEqual(["zygote: kill 2 9"]);
    expect(machine.pass(100_000)).toEqual([]);
  });

  test("brutal: nobody is waited for", () => {
    const machine = serving();
    machine.after(command("brutal-reload"), reread(), isLoaded(next));
    machine.after(forked(3, 23, next), forked(4, 24, next), attached(3, 23));
    expect(acts(machine.after(attached(4, 24)))).toContain("zygote: stop 0");
  });

  test("another front too: it listens before the old one hands over", () => {
    const machine = serving();
    machine.after(command("reload"));
    expect(machine.after(reread(true, { processes: 1 }))).toEqual([
      "spawn-zygote 4",
      "spawn-front 3",
    ]);
    expect(acts(machine.after(isLoaded(4)))).toEqual([]);
    expect(machine.after(front({ type: "ready" }, 3))).toEqual(["zygote 4: fork 1 1 false"]);
    expect(machine.after(forked(1, 23, 4), attached(1, 23, 3))).toEqual(["front 3: listen"]);
    expect(acts(machine.after(front({ type: "listening" }, 3)))).toEqual([
      "front: hand-over",
      "front 3: admit 23, retire none",
      "zygote: stop 61",
      "reloaded",
    ]);
    expect(acts(machine.after(frontExited(1)))).toEqual(["zygote: stop 1"]);
    machine.after(zygoteExited(firstZygote));
    const { fronts, workers, seats } = machine.state();
    expect(fronts.map(({ id, role }) => [id, role])).toEqual([[3, "current"]]);
    expect(workers.map(({ pid }) => pid)).toEqual([23]);
    expect(seats).toHaveLength(1);
  });

  test("an old front that does not end is killed, after its workers", () => {
    const machine = serving();
    machine.after(command("reload"), reread(true), isLoaded(4), front({ type: "ready" }, 3));
    machine.after(forked(1, 23, 4), forked(2, 24, 4), attached(1, 23, 3), attached(2, 24, 3));
    machine.after(front({ type: "listening" }, 3));
    expect(acts(machine.pass(60_000))).toEqual(["zygote: kill 1 9", "zygote: kill 2 9"]);
    expect(acts(machine.pass(3_000))).toEqual(["kill-front"]);
  });
});

describe("nothing is taken away when", () => {
  test("the configuration cannot be read", () => {
    const machine = serving();
    machine.after(command("reload"));
    const failed: MasterEvent = { type: "reread", result: { is: "failed", reason: "no" } };
    expect(machine.after(failed)).toEqual([
      "log reload is given up: no; what was there before goes on",
      "reloaded",
    ]);
  });

  test("the application cannot be loaded", () => {
    const machine = serving();
    machine.after(command("reload"), reread());
    const failure = { kind: "exception", message: "broken", traceback: "" } as const;
    const word = zygote({ is: "load-failed", python: "CPython 3.11.2", ...failure }, next);
    const done = machine.after(word);
    expect(done[0]).toBe("log-failure broken");
    expect(acts(done.slice(1))).toEqual(["zygote 3: stop 0", "reloaded"]);
    expect(acts(machine.after(zygoteExited(next)))).toEqual([]);
    expect(machine.state().workers.map(({ pid }) => pid)).toEqual([11, 12]);
  });

  test("a worker cannot load it, with lazy-apps", () => {
    const machine = serving({ lazyApps: true });
    coming(machine);
    const failure = { kind: "exception", message: "broken", traceback: "" } as const;
    const done = machine.after(front({ type: "attached", slot: 3, pid: 23, failure }));
    expect(acts(done.slice(1))).toEqual(["zygote 3: stop 0", "reloaded"]);
  });

  test("its workers die again and again", () => {
    const machine = serving();
    coming(machine);
    machine.after(exited(3, 23, "killed by SIGSEGV", next), forked(3, 25, next));
    machine.after(exited(3, 25, "killed by SIGSEGV", next), forked(3, 26, next));
    const done = machine.after(exited(3, 26, "killed by SIGSEGV", next));
    expect(done.join()).toContain("ended 3 times before it could serve");
    expect(acts(done)).toContain("zygote 3: stop 0");
  });

  test("its front cannot listen, or dies", () => {
    for (const fault of [
      front({ type: "failed", message: "no" }, 3),
      frontExited(3, "exit code 1"),
    ]) {
      const machine = serving();
      machine.after(command("reload"), reread(true), isLoaded(4), front({ type: "ready" }, 3));
      const done = machine.after(fault);
      expect(done.join()).toContain("is given up");
      expect(acts(done)).toContain("zygote 4: stop 0");
      machine.after(frontExited(3, "killed by SIGKILL"), zygoteExited(4));
      const { fronts, zygotes } = machine.state();
      expect([fronts.length, zygotes.length]).toEqual([1, 1]);
    }
  });

  test("its zygote dies", () => {
    const machine = serving();
    coming(machine);
    const done = acts(machine.after(zygoteExited(next, "killed by SIGKILL")));
    expect(done).toEqual([
      "kill 23",
      "kill 24",
      "reloaded",
      "front: worker-exited",
      "front: worker-exited",
    ]);
    expect(machine.state().workers.map(({ pid }) => pid)).toEqual([11, 12]);
  });
});

describe("one reload after the other", () => {
  test("one that is asked for while the next generation loads begins anew", () => {
    const machine = serving();
    machine.after(command("reload"), reread());
    const done = acts(machine.after(command("reload")));
    expect(done).toEqual(["kill-zygote 3", "reloaded", "reloading", "reread"]);
    expect(machine.after(zygoteExited(3, "killed by SIGKILL"))).toEqual([]);
    expect(machine.after(reread())).toEqual(["spawn-zygote 4"]);
  });

  test("one that is asked for while the configuration is read follows", () => {
    const machine = serving();
    machine.after(command("reload"), command("reload"), command("reload"));
    machine.after(reread(), isLoaded(next), forked(3, 23, next), forked(4, 24, next));
    const done = acts(machine.after(attached(3, 23), attached(4, 24)));
    expect(done.slice(-3)).toEqual(["reloaded", "reloading", "reread"]);
  });

  test("a third generation waits for slots when nobody leaves", () => {
    const machine = serving({ processes: 1 });
    let [slot, pid, id] = [2, 20, 3];
    const forks = (actions: readonly string[]) => actions.filter((one) => one.includes("fork"));
    // Slots of one process: 5. Four old ones linger.
    for (let round = 0; round < 3; round++) {
      machine.after(command("workers-reload"), isLoaded(id), forked(slot, pid, id));
      machine.after(attached(slot, pid));
      [slot, pid, id] = [slot + 1, pid + 1, id + 1];
    }
    machine.after(command("workers-reload"));
    expect(forks(machine.after(isLoaded(id)))).toEqual(["zygote 6: fork 1 5 true"]);
    machine.after(forked(5, pid, id), attached(5, pid), command("workers-reload"));
    expect(forks(machine.after(isLoaded(id + 1)))).toEqual([]);
    expect(forks(machine.after(exited(1, 11, "exit code 0")))).toEqual(["zygote 7: fork 1 1 true"]);
  });
});

describe("chain reload", () => {
  test("one worker after the other, and the configuration stays", () => {
    const machine = serving();
    expect(acts(machine.after(command("chain-reload")))).toEqual(["reloading", "spawn-zygote 3"]);
    expect(acts(machine.after(isLoaded(next)))).toEqual(["zygote 3: fork 1 3 true"]);
    expect(acts(machine.after(forked(3, 23, next), attached(3, 23)))).toEqual([
      "front: admit 23, retire 11",
      "zygote 3: fork 2 4 true",
    ]);
    expect(acts(machine.after(forked(4, 24, next), attached(4, 24)))).toEqual([
      "front: admit 24, retire 12",
      "zygote: stop 61",
      "reloaded",
    ]);
  });

  test("a new zygote that dies half way: the old one takes its seats back", () => {
    const machine = serving();
    machine.after(command("chain-reload"), isLoaded(next), forked(3, 23, next), attached(3, 23));
    const done = acts(machine.after(zygoteExited(next, "killed by SIGKILL")));
    expect(done).toContain("zygote: fork 1 3 false");
    expect(done).toContain("reloaded");
  });
});

describe("a worker that is worn", () => {
  const worn = (slot: number, pid: number) =>
    front({ type: "worn", slot, pid, reason: "max-requests", urgent: false });

  test("goes when its successor is there, and no other at the same time", () => {
    const machine = serving();
    expect(machine.after(worn(1, 11))).toEqual(["zygote: fork 1 3 true"]);
    expect(machine.after(worn(2, 12))).toEqual([]);
    const done = machine.after(forked(3, 13), attached(3, 13));
    expect(done).toEqual([
      "log worker 1 (pid 11) is replaced by pid 13: max-requests",
      "front: admit 13, retire 11",
      "zygote: fork 2 4 true",
    ]);
  });

  test("goes on while its successor cannot live", () => {
    const machine = serving();
    machine.after(worn(1, 11));
    for (const pid of [21, 22])
      expect(machine.after(forked(3, pid), exited(3, pid))).toContain("zygote: fork 1 3 true");
    expect(machine.after(forked(3, 23), exited(3, 23)).join()).toContain("trying again in 1 s");
    expect(machine.pass(1_000)).toEqual(["zygote: fork 1 3 true"]);
    expect(machine.state().workers.find(({ pid }) => pid === 11)?.role).toBe("present");
  });

  test("that dies meanwhile is followed by the one that was on its way", () => {
    const machine = serving();
    machine.after(worn(1, 11), forked(3, 13));
    expect(acts(machine.after(exited(1, 11)))).toEqual(["front: worker-exited"]);
    expect(machine.after(attached(3, 13))).toEqual(["front: admit 13, retire none"]);
  });

  test("without master the server ends with it", () => {
    const machine = serving({ master: false });
    expect(machine.after(worn(1, 11))).toEqual(["front: admit none, retire 11"]);
    expect(machine.after(exited(1, 11, "exit code 0")).join()).toContain("without master = true");
  });
});

test("a front that starts anew hears again who is admitted and who goes", () => {
  const machine = serving();
  coming(machine);
  machine.after(attached(3, 23), attached(4, 24));
  machine.after({ type: "front-exited", front: 1, status: "killed by SIGKILL" });
  machine.after(front({ type: "ready" }));
  expect(machine.after(attached(3, 23))).toEqual(["front: admit 23, retire none"]);
  expect(machine.after(attached(1, 11))).toEqual(["front: admit none, retire 11"]);
});

test("a stop in the middle of a reload ends both generations", () => {
  const machine = serving();
  coming(machine);
  expect(acts(machine.after(command("stop")))).toEqual([
    "front: drain",
    "zygote: stop 61",
    "zygote 3: stop 0",
  ]);
  expect(machine.after(frontExited(1), zygoteExited(next), zygoteExited(firstZygote))).toContain(
    "end 0",
  );
});

test("more and fewer workers, within bounds; paused and resumed", () => {
  const machine = serving();
  expect(acts(machine.after(command("fewer-workers")))).toEqual(["front: admit none, retire 12"]);
  const inVain = machine.after(command("fewer-workers"));
  expect(acts(inVain)).toEqual([]);
  expect(inVain.join()).toContain(
    "1 of 2 workers stay: `cheaper` and `processes` allow no other number",
  );
  expect(acts(machine.after(command("more-workers")))).toEqual(["zygote: fork 2 3 false"]);
  expect(acts(machine.after(command("more-workers")))).toEqual([]);
  expect(acts(machine.after(command("pause"), command("pause")))).toEqual([
    "front: pause",
    "front: pause",
  ]);
  machine.after(command("pause"));
  expect(machine.after(command("stop"))).toContain("front: pause");
});
