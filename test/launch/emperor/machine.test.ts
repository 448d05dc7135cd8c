/** Every decision of an emperor, without a process. */
import { describe, expect, test } from "vitest";
import { settledMs } from "../../../src/launch/emperor/faults.ts";
import { mostVassals } from "../../../src/launch/emperor/found.ts";
import { longestTurnMs, nextDeadline } from "../../../src/launch/emperor/machine.ts";
import { Court, file } from "./court.ts";

/** One that serves, since long ago. */
function settled(id: string, more = {}): Court {
  const court = new Court(more);
  court.found(id);
  court.serves(id);
  court.pass(settledMs);
  return court;
}

describe("files", () => {
  test("each gets a server, and only once", () => {
    const court = new Court();
    expect(court.found("a.ini", "b.ini")).toEqual(["start a.ini", "start b.ini"]);
    expect(court.found("a.ini", "b.ini")).toEqual([]);
  });

  test("a changed one reloads its server", () => {
    const court = settled("a.ini");
    expect(court.found(file("a.ini", { stamp: "2" }))).toEqual(["reload a.ini"]);
    expect(court.found(file("a.ini", { stamp: "2" }))).toEqual([]);
    expect(court.vassal("a.ini")).toMatchObject({ respawns: 1, stage: "running" });
    expect(court.vassal("a.ini").run).toMatchObject({ acceptingMs: undefined });
    court.says("a.ini", "accepting");
    expect(court.found(file("a.ini", { stamp: "3" }))).toEqual(["reload a.ini"]);
  });

  test("one that is gone stops its server, which is forgotten when it has ended", () => {
    const court = settled("a.ini");
    expect(court.found()).toEqual(["stop a.ini"]);
    expect(court.found()).toEqual([]);
    expect(court.exits("a.ini", "exit code 0")).toEqual(["gone a.ini"]);
    expect(court.state.vassals).toEqual([]);
    expect(nextDeadline(court.state, court.nowMs)).toBeUndefined();
  });

  test("one that is gone and back before the server has ended starts it again", () => {
    const court = settled("a.ini");
    court.found();
    expect(court.found(file("a.ini", { stamp: "2" }))).toEqual([]);
    expect(court.exits("a.ini", "exit code 0")).toEqual(["gone a.ini", "start a.ini"]);
  });

  test("one that is gone before its server was started is forgotten at once", () => {
    const court = new Court({ startsAtOnce: 1 });
    court.found("a.ini", "b.ini");
    expect(court.found("a.ini")).toEqual([]);
    expect(court.state.vassals.map((one) => one.file.id)).toEqual(["a.ini"]);
  });

  test("one that changes while its server starts starts it anew: what was read may be half of it", () => {
    const court = new Court();
    court.found("a.ini");
    court.take({ type: "started", run: court.run("a.ini"), pid: 5 });
    expect(court.found(file("a.ini", { stamp: "2" }))).toEqual(["kill a.ini"]);
    expect(court.exits("a.ini")).toEqual(["gone a.ini", "start a.ini"]);
    expect(court.vassal("a.ini").faults).toBeUndefined();
  });

  test("a directory that vanishes keeps its servers, and is told about once", () => {
    const court = settled("a.ini");
    const unseen = { type: "unseen", source: 0, name: "/v", reason: "ENOENT" } as const;
    expect([...court.take(unseen), ...court.take(unseen)]).toEqual([]);
    expect(court.log.filter((line) => line.includes("/v cannot be looked at"))).toHaveLength(1);
    expect(court.found("a.ini")).toEqual([]);
    court.take(unseen);
    expect(court.log.filter((line) => line.includes("/v cannot be looked at"))).toHaveLength(2);
    expect(court.found()).toEqual(["stop a.ini"]);
  });

  test("a source says nothing about the files of another, nor takes one over", () => {
    const court = settled("a.ini");
    const other = file("b.ini", { source: 1 });
    const files = [other, file("a.ini", { source: 1, stamp: "9" })];
    expect(court.take({ type: "found", source: 1, files })).toEqual(["start b.ini"]);
    expect(court.vassal("a.ini").file.stamp).toBe("1");
    expect(court.take({ type: "found", source: 1, files: [other] })).toEqual([]);
  });

  test("more than can be are left out, which is told once", () => {
    const court = new Court();
    const many = Array.from({ length: mostVassals + 1 }, (_, index) => `${index}.ini`);
    court.found(...many);
    court.found(...many);
    expect(court.state.vassals).toHaveLength(mostVassals);
    expect(court.log.filter((line) => line.includes("more than"))).toHaveLength(1);
  });
});

describe("servers that start", () => {
  test("take turns, and one that accepts requests gives its turn up", () => {
    const court = new Court();
    expect(court.found("a", "b", "c", "d")).toEqual(["start a", "start b"]);
    expect(court.says("a", "ready")).toEqual([]);
    expect(court.says("a", "accepting")).toEqual(["start c"]);
    expect(court.exits("b")).toEqual(["gone b", "start d"]);
  });

  test("lose their turn when they take too long, so that one that hangs holds up nobody", () => {
    const court = new Court({ startsAtOnce: 1 });
    court.found("a", "b", "c");
    expect(court.pass(longestTurnMs - 1)).toEqual([]);
    expect(court.pass(1)).toEqual(["start b"]);
    expect(court.pass(longestTurnMs)).toEqual(["start c"]);
    expect(court.done).toEqual(["start a", "start b", "start c"]);
  });

  test("that are due are no deadline: nothing is done again and again while they wait", () => {
    const court = new Court({ startsAtOnce: 1 });
    court.found("a", "b");
    expect(nextDeadline(court.state, court.nowMs)).toBe(court.nowMs + longestTurnMs);
  });

  test("the longest waiting is first: one that fails all the time starves nobody", () => {
    const court = new Court({ startsAtOnce: 1, throttleMs: 0 });
    court.found("bad", "b", "c");
    expect(court.exits("bad")).toEqual(["gone bad", "start b"]);
    court.pass(1);
    expect(court.says("b", "accepting")).toEqual(["start c"]);
    expect(court.says("c", "accepting")).toEqual(["start bad"]);
  });

  test("reloads take turns as well", () => {
    const court = new Court();
    court.found("a", "b", "c");
    court.serves("a", "b", "c");
    expect(court.command("reload")).toEqual(["reload a", "reload b"]);
    expect(court.says("b", "accepting")).toEqual(["reload c"]);
    expect(court.pass(longestTurnMs)).toEqual([]);
    expect(court.state.vassals.map(({ respawns }) => respawns)).toEqual([1, 1, 1]);
  });
});

describe("a server that fails", () => {
  test("waits a little longer each time, as uWSGI's, and half from the maximum on", () => {
    const court = new Court();
    court.found("a");
    const pauses: number[] = [];
    for (let attempt = 0; attempt < 6; attempt++) {
      expect(court.exits("a")).toEqual(["gone a"]);
      const { dueMs } = court.vassal("a");
      pauses.push(dueMs - court.nowMs);
      expect(nextDeadline(court.state, court.nowMs)).toBe(dueMs);
      expect(court.pass(dueMs - court.nowMs)).toEqual(["start a"]);
    }
    expect(pauses).toEqual([1, 1001, 2001, 3001, 1500.5, 2500.5]);
    expect(court.vassal("a").faults).toMatchObject({ attempts: 5 });
  });

  test("starts at once when its file changes", () => {
    const court = new Court();
    court.found("a");
    court.exits("a");
    court.pass(1);
    court.exits("a");
    expect(court.found("a")).toEqual([]);
    expect(court.found(file("a", { stamp: "2" }))).toEqual(["start a"]);
    expect(court.vassal("a").faults).toBeUndefined();
  });

  test("starts at once when failures are forgiven", () => {
    const court = new Court();
    court.found("a");
    court.exits("a");
    court.pass(1);
    court.exits("a");
    expect(court.command("forgive")).toEqual(["start a"]);
    expect(court.vassal("a").faults).toBeUndefined();
  });

  test("waits a second each time without a blacklist", () => {
    const court = new Court({ noBlacklist: true });
    court.found("a");
    for (let attempt = 0; attempt < 3; attempt++) {
      court.exits("a");
      expect(court.pass(999)).toEqual([]);
      expect(court.pass(1)).toEqual(["start a"]);
    }
  });

  test("soon after it accepted requests has failed at its start", () => {
    const court = new Court();
    court.found("a");
    court.serves("a");
    court.pass(settledMs - 1);
    court.exits("a");
    expect(court.vassal("a").faults).toMatchObject({ attempts: 0 });
  });

  test("long after it accepted requests starts again at once, and earlier failures are forgotten", () => {
    const court = new Court();
    court.found("a");
    court.exits("a");
    court.pass(1);
    court.serves("a");
    court.pass(settledMs);
    expect(court.exits("a", "killed by SIGSEGV")).toEqual(["gone a", "start a"]);
    expect(court.vassal("a").faults).toBeUndefined();
    expect(court.log.at(-1)).toContain("killed by SIGSEGV");
  });

  test("disturbs no other", () => {
    const court = settled("good");
    court.found("good", "bad");
    for (let attempt = 0; attempt < 5; attempt++) {
      court.exits("bad");
      court.pass(3001);
    }
    expect(court.done.filter((what) => what.includes("good"))).toEqual(["start good"]);
  });
});

describe("a server that does not end", () => {
  test.each(["stop", "kill"] as const)("by %s is killed, again and again", (name) => {
    const court = settled("a");
    court.command(name);
    expect(court.pass(19_999)).toEqual([]);
    expect(court.pass(1)).toEqual(["SIGKILL a"]);
    expect(court.pass(20_000)).toEqual(["SIGKILL a"]);
    expect(court.exits("a", "killed by SIGKILL")).toEqual(["gone a", "end"]);
  });

  test("and never accepted requests is killed sooner", () => {
    const court = new Court();
    court.found("a");
    expect(court.command("stop")).toEqual(["kill a"]);
    expect(court.pass(2_999)).toEqual([]);
    expect(court.pass(1)).toEqual(["SIGKILL a"]);
  });

  test("although its channel is closed is killed, and starts again", () => {
    const court = settled("a");
    court.take({ type: "silent", run: court.run("a") });
    expect(court.pass(20_000)).toEqual(["SIGKILL a"]);
    expect(court.exits("a", "killed by SIGKILL")).toEqual(["gone a", "start a"]);
  });

  test("although it asked for that is killed; when it ends it starts again", () => {
    const court = settled("a");
    expect(court.says("a", "leave")).toEqual(["stop a"]);
    expect(court.pass(20_000)).toEqual(["SIGKILL a"]);
    expect(court.exits("a")).toEqual(["gone a", "start a"]);
  });

  test("a closed channel is nothing when the process ends as well", () => {
    const court = settled("a");
    court.take({ type: "silent", run: court.run("a") });
    expect(court.exits("a", "exit code 0")).toEqual(["gone a", "start a"]);
    expect(court.pass(100_000)).toEqual([]);
  });
});

describe("heartbeats", () => {
  test("that stop have the server killed and started again", () => {
    const court = settled("a");
    court.says("a", "heartbeat");
    court.pass(29_999);
    court.says("a", "heartbeat");
    expect(court.pass(29_999)).toEqual([]);
    expect(court.pass(1)).toEqual(["SIGKILL a"]);
    expect(court.pass(100_000)).toEqual([]);
    expect(court.exits("a", "killed by SIGKILL")).toEqual(["gone a", "start a"]);
  });

  test("of a server that never gave one are not missed", () => {
    expect(settled("a").pass(1_000_000)).toEqual([]);
  });
});

describe("commands", () => {
  test("stop: those with requests finish them, others end at once, then the emperor", () => {
    const court = new Court();
    court.found("a", "b", "c");
    court.serves("a");
    expect(court.command("stop")).toEqual(["stop a", "kill b", "kill c"]);
    expect(court.exits("b")).toEqual(["gone b"]);
    expect(court.found("a", "b", "new")).toEqual([]);
    expect(court.exits("c")).toEqual(["gone c"]);
    expect(court.exits("a", "exit code 0")).toEqual(["gone a", "end"]);
  });

  test("kill: all end at once, also after stop", () => {
    const court = settled("a");
    expect(court.command("stop")).toEqual(["stop a"]);
    expect(court.command("stop")).toEqual([]);
    expect(court.command("kill")).toEqual(["kill a"]);
  });

  test("stop without any server ends at once", () => {
    expect(new Court().command("stop")).toEqual(["end"]);
  });

  test("stop forgets those that wait", () => {
    const court = new Court();
    court.found("a");
    court.exits("a");
    expect(court.command("stop")).toEqual(["end"]);
  });

  test("reload: what starts is started anew, what waits goes on waiting", () => {
    const court = new Court();
    court.found("a", "b");
    court.serves("a");
    expect(court.command("reload")).toEqual(["kill b", "reload a"]);
    expect(court.exits("b")).toEqual(["gone b", "start b"]);
    court.exits("b");
    expect(court.command("reload")).toEqual(["reload a"]);
    expect(court.vassal("b").stage).toBe("waiting");
  });

  test("scan looks at the files at once", () => {
    expect(new Court().command("scan")).toEqual(["scan"]);
  });

  test("stats tells of each server in the log", () => {
    const court = settled("a");
    court.found("a", "b");
    court.exits("b");
    court.command("stats");
    expect(court.log.slice(-2)).toEqual([
      expect.stringMatching(/a: running, pid \d+, loyal, 0 reloads$/),
      expect.stringMatching(
        /b: waiting, no process, not loyal|b: waiting, no process, 0 reloads, 1 failed/,
      ),
    ]);
  });
});

describe("a tyrant", () => {
  const roots = file("a", { uid: 0 });

  test.each([
    [{ uid: 0 }, "belongs to root, is not started; give it to another user"],
    [{ gid: 0 }, "belongs to root's group, is not started; give it to another group"],
  ] as const)("starts nothing that is root's, and says so once: %j", (owner, told) => {
    const court = new Court({ tyrant: true });
    expect(court.found(file("a", owner), file("b"))).toEqual(["start b"]);
    court.found(file("a", owner), file("b"));
    expect(court.found(file("a", { ...owner, stamp: "2" }), file("b"))).toEqual([]);
    expect(court.log.filter((line) => line.includes(told))).toHaveLength(1);
  });

  test("starts it when it was given to another user", () => {
    const court = new Court({ tyrant: true });
    court.found(roots);
    expect(court.found(file("a"))).toEqual(["start a"]);
  });

  test("stops a server whose file changes hands, and starts it as the new owner", () => {
    const court = settled("a", { tyrant: true });
    expect(court.found(file("a", { uid: 1001 }))).toEqual(["stop a"]);
    expect(court.exits("a", "exit code 0")).toEqual(["gone a", "start a"]);
    expect(court.vassal("a").file.uid).toBe(1001);
  });

  test("does not start it again when the new owner is root", () => {
    const court = settled("a", { tyrant: true });
    expect(court.found(roots)).toEqual(["stop a"]);
    expect(court.exits("a", "exit code 0")).toEqual(["gone a"]);
    expect(court.vassal("a").stage).toBe("barred");
    expect(court.pass(1_000_000)).toEqual([]);
    expect(court.found()).toEqual([]);
    expect(court.state.vassals).toEqual([]);
  });

  test("alone looks at owners", () => {
    const court = new Court();
    expect(court.found(roots)).toEqual(["start a"]);
    expect(court.found(file("a", { uid: 1001 }))).toEqual([]);
  });
});

test("what a process says after its end was noted counts for nothing", () => {
  const court = settled("a");
  const run = court.run("a");
  court.exits("a");
  for (const type of ["silent", "started", "exited"] as const)
    expect(court.take({ type, run, pid: 1, status: "late" })).toEqual([]);
  expect(court.take({ type: "said", run, sign: "loyal" })).toEqual([]);
  expect(court.vassal("a").run).toMatchObject({ pid: undefined, loyalMs: undefined });
});
