/** Options of what runs beside the server, as settings and as findings. */
import { describe, expect, test } from "vitest";
import type { CronSetting, DaemonSetting } from "../../src/settings/beside-settings.ts";
import { keyValues } from "../../src/settings/keyval.ts";
import { settled, sound } from "./settled.ts";

function beside(...lines: readonly string[]) {
  const { settings, said, helps } = settled([...sound, ...lines].join("\n"));
  return { ...settings.beside, master: settings.master, said, helps };
}

function daemon(line: string): Partial<DaemonSetting> | undefined {
  const { daemons, said } = beside(line);
  expect(said).toEqual([]);
  return daemons[0];
}

function cron(line: string): Partial<CronSetting> | undefined {
  const { crons, said } = beside(line);
  expect(said).toEqual([]);
  return crons[0];
}

describe("lists of keys and values", () => {
  test.each([
    [
      "a=1,b=2",
      [
        ["a", "1"],
        ["b", "2"],
      ],
    ],
    ["a=x=y", [["a", "x=y"]]],
    [
      "a=1\\,2\\\\3,b=",
      [
        ["a", "1,2\\3"],
        ["b", ""],
      ],
    ],
    ["a=1,", [["a", "1"]]],
    [
      "a,b=1",
      [
        ["a", undefined],
        ["b", "1"],
      ],
    ],
  ])("%s", (text, pairs) => {
    expect(keyValues(text).map(({ key, value }) => [key, value])).toEqual(pairs);
  });
});

describe("attached programs", () => {
  test("bring the master, and have uWSGI's defaults", () => {
    const { daemons, master, said } = beside("attach-daemon = celery -A app worker ; true # x");
    expect(said).toEqual([]);
    expect(master).toBe(true);
    expect(daemons).toEqual([
      {
        command: "celery -A app worker ; true # x",
        ...{ pidfile: undefined, freq: 10, control: false, daemonize: false, touch: [] },
        ...{ stopSignal: 15, reloadSignal: 0, stdin: false, uid: 0, gid: 0, nsPid: false },
        ...{ chdir: undefined, maxThrottle: 0, notifyPid: false },
        place: expect.objectContaining({ line: 3, column: 17 }),
      },
    ]);
  });

  test("with control", () => {
    expect(daemon("attach-control-daemon = x")).toMatchObject({ command: "x", control: true });
  });

  test("with a pidfile, which is relative to chdir", () => {
    const { daemons } = beside("chdir = /srv", "smart-attach-daemon = x.pid memcached -d");
    expect(daemons[0]).toMatchObject({
      ...{ pidfile: "/srv/x.pid", freq: 10, command: "memcached -d", daemonize: false },
    });
    expect(daemon("smart-attach-daemon = /x.pid,3 a  b")).toMatchObject({
      ...{ pidfile: "/x.pid", freq: 3, command: "a  b" },
    });
    expect(daemon("smart-attach-daemon2 = /x.pid a")).toMatchObject({ daemonize: true });
  });

  test("by keys, with uWSGI's second names", () => {
    expect(
      daemon(
        "attach-daemon2 = exec=a\\,b c=d,freq=4,pidfile=p,daemon=1,touch=t;/u,stop_signal=2,reload_signal=1,stdin=1,uid=3,gid=4,ns_pid=1,chdir=d,max_throttle=9,notifypid=yes",
      ),
    ).toMatchObject({
      ...{ command: "a,b c=d", freq: 4, pidfile: "/start/p", daemonize: true, stopSignal: 2 },
      ...{ touch: ["/start/t", "/u"], reloadSignal: 1, stdin: true, uid: 3, gid: 4, nsPid: true },
      ...{ chdir: "/start/d", maxThrottle: 9, notifyPid: true, control: false },
    });
    expect(daemon("attach-daemon2 = cmd=a,control=1")).toMatchObject({ control: true });
  });

  test("all keep the standard input where that is asked for", () => {
    const { daemons } = beside("attach-daemon = a", "daemons-honour-stdin = true");
    expect(daemons[0]?.stdin).toBe(true);
  });

  test.each([
    ["smart-attach-daemon = /x.pid", "expected `PIDFILE COMMAND` or `PIDFILE,SECONDS COMMAND`"],
    ["smart-attach-daemon = /x.pid,soon a", "`seconds` must be a number from 1 to"],
    ["attach-daemon2 = freq=3", "`cmd=…` is missing"],
    ["attach-daemon2 = cmd=sh -c 'a,b'", "`b'` is no `key=value` that it knows"],
    ["attach-daemon2 = cmd=a,stopsignal=SIGINT", "`stopsignal` must be a number from 1 to 64"],
    ["attach-daemon2 = cmd=a,uid=www-data", "`uid` must be a number from 0"],
    ["attach-daemon2 = cmd=a,control=0", "`control=0` sets `control`"],
    ["attach-daemon2 = cmd=a,daemonize=1", "`daemonize` needs a `pidfile`"],
    ["attach-daemon2 = cmd=a,notifypid=1", "`notifypid` needs a `pidfile`"],
    ["attach-daemon2 = cmd=a,pidfile=p,control=1", "`control` does nothing for a daemon with"],
    ["attach-daemon2 = cmd=a,legion=x", "`legion` is no `key=value` that it knows"],
  ])("%s is an error", (line, message) => {
    const { said } = beside(line);
    expect(said).toEqual([expect.stringContaining(message)]);
    expect(said[0]).toContain(" error invalid-value: ");
  });

  test("a signal's name is answered with its number", () => {
    expect(beside("attach-daemon2 = cmd=a,stopsignal=sigint").helps[0]).toContain("write `2`");
  });

  test("cannot become another user when the server has given up root", () => {
    const line = "attach-daemon2 = cmd=a,uid=1";
    expect(beside("uid = 33", "gid = 33", line).said).toEqual([
      expect.stringContaining("error daemon-user: a program cannot become user 1"),
    ]);
    expect(beside("uid = 33", "gid = 33", "attach-daemon2 = cmd=a,uid=33").said).toEqual([]);
    expect(beside(line).said).toEqual([]);
  });

  test("need the master", () => {
    expect(beside("master = false", "attach-daemon = a").said).toEqual([
      expect.stringContaining("error no-master: programs beside the server need its master"),
    ]);
    expect(beside("master = false", "cron = 0 0 -1 -1 -1 a").said).toHaveLength(1);
  });
});

describe("timed commands", () => {
  test("bring the master", () => {
    const { crons, master } = beside("cron = 59 2 -1 -1 7  backup ; mail", "cron-harakiri = 9");
    expect(master).toBe(true);
    expect(crons[0]).toMatchObject({ minute: 59, hour: 2, day: -1, month: -1, week: 7 });
    expect(crons[0]).toMatchObject({ command: "backup ; mail", unique: false });
    expect(crons[0]?.harakiri).toBeUndefined();
    expect(beside("cron-harakiri = 9").cronHarakiri).toBe(9);
  });

  test("unique ones", () => {
    expect(cron("unique-cron = -5 -1 -1 -1 -1 a")).toMatchObject({ minute: -5, unique: true });
  });

  test("by keys", () => {
    expect(cron("cron2 = minute=0,hour=-2,day=3,month=4,week=5,unique=1,harakiri=6 a b")).toEqual({
      ...{ minute: 0, hour: -2, day: 3, month: 4, week: 5, unique: true, harakiri: 6 },
      ...{ command: "a b", place: expect.anything() },
    });
    expect(cron("cron2 = /usr/bin/a b=c")).toMatchObject({
      ...{ command: "/usr/bin/a b=c", minute: -1, hour: -1, unique: false },
    });
    expect(cron("cron2 = unique=0,harakiri=0 a")).toMatchObject({ unique: false, harakiri: 0 });
  });

  test.each([
    ["*/5 * * * * a b", "write `-5 -1 -1 -1 -1 a b`"],
    ["0 3 * * 1 a", "write `0 3 -1 -1 1 a`"],
    ["@daily a b", "write `0 0 -1 -1 -1 a b`"],
    ["0 9-17 * * * a", "for lists and ranges write one line each"],
    ["0 0 * * MON a", "for lists and ranges write one line each"],
    ["0 0 -1 -1 -1", "-1 is every"],
  ])("crontab's `%s` is an error that says what to write", (value, help) => {
    const { said, helps } = beside(`cron = ${value}`);
    expect(said).toEqual([expect.stringContaining("error crontab: `cron`: expected `MINUTE HOUR")]);
    expect(helps[0]).toContain(help);
  });

  test.each([
    ["60 -1 -1 -1 -1", "`60` is no minute"],
    ["-61 -1 -1 -1 -1", "`-61` is no minute"],
    ["0 24 -1 -1 -1", "`24` is no hour"],
    ["0 0 0 -1 -1", "`0` is no day"],
    ["0 0 32 -1 -1", "`32` is no day"],
    ["0 0 -1 13 -1", "`13` is no month"],
    ["0 0 -1 -1 8", "`8` is no week"],
  ])("%s would never run", (times, message) => {
    expect(beside(`cron = ${times} a`).said).toEqual([expect.stringContaining(message)]);
  });

  test.each([
    ["cron2 = minute=1", "there is no command"],
    ["cron2 = minute=1, hour=2 a", "ok"],
    ["cron2 = minutes=1 a", "`minutes` is none of its keys"],
    ["cron2 = minute=*/5 a", "`minute` must be a number"],
    ["cron2 = harakiri=-1 a", "`harakiri=-1` are no seconds"],
    ["cron2 = legion=x,minute=1 a", "legions of servers are not supported"],
  ])("%s: %s", (line, message) => {
    const { said } = beside(line);
    if (message !== "ok") expect(said).toEqual([expect.stringContaining(message)]);
    // As uWSGI reads it: the list ends at the first blank.
    else expect(beside(line).crons[0]?.command).toBe("hour=2 a");
  });
});
