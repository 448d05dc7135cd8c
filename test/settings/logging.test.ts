import { describe, expect, test } from "vitest";
import { rulesFor, settled, sound } from "./settled.ts";

/** The log's settings of these lines; nothing may be said about them. */
function log(...lines: string[]): ReturnType<typeof settled>["settings"]["log"] {
  const { settings, said } = settled([...sound, ...lines].join("\n"));
  expect(said).toEqual([]);
  return settings.log;
}

test("defaults are uWSGI's", () => {
  expect(log()).toMatchObject({
    ...{ loggers: [], requestLoggers: [], encoders: [], rsyslogPacketSize: 1024, date: undefined },
    ...{ maxSize: 0, format: undefined, memoryReport: 0, slow: 0, big: 0, json: false },
  });
});

const udp = { kind: "udp", host: "10.0.0.1", port: 514 };

test.each([
  ["file:/var/log/a", { kind: "file", path: "/var/log/a", maxSize: 0, backupName: undefined }],
  ["file:a b", { kind: "file", path: "/start/a b" }],
  [
    "file:logfile=a,maxsize=100,backupname=b",
    { kind: "file", path: "/start/a", maxSize: 100, backupName: "/start/b" },
  ],
  ["fd:2", { kind: "fd", fd: 2 }],
  ["stdio", { kind: "stdio" }],
  ["stdio:", { kind: "stdio" }],
  ["socket:10.0.0.1:514", { kind: "socket", to: udp, prefix: "" }],
  ["socket:[::1]:514,x y", { kind: "socket", to: { ...udp, host: "::1" }, prefix: "x y" }],
  ["socket:/a/b,x", { kind: "socket", to: { kind: "unix", path: "/a/b" }, prefix: "x" }],
  ["socket:b", { kind: "socket", to: { kind: "unix", path: "/start/b" } }],
  ["syslog", { kind: "syslog", name: "uwsgi", facility: 3 }],
  ["syslog:me,local3", { kind: "syslog", name: "me", facility: 19 }],
  ["rsyslog:10.0.0.1:514,me,30", { kind: "rsyslog", to: udp, name: "me", priority: 30 }],
  ["rsyslog:10.0.0.1", { kind: "rsyslog", to: udp, name: undefined, priority: 29 }],
  ["rsyslog:/dev/log,me", { kind: "rsyslog", to: { kind: "unix", path: "/dev/log" }, name: "me" }],
  ["pipe:tee /a b:c", { kind: "pipe", command: "tee /a b:c" }],
  ["systemd", { kind: "systemd" }],
])("logger = %s", (value, engine) => {
  expect(log(`logger = ${value}`).loggers).toMatchObject([{ id: undefined, engine }]);
  const named = log(`logger = n1 ${value}`, "log-route = n1 x").loggers;
  expect(named).toMatchObject([{ id: "n1", engine }]);
});

test("a name has letters and digits only, as in uWSGI", () => {
  expect(rulesFor("logger = my-name file:/a").join()).toContain("error invalid-value");
});

test("the options that stand for a logger", () => {
  expect(log("log-syslog = true").loggers).toMatchObject([
    { engine: { kind: "syslog", name: "true" } },
  ]);
  expect(log("log-socket = 10.0.0.1:514").loggers).toMatchObject([{ engine: { to: udp } }]);
  const apart = log("req-logger = stdio", "logger-req = stdio", "worker-logger-req = stdio");
  expect(apart.requestLoggers).toHaveLength(3);
  expect(log("worker-logger = stdio").loggers).toHaveLength(1);
});

test.each([
  ...[
    "nonsense:/a",
    "file:",
    "file:maxsize=1",
    "file:logfile=/a,size=1",
    "file:logfile=/a,maxsize=1M",
  ],
  ...["fd:x", "fd:", "socket:", "socket:host:0", "socket:ho st:1", "rsyslog:", "rsyslog:h:1,n,192"],
  ...["syslog:a,local9", "pipe:", "redislog:127.0.0.1:6379", "zeromq:tcp://x"],
])("logger = %s is not understood", (value) => {
  expect(rulesFor(`logger = ${value}`)).toEqual(["error invalid-value"]);
});

describe("encoders and patterns", () => {
  test("a kind, perhaps a logger, a text", () => {
    const settings = log(
      "log-encoder = prefix:a b c",
      "logger = a stdio",
      "log-route = a ^x y$",
      "log-encoder = nl",
    );
    expect(settings.encoders).toEqual([
      { kind: "prefix", id: "a", text: "b c" },
      { kind: "nl", id: undefined, text: "" },
    ]);
    expect(settings.routes).toMatchObject([
      { id: "a", pattern: { source: expect.stringMatching(/x y/) } },
    ]);
  });

  test.each([
    "log-encoder = base64",
    "log-encoder = prefixed x",
    "log-drain = (",
    "log-filter = [z-a]",
    "log-route = alone",
    "logfile-chmod = 12",
    "log-format = %(metric.x)",
  ])("%s", (line) => {
    expect(rulesFor(line)[0]).toMatch(/^error (invalid|schema|wrong|type|bad)/);
  });
});

test.each([
  ["log-route = none x", "error unknown-logger"],
  ["log-encoder = nl:none", "error unknown-logger"],
  ["logger = idle stdio", "warning idle-logger"],
  ["log-req-encoder = nl", "warning no-effect"],
  ["log-maxsize = 1000", "warning no-effect"],
  ["log-truncate = true", "warning no-effect"],
  ["logfile-chown = true", "warning no-effect"],
  ["log-json = true\nlog-format = %(uri)", "warning no-effect"],
  ["log-json = true\nlog-micros = true", "warning no-effect"],
  ["log-format = %(uri) %(stauts)", "warning unknown-log-variable"],
])("%s: %s", (lines, rule) => {
  expect(rulesFor(lines)).toEqual([rule]);
});

test("what uWSGI takes for `log-date`", () => {
  const date = (value: string) => log(`log-date = ${value}`).date;
  expect(["true", "1", "On", "yes", "[%d]", "false"].map(date)).toEqual([
    "",
    "",
    "",
    "",
    "[%d]",
    "false",
  ]);
  expect(log("logdate = %Y").date).toBe("%Y");
  expect(log("log-prefix = me").date).toBe("me");
});

test("memory-report", () => {
  const report = (value: string) => log(`memory-report = ${value}`).memoryReport;
  expect(["true", "1", "2", "false", "0"].map(report)).toEqual([1, 1, 2, 0, 0]);
});

test("the log's file", () => {
  const settings = log("logto = l", "logfile-chmod = 640", "log-backupname = b", "log-maxsize = 5");
  expect(settings).toMatchObject({ chmod: 0o640, backupName: "/start/b", maxSize: 5 });
  expect(log("logto2 = sub/l").logto2).toEqual({ kind: "file", path: "/start/sub/l" });
  expect(log("logto2 = h:1").logto2).toEqual({ kind: "udp", host: "h", port: 1 });
});
