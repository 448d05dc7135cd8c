import { describe, expect, test } from "vitest";
import type { MasterEvent } from "../../../../src/launch/master/machine/event.ts";
import { nextDeadline } from "../../../../src/launch/master/machine/machine.ts";
import {
  attached,
  exited,
  firstFront,
  firstZygote,
  forked,
  front,
  frontReady,
  listening,
  loaded,
  play,
  serving,
  wake,
  zygote,
} from "./plays.ts";

const signal = (by: "SIGTERM" | "SIGINT" | "SIGQUIT"): MasterEvent => ({
  type: "command",
  name: by === "SIGTERM" ? "stop" : "kill",
  by,
});
const frontExited = (status = "killed by SIGKILL"): MasterEvent => ({
  type: "front-exited",
  front: firstFront,
  status,
});
const zygoteExited = (status = "exit code 0"): MasterEvent => ({
  ...{ type: "zygote-exited", zygote: firstZygote, status },
});

describe("start", () => {
  test("zygote and front at once, workers when both can have them, listening with the first", () => {
    const machine = play();
    expect(machine.after(wake)).toEqual(["spawn-zygote", "spawn-front"]);
    expect(machine.after(loaded)).toEqual(["log application loaded in 0.500 s by CPython 3.11.2"]);
    expect(machine.after(frontReady)).toEqual(["zygote: fork 1 1 false", "zygote: fork 2 2 false"]);
    expect(machine.after(forked(1, 11), attached(1, 11))).toEqual(["front: listen"]);
    expect(machine.after(forked(2, 12), attached(2, 12))).toEqual([]);
    expect(machine.after(listening)).toEqual(["ready"]);
  });

  test("the front may name a worker before the zygote does", () => {
    const machine = play({ processes: 1 });
    machine.after(wake, frontReady, loaded);
    expect(machine.after(attached(1, 11))).toEqual(["front: listen"]);
    machine.after(forked(1, 11));
    expect(machine.state().workers[0]).toMatchObject({ stage: "serving", pid: 11 });
  });

  test("a front that cannot listen ends it", () => {
    const machine = play();
    machine.after(wake);
    const failed = front({ type: "failed", message: "no" });
    expect(machine.after(failed)).toEqual(["report no", "kill-front", "kill-zygote"]);
    expect(machine.after(frontExited(), zygoteExited("killed by SIGKILL"))).toEqual(["end 1"]);
  });

  test("an engine that cannot be had ends it with 1, and later only the zygote", () => {
    const word = { is: "unusable", message: "no gevent" } as const;
    const unusable = zygote(word);
    const machine = play({ lenient: true });
    machine.after(wake);
    expect(machine.after(unusable)).toEqual(["report no gevent", "kill-front", "kill-zygote"]);
    expect(machine.after(frontExited(), zygoteExited("killed by SIGKILL"))).toEqual(["end 1"]);
    const served = serving();
    served.after(zygoteExited("killed by SIGKILL"));
    expect(served.after(unusable)).toEqual(["log no gevent", "kill-zygote"]);
    expect(served.state().stage).toBe("serving");
  });

  test("a zygote or a front that dies ends it", () => {
    const machine = play();
    machine.after(wake);
    const text = "report the zygote ended while the application was loaded: exit code 3";
    expect(machine.after(zygoteExited("exit code 3"))).toEqual([text, "kill-front"]);
    expect(machine.after(frontExited())).toEqual(["end 1"]);
    const other = play();
    other.after(wake);
    expect(other.after(frontExited("exit code 1"))).toContain(
      "report the front ended: exit code 1, during the start",
    );
  });

  test("a worker that dies three times before it serves ends it", () => {
    const machine = play({ processes: 1 });
    machine.after(wake, frontReady, loaded, forked(1, 11));
    expect(machine.after(exited(1, 11))).toContain("zygote: fork 1 1 false");
    machine.after(forked(1, 12), exited(1, 12), forked(1, 13));
    expect(machine.after(exited(1, 13)).join()).toMatch(/report worker 1 .*3 times in a row/);
    expect(machine.after(frontExited(), zygoteExited())).toEqual(["end 1"]);
  });

  test("a signal before anything is served stops at once", () => {
    const machine = play();
    machine.after(wake);
    expect(machine.after(signal("SIGTERM")).slice(1)).toEqual(["kill-front", "kill-zygote"]);
    expect(machine.after(frontExited(), zygoteExited("killed by SIGKILL"))).toEqual(["end 0"]);
  });

  test("a daemon whose starter goes away gives up; one that serves does not care", () => {
    const machine = play();
    machine.after(wake);
    expect(machine.after({ type: "starter-gone" })).toContain("kill-front");
    expect(serving().after({ type: "starter-gone" })).toEqual([]);
  });
});

describe("an application that cannot be loaded", () => {
  const failure = { message: "no module", traceback: "" } as const;
  const failed = (kind: "missing" | "syntax" | "callable" | "exception") =>
    zygote({ is: "load-failed", python: "CPython 3.11.2", kind, ...failure });

  for (const kind of ["missing", "syntax", "callable"] as const) {
    test(`${kind}: exit code 22, unless lenient`, () => {
      const machine = play();
      machine.after(wake, frontReady);
      expect(machine.after(failed(kind))[0]).toBe("report no module");
      expect(machine.after(frontExited(), zygoteExited())).toContain("end 22");
      const lenient = play({ lenient: true, processes: 1 });
      lenient.after(wake, frontReady);
      expect(lenient.after(failed(kind))).toEqual([
        "log-failure no module",
        "zygote: fork 1 1 false",
      ]);
    });
  }

  test("exception: served with 500s, but need-app ends it", () => {
    const machine = play({ processes: 1 });
    machine.after(wake, frontReady);
    expect(machine.after(failed("exception"))).toEqual([
      "log-failure no module",
      "zygote: fork 1 1 false",
    ]);
    const strict = play({ needApp: true });
    strict.after(wake, frontReady);
    expect(strict.after(failed("exception"))[0]).toBe("report no module");
  });

  test("none at all is fine where there are files to serve", () => {
    const machine = play({ servesFiles: true, processes: 1 });
    machine.after(wake, frontReady);
    expect(machine.after(failed("missing"))).toContain("zygote: fork 1 1 false");
  });

  test("lazy-apps: the workers tell, and the log has it once", () => {
    const machine = play({ lazyApps: true });
    machine.after(wake, frontReady, loaded, forked(1, 11), forked(2, 12));
    const tell = (slot: number) =>
      front({ type: "attached", slot, pid: 10 + slot, failure: { kind: "exception", ...failure } });
    expect(machine.after(tell(1))).toEqual(["log-failure no module", "front: listen"]);
    expect(machine.after(tell(2))).toEqual([]);
    const strict = play({ lazyApps: true, needApp: true });
    strict.after(wake, frontReady, loaded, forked(1, 11));
    expect(strict.after(tell(1))[0]).toBe("report no module");
    expect(strict.after(frontExited(), zygoteExited())).toEqual(["end 22"]);
  });
});

describe("supervision", () => {
  test("a worker that dies is forked again at once", () => {
    const machine = serving();
    expect(machine.after(exited(1, 11))).toEqual([
      "front: worker-exited",
      "log worker 1 (pid 11) ended: killed by SIGSEGV; starting a new one",
      "zygote: fork 1 1 false",
    ]);
  });

  test("one that cannot live is tried after a pause, and no sooner", () => {
    const machine = serving({ processes: 1 });
    // The first life was long; of the short ones two are free.
    for (const pid of [11, 12, 13])
      expect(machine.after(exited(1, pid), forked(1, pid + 1))).toContain("zygote: fork 1 1 false");
    expect(machine.after(exited(1, 14))[1]).toMatch(/trying again in 1 s/);
    expect(machine.pass(999)).toEqual([]);
    expect(machine.pass(1)).toEqual(["zygote: fork 1 1 false"]);
  });

  test("harakiri kills the worker and no other", () => {
    const machine = serving();
    const harakiri = (pid: number) =>
      front({ type: "harakiri", slot: 2, pid, request: "GET /slow" });
    expect(machine.after(harakiri(99))).toEqual([]);
    expect(machine.after(harakiri(12)).slice(1)).toEqual(["overdue", "zygote: trace 2"]);
    expect(machine.after(harakiri(12))).toEqual([]);
    expect(machine.pass(200)).toEqual(["zygote: kill 2 9"]);
    expect(machine.after(exited(2, 12))).toContain("zygote: fork 2 2 false");
  });

  test("what the front says late of a dead worker does not hit the next one", () => {
    const machine = serving();
    machine.after(exited(2, 12));
    const late = front({ type: "harakiri", slot: 2, pid: 12, request: "GET /slow" });
    expect(machine.after(late, attached(2, 12))).toEqual([]);
    machine.after(forked(2, 22), attached(2, 22));
    expect(machine.state().workers[1]).toMatchObject({ pid: 22, stage: "serving" });
  });

  test("a worker that cannot be forked is tried again", () => {
    const machine = serving();
    machine.after(exited(1, 11));
    const refused = exited(1, 0, "it cannot be forked: no");
    for (const _ of [1, 2]) expect(machine.after(refused)).toContain("zygote: fork 1 1 false");
    expect(machine.after(refused).join()).toMatch(/again in 1 s/);
  });

  test("a front that dies is started again, and listens as soon as it is ready", () => {
    const machine = serving();
    expect(machine.after(frontExited())).toContain("spawn-front");
    expect(machine.after(frontReady)).toEqual(["front: listen"]);
    expect(machine.after(listening)).toEqual([]);
  });

  test("a zygote that dies takes its workers along", () => {
    const machine = serving();
    const done = machine.after(zygoteExited("killed by SIGKILL"));
    expect(done.slice(0, 2)).toEqual(["kill 11", "kill 12"]);
    expect(done).toContain("spawn-zygote");
    expect(machine.after(loaded).slice(1)).toEqual([
      "zygote: fork 1 1 false",
      "zygote: fork 2 2 false",
    ]);
  });

  for (const [who, event] of [
    ["worker", exited(1, 11)],
    ["front", frontExited()],
    ["zygote", zygoteExited("killed by SIGKILL")],
  ] as const) {
    test(`without master the ${who}'s death ends the server`, () => {
      const machine = serving({ master: false });
      expect(machine.after(event).join()).toMatch(/report .* without master = true/);
      expect(machine.after(frontExited(), zygoteExited())).toContain("end 1");
    });
  }
});

describe("stop", () => {
  test("SIGTERM lets requests finish; a second one changes nothing", () => {
    const machine = serving();
    const asked = [
      "log SIGTERM: stopping, requests in hand have 60 s",
      "front: drain",
      "zygote: stop 61",
    ];
    expect(machine.after(signal("SIGTERM"))).toEqual(asked);
    expect(machine.pass(30_000)).toEqual([]);
    expect(machine.after(signal("SIGTERM"))).toEqual([]);
    expect(nextDeadline(machine.state())).toBe(70_000);
    expect(machine.after(exited(1, 11, "exit code 0"))).toEqual(["front: worker-exited"]);
    expect(machine.after(frontExited("exit code 0"))).toEqual([]);
    expect(machine.after(zygoteExited())).toEqual(["end 0"]);
    expect(machine.after(wake)).toEqual([]);
  });

  test("mercy ends", () => {
    const machine = serving();
    machine.after(signal("SIGTERM"));
    // The front answers for the workers before it goes too.
    expect(machine.pass(60_000).slice(1)).toEqual(["zygote: stop 0"]);
    expect(machine.pass(1_000)).toEqual(["kill-front", "zygote: stop 0"]);
    expect(machine.after(frontExited(), zygoteExited())).toEqual(["end 0"]);
  });

  test("SIGINT and SIGQUIT stop at once, also while draining", () => {
    for (const name of ["SIGINT", "SIGQUIT"] as const) {
      const machine = serving();
      machine.after(signal("SIGTERM"));
      expect(machine.after(signal(name)).slice(1)).toEqual(["kill-front", "zygote: stop 0"]);
      expect(machine.after(signal(name))).toEqual([]);
      expect(machine.after(frontExited(), zygoteExited())).toEqual(["end 0"]);
    }
  });

  test("a zygote that does not obey is killed, and its workers by pid", () => {
    const machine = serving();
    machine.after(signal("SIGINT"), frontExited());
    expect(machine.pass(1_000)).toEqual(["kill-zygote", "kill 11", "kill 12"]);
  });

  test("SIGTERM while there is no front: nothing is in hand, so all ends at once", () => {
    const machine = serving();
    machine.after(frontExited());
    const done = machine.after(signal("SIGTERM"));
    expect(done.slice(2)).toEqual(["kill-front", "zygote: stop 0"]);
    expect(machine.after(frontExited(), zygoteExited())).toEqual(["end 0"]);
  });

  test("a front that dies while it drains: nobody would tell the workers to go", () => {
    const machine = serving();
    machine.after(signal("SIGTERM"));
    expect(machine.after(frontExited()).slice(1)).toEqual(["zygote: stop 0"]);
    expect(machine.after(zygoteExited())).toEqual(["end 0"]);
  });

  test("a worker that the front never met is killed when that has drained", () => {
    const machine = serving();
    machine.after(exited(1, 11));
    machine.after(signal("SIGTERM"));
    expect(machine.after(frontExited("exit code 0"))).toEqual(["zygote: kill 1 9"]);
    // The others have a moment to clear up, however long the mercy is.
    expect(machine.pass(8_000).slice(1)).toEqual(["zygote: stop 0"]);
    const other = serving();
    other.after(frontExited(), frontReady, attached(2, 12));
    other.after(signal("SIGTERM"));
    expect(other.after(frontExited("exit code 0"))).toEqual(["zygote: kill 1 9"]);
  });
});

test("nothing is due while all is well", () => {
  expect(nextDeadline(serving().state())).toBeUndefined();
});
