/** The options of an emperor: what they set, and what is said about them. */
import { describe, expect, test } from "vitest";
import type { Diagnostic } from "../../src/diagnostic.ts";
import { isVassalName } from "../../src/settings/emperor-settings.ts";
import type { PathKind } from "../../src/settings/machine.ts";
import { checkEmperorSources } from "../../src/settings/preflight-emperor.ts";
import { machineOf } from "./machine-of.ts";
import { rulesFor, settled } from "./settled.ts";

const emperorOf = (...lines: readonly string[]) => settled(lines.join("\n")).settings.emperor;

describe("where configurations are", () => {
  test.each([
    ["/etc/v", { kind: "either", text: "/etc/v", base: "/start/sub" }],
    ["v", { kind: "either", text: "v", base: "/start/sub" }],
    ["dir://v", { kind: "directory", text: "v", base: "/start/sub" }],
    ["v/*.ini", { kind: "either", text: "v/*.ini", base: "/start" }],
    ["glob://v", { kind: "pattern", text: "v", base: "/start" }],
  ])("%s", (value, source) => {
    expect(emperorOf("chdir = sub", `emperor = ${value}`).sources).toEqual([source]);
  });

  test("can be several", () => {
    const { sources } = emperorOf("emperor = a", "emperor = b");
    expect(sources.map(({ text }) => text)).toEqual(["a", "b"]);
  });

  test.each(["zmq", "amqp", "pg", "mongodb", "ldap"])("cannot be %s", (scheme) => {
    const { said } = settled(`emperor = ${scheme}://x`);
    expect(said[0]).toMatch(`error imperial-monitor: \`emperor = ${scheme}://x\`: the imperial`);
  });

  test.each([
    ["nosuch://x", "no imperial monitor is called `nosuch`"],
    ["dir://", "nothing stands after `dir://`"],
  ])("cannot be %s", (value, message) => {
    expect(settled(`emperor = ${value}`).said[0]).toContain(message);
  });

  test.each([
    ["a.ini", true],
    [".ini", true],
    ["a.ini.bak", false],
    ["a.INI", false],
    ["a.conf", true],
    [`${"a".repeat(250)}.ini`, true],
    [`${"a".repeat(251)}.ini`, false],
    [`${"ä".repeat(126)}.ini`, false],
  ])("have names such as %s: %s", (name, is) => {
    expect(isVassalName(name, [".conf"])).toBe(is);
  });
});

test("the rest is as uWSGI's, with its defaults", () => {
  expect(emperorOf("emperor = v")).toMatchObject({
    ...{ frequency: 3, throttle: 1000, maxThrottle: 180_000, noBlacklist: false },
    ...{ requiredHeartbeat: 30, curseTolerance: 30, tyrant: false, nofollow: false },
  });
  const lines = [
    ...["chdir = sub", "emperor = v", "emperor-pidfile = p", "emperor-stats-server = s"],
    ...["vassal-set = a=b", "vassals-set = c=d", "emperor-extra-ext = .c"],
    ...["hook-emperor-start = exec:one", "hook-as-vassal = exec:exec:two"],
  ];
  expect(emperorOf(...lines)).toMatchObject({
    pidfile: "/start/sub/p",
    stats: { kind: "unix", path: "/start/sub/s" },
    sets: ["a=b", "c=d"],
    extensions: [".c"],
    atStart: ["one"],
    asVassal: ["exec:two"],
  });
  const { vassal } = settled("hook-emperor-lost = exec:x\nheartbeat = 5").settings;
  expect(vassal).toMatchObject({ atLoss: ["x"], heartbeat: 5 });
});

describe("beside an emperor", () => {
  test("nothing is needed: no socket and no application", () => {
    expect(settled("emperor = v").said).toEqual([]);
  });

  test("what says something about it as well is fine", () => {
    const lines = [
      ...["emperor = v", "master = true", "uid = www-data", "gid = www-data", "pidfile = p"],
      ...[
        "vacuum = true",
        "daemonize = l",
        "env = A=1",
        "chmod-socket = 660",
        "die-on-term = true",
      ],
      ...["early-emperor = true", "emperor-graceful-shutdown = true", "plugin = python3"],
      ...["chdir = /", "umask = 022", "strict = true", "log-date = true", "add-gid = 33"],
    ];
    expect(settled(lines.join("\n")).said).toEqual([]);
  });

  test.each([
    "http = :80",
    "socket = s",
    "shared-socket = s",
    "module = m",
    "wsgi-file = f",
    "mount = /=a:b",
    "cap = chown",
    "chroot = /srv",
  ])("%s is an error", (line) => {
    const { said } = settled(`emperor = v\n${line}`);
    expect(said).toContainEqual(expect.stringMatching(/:2:1 error emperor-alone: .* cannot stand/));
  });

  test.each(["processes = 2", "threads = 3", "harakiri = 30", "stats = :1717", "http-timeout = 5"])(
    "%s does nothing",
    (line) => {
      const { said, helps } = settled(`emperor = v\n${line}`);
      const [name] = line.split(" ");
      const warning = `app.ini:2:1 warning emperor-alone: \`${name}\` does nothing beside \`emperor\``;
      expect(said).toContain(warning);
      expect(helps.join("\n")).toContain(`vassals-set = ${name}=…`);
    },
  );
});

describe("without an emperor", () => {
  test.each(["emperor-freq = 5", "vassals-set = a=b", "emperor-tyrant = true"])(
    "%s does nothing",
    (line) => {
      expect(rulesFor(line)).toEqual(["warning no-effect"]);
    },
  );

  test.each(["heartbeat = 10", "hook-emperor-stop = exec:x"])("%s is a vassal's", (line) => {
    expect(rulesFor(line)).toEqual([]);
  });
});

test.each([
  "hook-as-vassal = mount:/a",
  "hook-emperor-start = call:f",
  "hook-emperor-lost = exec:",
  "emperor-freq = 0",
  "emperor-throttle = -1",
])("%s is no value", (line) => {
  expect(settled(`emperor = v\n${line}`).said).toEqual([
    expect.stringMatching(/^app\.ini:2:\d+ error \S+: /),
  ]);
});

describe("the machine", () => {
  const kinds: { readonly [path: string]: PathKind } = {
    "/start/v": "directory",
    "/start/locked": "directory",
    "/start/a.ini": "file",
    "/start/secret": "denied",
  };
  const problems = (lines: readonly string[], uid = 0) => {
    const { settings } = settled(lines.join("\n"));
    const found: Pick<Diagnostic, "rule" | "message">[] = [];
    const machine = machineOf({
      kind: (path) => kinds[path] ?? "missing",
      list: (path) => (path === "/start/locked" ? undefined : []),
      uid,
    });
    checkEmperorSources(settings, machine, (rule, _place, message) =>
      found.push({ rule, message }),
    );
    return found.map(({ message }) => message);
  };

  test.each(["v", "dir://v", "a.ini", "none/*.ini", "glob://none"])("may have %s", (value) => {
    expect(problems([`emperor = ${value}`])).toEqual([]);
  });

  test.each([
    ["none", "/start/none does not exist"],
    ["dir://a.ini", "/start/a.ini is not a directory"],
    ["secret", "/start/secret may not be looked at"],
    ["locked", "/start/locked may not be read"],
  ])("may not have %s", (value, problem) => {
    expect(problems([`emperor = ${value}`])).toEqual([`\`emperor\`: ${problem}`]);
  });

  test("needs root for a tyrant", () => {
    const lines = ["emperor = v", "emperor-tyrant = true"];
    expect(problems(lines)).toEqual([]);
    expect(problems(lines, 1000)).toEqual([expect.stringContaining("only root can")]);
    expect(problems([...lines, "uid = 33"])).toEqual([expect.stringContaining("only root can")]);
  });
});
