import { describe, expect, test } from "vitest";
import { noControl, noInstance } from "../../src/settings/control-settings.ts";
import { rulesFor, settled, sound } from "./settled.ts";

function settings(...lines: readonly string[]) {
  return settled([...sound, ...lines].join("\n")).settings;
}

test("nothing of it is on by itself", () => {
  const { control, instance, master } = settings();
  expect(control).toEqual(noControl());
  expect(instance).toEqual(noInstance());
  expect(master).toBe(false);
});

describe("relative paths count from where uWSGI stands when it looks", () => {
  test("chdir: what the running master looks at", () => {
    const { control, instance } = settings(
      "master-fifo = f0",
      "master-fifo = /run/f1",
      "touch-reload = r",
      "fs-brutal-reload = fs",
      "check-mountpoint = mnt",
      "pidfile2 = p2",
      "safe-pidfile2 = s2",
      "chdir2 = data",
      "chdir = /srv/app",
    );
    expect(instance.fifos).toEqual(["/srv/app/f0", "/run/f1"]);
    expect(instance).toMatchObject({ pidfile2: "/srv/app/p2", safePidfile2: "/srv/app/s2" });
    expect(control.touches).toEqual([{ path: "/srv/app/r", action: { do: "reload" } }]);
    expect(control.fsReloads).toEqual([{ path: "/srv/app/fs", brutal: true }]);
    expect(control).toMatchObject({ mountpoints: ["/srv/app/mnt"], chdir2: "/srv/app/data" });
  });

  test("the start: locks and force-cwd", () => {
    const { control, instance } = settings(
      "chdir = /srv",
      "flock = l",
      "flock-wait2 = /w",
      "force-cwd = c",
    );
    expect(instance.locks).toEqual([
      { path: "/start/l", wait: false },
      { path: "/w", wait: true },
    ]);
    expect(control.forceCwd).toBe("/start/c");
  });

  test("the log of daemonize from the start, of daemonize2 from chdir", () => {
    const early = settings("chdir = /srv", "daemonize = log");
    const late = settings("chdir = /srv", "daemonize2 = log");
    expect(early.daemonize).toEqual({ kind: "file", path: "/start/log" });
    expect(late.daemonize).toEqual({ kind: "file", path: "/srv/log" });
    expect(late.instance.lateDaemonLog).toBe(true);
  });
});

test("touched files: what each means, in their order", () => {
  const { control } = settings(
    "touch-logrotate = a",
    "touch-exec = b   echo  two words ",
    "touch-chain-reload = a",
    "touch-workers-reload = c",
    "touch-logreopen = d",
  );
  expect(control.touches).toEqual([
    { path: "/start/a", action: { do: "rotate-log" } },
    { path: "/start/b", action: { do: "exec", command: "echo  two words" } },
    { path: "/start/a", action: { do: "chain-reload" } },
    { path: "/start/c", action: { do: "workers-reload" } },
    { path: "/start/d", action: { do: "reopen-log" } },
  ]);
});

test.each([
  "master-fifo = f",
  "touch-reload = r",
  "fs-reload = r",
  "check-mountpoint = /",
  "mount-check = /",
])("%s brings the master, as in uWSGI", (line) => {
  expect(settings(line).master).toBe(true);
  expect(settings(line, "master = false").master).toBe(false);
});

test("die-on-term: written out as false SIGTERM reloads", () => {
  expect(settings("die-on-term = true").instance.termReloads).toBe(false);
  expect(settings("die-on-term = false").instance.termReloads).toBe(true);
});

test.each([
  ["touch-exec = onlyafile", ["error invalid-value"]],
  ["touch-exec = file ", ["error invalid-value"]],
  ["touch-reload =", ["error invalid-value"]],
  ["no-threads-wait = true", []],
  ["propagate-touch = true", []],
  ["skip-atexit = true", []],
  ["touch-signal = file 17", ["error unsupported-option"]],
  ["touch-mules-reload = file", ["error unsupported-option"]],
])("%s", (line, rules) => {
  expect(rulesFor(line)).toEqual(rules);
});

test("there is an end to what is watched", () => {
  const many = (name: string, count: number) => Array.from({ length: count }, () => `${name} = x`);
  expect(rulesFor(...many("master-fifo", 10))).toEqual([]);
  expect(rulesFor(...many("master-fifo", 11))).toEqual(["error too-many"]);
  expect(rulesFor(...many("touch-reload", 256))).toEqual([]);
  expect(rulesFor(...many("touch-reload", 257))).toEqual(["error too-many"]);
});
