/** What hooks, commands, users and limits of a configuration come to. */
import { describe, expect, test } from "vitest";
import { severityBesideHooks } from "../../src/settings/hooks/made-by-hooks.ts";
import { hookActions, parseHook } from "../../src/settings/hooks/parse-hook.ts";
import { rulesFor, settled, sound } from "./settled.ts";

describe("a hook", () => {
  test.each([
    ["exec:echo a b", { do: "exec", command: "echo a b" }],
    ["print:", { do: "print", text: "" }],
    ["exit:", { do: "exit", code: 0 }],
    ["exit:2", { do: "exit", code: 2 }],
    ["write:f  a b", { do: "write", path: "f", text: " a b", append: false }],
    ["writen:f a", { do: "write", path: "f", text: "a\n", append: false }],
    ["appendn:f", { do: "write", path: "f", text: "\n", append: true }],
    ["chmod:f 1755", { do: "chmod", path: "f", mode: 0o1755 }],
    ["chown2:f 1 2", { do: "chown2", path: "f", uid: 1, gid: 2 }],
    ["putenv:A=b=c", { do: "putenv", name: "A", value: "b=c" }],
    ["wait_for_dir:d", { do: "wait", until: "dir", what: "d", seconds: 60 }],
    [
      "mount:tmpfs none /m ro,nosuid size=1m",
      {
        ...{ do: "mount", type: "tmpfs", what: "none", where: "/m" },
        ...{ flags: ["ro", "nosuid"], data: "size=1m" },
      },
    ],
    ["umount:/m detach", { do: "umount", where: "/m", flags: ["detach"] }],
  ])("%s", (text, action) => {
    expect(parseHook(text)).toMatchObject({ ok: true, action, shown: `"${text}"`, mayFail: false });
  });

  test("safeexec may fail, and a private one is not shown", () => {
    expect(parseHook("safeexec:false")).toMatchObject({ mayFail: true });
    expect(parseHook("!exec:secret")).toMatchObject({ shown: "--- PRIVATE HOOK ---" });
  });

  test.each([
    ["mkdir", "a hook is written `action:arguments`", "write `mkdir:` and what it is about"],
    ["mkdri:x", "no action `mkdri`", "did you mean `mkdir`?"],
    ["constructor:x", "no action `constructor`", `write one of ${hookActions.join(", ")}`],
    [
      "call:f",
      "the action `call` is not supported",
      "there are no functions of C to call: do it by `exec:COMMAND`",
    ],
    ["write:f", "`f` is not what `write` takes", "write `write:FILE TEXT`"],
    ["chmod:f rwx", "`f rwx` is not what `chmod` takes", "write `chmod:FILE MODE, such as 755`"],
    ["exit:256", "`256` is not what `exit` takes", "write `exit:CODE, from 0 to 255`"],
    [
      "unix_signal:9 kill_them_all",
      "signal 9 cannot be given a meaning",
      "choose another signal, such as 10 (SIGUSR1) or 15 (SIGTERM)",
    ],
    [
      "unix_signal:15 gracefuly_kill_them_all",
      "no function `gracefuly_kill_them_all`",
      "did you mean `gracefully_kill_them_all`?",
    ],
  ])("%s is refused", (text, problem, help) => {
    expect(parseHook(text)).toEqual({ ok: false, problem, help });
  });
});

test("a phase has hooks first, then mounts, then commands; interfaces are waited for before files", () => {
  const { settings, said } = settled(
    [
      ...[...sound, "wait-for-fs = f", "wait-for-iface = eth9", "wait-for-fs-timeout = 5"],
      ...[
        "exec-in-jail = one",
        "file-write = f=x",
        "umount-in-jail = /m",
        "hook-in-jail = print:a",
      ],
      ...["mount-in-jail = tmpfs none /m", "hook-in-jail = print:b", "exec-in-jail = two"],
    ].join("\n"),
  );
  expect(said).toEqual([]);
  const { phases } = settings.hooks;
  expect(phases["in-jail"].map(({ shown }) => shown)).toEqual([
    ...['"print:a"', '"print:b"', '"mount tmpfs none /m"', '"umount /m"', '"one"', '"two"'],
    "file-write f",
  ]);
  expect(phases.wait.map(({ action }) => action)).toEqual([
    { do: "wait", until: "interface", what: "eth9", seconds: 60 },
    { do: "wait", until: "fs", what: "f", seconds: 5 },
  ]);
});

test("signals are for the master; touched files are relative to chdir; what ends may fail", () => {
  const { settings } = settled(
    [
      ...[...sound, "chdir = /srv", "hook-master-start = unix_signal:15 grace_them_all"],
      ...["hook-touch = f print:x y", "exec-as-user-atexit = e"],
    ].join("\n"),
  );
  const { signals, phases } = settings.hooks;
  expect(signals).toEqual([{ signal: "SIGTERM", meaning: "reload" }]);
  expect(settings.control.touches).toMatchObject([
    { path: "/srv/f", action: { do: "hook", step: { action: { do: "print", text: "x y" } } } },
  ]);
  expect(phases["as-user-atexit"]).toMatchObject([{ mayFail: true }]);
  expect(rulesFor("hook-asap = unix_signal:15 grace_them_all")).toEqual(["error hook"]);
  expect(rulesFor("hook-touch = f unix_signal:15 grace_them_all")).toEqual(["error hook"]);
});

describe("together", () => {
  const named = ["uid = www-data", "gid = www-data"];
  test.each([
    [["hook-post-jail = print:x"], ["warning no-effect"]],
    [["hook-post-jail = print:x", "jailed = true"], []],
    [[...named, "chroot = /jail"], ["error needs-root"]],
    [
      ["master-as-root = true", "cap = kill"],
      ["error needs-root", "warning no-effect"],
    ],
    [[...named, "master-as-root = true", "chroot = /jail", "cap = 5,net_raw"], []],
    [[...named, "master-as-root = true", "chroot = /jail", "home = /venv"], ["error chroot"]],
    [[...named, "master-as-root = true", "chroot = /jail", "static-map = /a=/b"], ["error chroot"]],
    [
      [...named, "master-as-root = true", "chroot = /jail", "socket = /s"],
      ["warning chroot-socket"],
    ],
    [[...named, "cap = net_rwa", "master-as-root = true"], ["error unknown-capability"]],
    [["add-gid = www-data"], ["warning no-effect"]],
    [[...named, "add-gid = www-data", "no-initgroups = true"], ["warning no-effect"]],
    [["drop-after-apps = true"], ["warning no-effect"]],
    [["immediate-uid = root"], ["error immediate-root"]],
    [["immediate-gid = nosuch"], ["error unknown-group"]],
    [["limit-nproc = 3", "processes = 2"], ["error limit-nproc"]],
    [["thread-stacksize = 16"], ["error out-of-range"]],
    [["exec-asap = a 'b' ; c # d", 'hook-asap = "exec:x"'], ["error hook"]],
  ])("%j: %j", (lines, rules) => {
    expect(rulesFor(...lines)).toEqual(rules);
  });

  test("without chdir a chroot begins at its top", () => {
    const lines = [...sound, ...named, "master-as-root = true", "chroot = jail"];
    const { settings } = settled(lines.join("\n"));
    expect([settings.chdir, settings.privileges.chroot]).toEqual(["/", "/start/jail"]);
  });
});

test("what hooks make is not missed; where a command runs it is a warning", () => {
  const severity = (lines: string[], rule = "socket-directory") => {
    const { settings } = settled([...sound, ...lines].join("\n"));
    return severityBesideHooks(settings.hooks, rule, "/run/app does not exist", "error");
  };
  expect(severity([])).toBe("error");
  expect(severity(["hook-as-root = mkdir:/run/app"])).toBeUndefined();
  expect(severity(["exec-as-root = install -d /run/app"])).toBeUndefined();
  expect(severity(["hook-post-fork = mkdir:/run/app"])).toBe("error");
  expect(severity(["exec-asap = /opt/setup.sh"])).toBe("warning");
  expect(severity(["exec-asap = /opt/setup.sh"], "python")).toBe("error");
});
