/** The decisions about programs beside the server, without any process. */
import { describe, expect, test } from "vitest";
import { daemonsDeadline, stepDaemons } from "../../../src/launch/beside/daemon-machine.ts";
import { type DaemonEvent, noDaemons } from "../../../src/launch/beside/daemon-state.ts";
import { type DaemonSetting, plainDaemon } from "../../../src/settings/beside-settings.ts";

const place = { file: "a.ini", line: 1, column: 1, endLine: 1, endColumn: 1 };
const plain = (more: Partial<DaemonSetting> = {}) => ({ ...plainDaemon("run", place), ...more });
const smart = (more: Partial<DaemonSetting> = {}) => plain({ pidfile: "/p", ...more });

/** Drives the machine by hand; actions are kept as short text. */
function play() {
  let state = noDaemons();
  let nowMs = 1_000;
  const does = (...events: readonly DaemonEvent[]) =>
    events.flatMap((event) => {
      const before = structuredClone(state);
      const result = stepDaemons(state, event, nowMs);
      expect(state).toEqual(before); // The state that it was given stays as it is.
      state = result.state;
      return result.actions.map((action) => {
        if (action.type === "log") return action.text.replace(/^daemon "run"/, "log");
        if (action.type === "signal") return `signal ${action.pid} ${action.signal} ${action.to}`;
        if (action.type === "end-server") return `end-server by ${action.by}`;
        return "id" in action ? `${action.type} ${action.id}` : action.type;
      });
    });
  const configured = (...settings: readonly DaemonSetting[]) =>
    does({ type: "configured", settings, mercyMs: 3_000 });
  return {
    does,
    configured,
    state: () => state,
    /** Moves the clock and wakes the machine if it has asked for that by then. */
    pass: (milliseconds: number) => {
      nowMs += milliseconds;
      const due = daemonsDeadline(state);
      return due !== undefined && due <= nowMs ? does({ type: "wake" }) : [];
    },
  };
}

const spawned = (id: number, pid: number): DaemonEvent => ({ type: "spawned", id, pid });
const exited = (id: number, status = "exit code 1"): DaemonEvent => ({
  ...{ type: "exited", id, status },
});
const pidfile = (id: number, pid: number): DaemonEvent => ({ type: "pidfile", id, pid });
const groupGone = (id: number): DaemonEvent => ({ type: "group", id, lives: false });
const stop: DaemonEvent = { type: "stop" };

describe("a program without a pidfile", () => {
  test("is started, and started again at once after a long life", () => {
    const { configured, does, pass } = play();
    expect(configured(plain())).toEqual(["changed", "spawn 1"]);
    does(spawned(1, 100));
    pass(3_000);
    expect(does(exited(1, "killed by SIGSEGV"))).toEqual([
      "signal 100 9 group",
      "log (pid 100): ended: killed by SIGSEGV; it is started again at once",
      "spawn 1",
    ]);
  });

  test("waits longer and longer while its lives are short, up to max_throttle", () => {
    const { configured, does, pass } = play();
    configured(plain({ maxThrottle: 3 }));
    const waits: number[] = [];
    for (let life = 0; life < 5; life++) {
      does(spawned(1, 100));
      expect(does(exited(1))).not.toContain("spawn 1");
      let seconds = 0;
      while (!pass(1_000).includes("spawn 1")) seconds++;
      waits.push(seconds + 1);
    }
    expect(waits).toEqual([1, 2, 3, 3, 3]);
  });

  test("that cannot be started is tried again", () => {
    const { configured, does, pass } = play();
    configured(plain());
    expect(does(spawned(1, 0), exited(1, "cannot be started: no"))).toEqual([
      "log: ended: cannot be started: no; it is started again in 1 s",
    ]);
    expect(pass(1_000)).toEqual(["spawn 1"]);
  });

  test("is stopped with its signal, and all of its group waited for", () => {
    const { configured, does, pass } = play();
    configured(plain({ stopSignal: 2, reloadSignal: 1 }));
    does(spawned(1, 100));
    expect(does(stop)).toEqual(["log (pid 100): is stopped", "signal 100 2 program"]);
    expect(does(exited(1))).toEqual(["look-at-group 1"]);
    expect(does({ type: "group", id: 1, lives: true })).toEqual([]);
    expect(pass(50)).toEqual(["look-at-group 1"]);
    expect(does(groupGone(1))).toEqual(["stopped"]);
    expect(pass(100_000)).toEqual([]);
  });

  test("that does not end is killed after 3 s, and not waited for for ever", () => {
    const { configured, does, pass } = play();
    configured(plain());
    does(spawned(1, 100), stop);
    expect(pass(2_999)).toEqual([]);
    expect(pass(1)).toEqual([
      "log (pid 100): has not ended in time, it is killed",
      "signal 100 9 program",
    ]);
    expect(pass(1_000)).toEqual(["log (pid 100): what is left of it does not end", "stopped"]);
  });

  test("whose group does not end: the group alone is killed, for its own number may be another's", () => {
    const { configured, does, pass } = play();
    configured(plain());
    does(spawned(1, 100), stop, exited(1));
    expect(pass(3_000)).toContain("signal 100 9 group");
  });

  test("that waits for its next start is dropped by a stop", () => {
    const { configured, does } = play();
    configured(plain());
    expect(does(spawned(1, 100), exited(1), stop).at(-1)).toBe("stopped");
  });

  test("is restarted by a reload, with the signal for that, and without a pause", () => {
    const { configured, does } = play();
    configured(plain({ reloadSignal: 1 }));
    does(spawned(1, 100));
    expect(configured(plain({ reloadSignal: 1, place: { ...place, line: 9 } }))).toEqual([
      "log (pid 100): is restarted",
      "signal 100 1 program",
      "changed",
    ]);
    expect(does(exited(1), groupGone(1))).toEqual(["look-at-group 1", "spawn 1"]);
  });

  test("that waits for its next start is started by a reload at once", () => {
    const { configured, does } = play();
    configured(plain());
    does(spawned(1, 100));
    expect(does(exited(1))).not.toContain("spawn 1");
    expect(configured(plain())).toEqual(["changed", "spawn 1"]);
    does(spawned(1, 101));
    // Its short lives are counted anew.
    expect(does(exited(1))[1]).toContain("it is started again in 1 s");
  });

  test("is ended by a reload when it is configured no more; new ones are started", () => {
    const { configured, does } = play();
    configured(plain());
    does(spawned(1, 100));
    expect(configured(plain({ chdir: "/other" }))).toEqual([
      "log (pid 100): is stopped",
      "signal 100 15 program",
      "changed",
      "spawn 2",
    ]);
    expect(does(exited(1), groupGone(1))).toEqual(["look-at-group 1"]);
  });

  test("a stop in the middle of a restart ends it", () => {
    const { configured, does } = play();
    configured(plain());
    does(spawned(1, 100));
    configured(plain());
    expect(does(stop, exited(1), groupGone(1))).toEqual(["look-at-group 1", "stopped"]);
  });

  test("two of the same are two", () => {
    const { configured, state } = play();
    configured(plain(), plain());
    configured(plain(), plain(), plain());
    expect(state().daemons.map(({ id }) => id)).toEqual([1, 2, 3]);
  });

  test("a touched file has it end and start again, whatever the life was", () => {
    const { configured, does } = play();
    configured(plain({ control: true }));
    does(spawned(1, 100));
    expect(does({ type: "touched", id: 1, path: "/t" })).toEqual([
      "log (pid 100): /t was touched, it is restarted",
      "signal 100 15 program",
    ]);
    expect(does(exited(1))).toEqual([
      "signal 100 9 group",
      "log (pid 100): ended: exit code 1; it is started again at once",
      "spawn 1",
    ]);
    // The next end is its own again.
    expect(does(spawned(1, 101), exited(1)).at(-1)).toBe('end-server by daemon "run"');
  });

  test("with control ends the server with it", () => {
    const { configured, does } = play();
    configured(plain({ control: true }));
    does(spawned(1, 100));
    expect(does(exited(1, "exit code 0"))).toEqual([
      "signal 100 9 group",
      "log (pid 100): ended: exit code 0; the server ends with it",
      'end-server by daemon "run"',
    ]);
    expect(does(stop)).toEqual(["stopped"]);
  });
});

describe("a program with a pidfile", () => {
  test("that runs already is left alone", () => {
    const { configured, does, pass } = play();
    expect(configured(smart())).toEqual(["changed", "look-at-pidfile 1"]);
    expect(does(pidfile(1, 500))).toEqual(["log (pid 500): runs already"]);
    expect(pass(1_000)).toEqual(["look-at-pidfile 1"]);
    expect(does(pidfile(1, 500))).toEqual([]);
  });

  test("is started, and watched by the number in the file", () => {
    const { configured, does, pass } = play();
    configured(smart());
    expect(does(pidfile(1, 0))).toEqual(["spawn 1"]);
    expect(does(spawned(1, 100), exited(1, "exit code 0"))).toEqual([]);
    expect(pass(1_000)).toEqual(["look-at-pidfile 1"]);
    expect(does(pidfile(1, 501))).toEqual(["log (pid 501): runs"]);
    expect(does(pidfile(1, 502))).toEqual(["log (pid 502): runs"]);
    pass(5_000);
    expect(does(pidfile(1, 0))).toEqual([
      "log (pid 502): is gone; it is started again at once",
      "spawn 1",
    ]);
  });

  test("that writes no pidfile is started again after its time", () => {
    const { configured, does, pass } = play();
    configured(smart({ freq: 2 }));
    does(pidfile(1, 0), spawned(1, 100));
    expect(does(exited(1, "exit code 3"))).toEqual(["log: its start ended: exit code 3"]);
    pass(1_000);
    expect(does(pidfile(1, 0))).toEqual([]);
    pass(1_000);
    expect(does(pidfile(1, 0))).toEqual([
      "log: has not written /p within 2 s; it is started again in 1 s",
    ]);
    expect(pass(1_000)).toEqual(["look-at-pidfile 1", "spawn 1"]);
  });

  test("that stays in the foreground is told about, and ends with the server", () => {
    const { configured, does, pass } = play();
    configured(smart({ freq: 1 }));
    does(pidfile(1, 0), spawned(1, 100));
    pass(1_000);
    expect(does(pidfile(1, 0))).toEqual([
      "log: has neither gone into the background nor written /p in 1 s",
    ]);
    expect(does(stop)).toEqual(["log (pid 100): is stopped", "signal 100 15 program"]);
    expect(does(exited(1), groupGone(1))).toEqual(["look-at-group 1", "stopped"]);
  });

  test("outlives the server and its reloads", () => {
    const { configured, does } = play();
    configured(smart());
    does(pidfile(1, 500));
    expect(configured(smart())).toEqual(["changed"]);
    expect(does(stop)).toEqual(["stopped"]);
  });

  test("is told about them with notifypid", () => {
    const { configured, does } = play();
    configured(smart({ notifyPid: true, stopSignal: 10 }));
    does(pidfile(1, 500));
    const same = smart({ notifyPid: true, stopSignal: 10 });
    expect(configured(same)).toEqual(["signal 500 1 program", "changed"]);
    expect(does(stop)).toEqual(["signal 500 10 program", "stopped"]);
  });

  test("that is configured no more is left to itself", () => {
    const { configured, does, state } = play();
    configured(smart());
    does(pidfile(1, 500));
    expect(configured()).toEqual(["changed"]);
    expect(state().daemons).toEqual([]);
  });
});
