import { expect, test } from "vitest";
import { resolvedFrom } from "./resolved.ts";
import { rulesFor, settled, sound } from "./settled.ts";

const fine = sound.join("\n");

test("defaults are uWSGI's, but for the larger buffer", () => {
  const { settings, said } = settled(fine);
  expect(said).toEqual([]);
  expect(settings).toMatchObject({
    chdir: "/start",
    app: { kind: "module", module: "app", callable: "application" },
    master: false,
    processes: 1,
    threads: 1,
    listen: 100,
    workerReloadMercy: 60,
    bufferSize: 32768,
    limitPost: 0,
    bodies: { disableFileWrapper: false, postBuffering: 0 },
  });
});

test("options of bodies", () => {
  const lines = "post-buffering = 65536\nwsgi-disable-file-wrapper = true\nbody-read-warning = 8";
  const { settings, said } = settled(`${fine}\n${lines}\npost-buffering-bufsize = 1`);
  expect(said).toEqual([]);
  expect(settings.bodies).toMatchObject({ disableFileWrapper: true, postBuffering: 65536 });
  expect(settings.places["bodies.postBuffering"]).toMatchObject({ line: 3 });
  expect(rulesFor("post-buffering = 1M").join()).toContain("unit-suffix");
});

test("the last value of a scalar wins, across aliases; lists add up in order", () => {
  const { settings, said } = settled(
    `${fine}\nprocesses = 3\nworkers = 2\nenv = A=1\nenv = B=x=y\nsocket = /tmp/a\nuwsgi-socket = /tmp/b`,
  );
  expect(said).toEqual([]);
  expect(settings.processes).toBe(2);
  expect(settings.env).toEqual([
    { name: "A", value: "1" },
    { name: "B", value: "x=y" },
  ]);
  expect(settings.sockets.map(({ protocol, text }) => `${protocol} ${text}`)).toEqual([
    "http :8080",
    "uwsgi /tmp/a",
    "uwsgi /tmp/b",
  ]);
});

test("paths are relative to what uWSGI takes them relative to", () => {
  const { settings } = settled(
    "chdir = app\nwsgi-file = wsgi.py\nsocket = s.sock\npidfile = p\nsafe-pidfile = sp\nlogto = l\n" +
      "stats = st\nvirtualenv = v\npythonpath = pp\nstatic-map = /s=static",
  );
  expect(settings).toMatchObject({
    chdir: "/start/app",
    app: { kind: "file", path: "/start/app/wsgi.py" },
    pidfile: "/start/p",
    safePidfile: "/start/app/sp",
    logto: { kind: "file", path: "/start/l" },
    stats: { kind: "unix", path: "/start/app/st" },
    virtualenv: "/start/app/v",
    pythonpath: ["/start/app/pp"],
    statics: { maps: [{ mountpoint: "/s", directory: "/start/app/static" }] },
  });
  expect(settings.sockets[0]?.address).toEqual({ kind: "unix", path: "/start/app/s.sock" });
});

test("the order of chdir and what depends on it does not matter", () => {
  const { settings } = settled("wsgi-file = wsgi.py\nhttp = :1\nchdir = /srv");
  expect(settings.app).toMatchObject({ path: "/srv/wsgi.py" });
});

test("every setting knows where it was written, list elements by their number", () => {
  const { settings } = settled(`${fine}\nprocesses = 2\npythonpath = a\npp = b`);
  expect(settings.places["processes"]).toMatchObject({ file: "app.ini", line: 3, column: 13 });
  expect(settings.places["app"]).toMatchObject({ line: 2 });
  expect(settings.places["pythonpath.1"]).toMatchObject({ line: 5, column: 6 });
  expect(settings.places["threads"]).toBeUndefined();
});

test("settings are plain JSON and frozen to the bottom", () => {
  const { settings } = settled(`${fine}\nstatic-map = /a=/b`);
  expect(JSON.parse(JSON.stringify(settings)).statics).toEqual(settings.statics);
  expect(Object.isFrozen(settings.sockets[0]?.address)).toBe(true);
  expect(Object.isFrozen(settings.statics.maps[0])).toBe(true);
});

test("module beats wsgi-file, and a callable after its colon beats `callable`", () => {
  const { settings, said } = settled(
    "http = :1\nwsgi-file = x.py\nmodule = pkg.mod:app\ncallable = other",
  );
  expect(settings.app).toEqual({ kind: "module", module: "pkg.mod", callable: "app" });
  expect(said).toEqual([
    "app.ini:2:13 warning two-apps: both `module` and `wsgi-file` name an application: `module` is used",
  ]);
  expect(settled("http = :1\ncallable = mk()\nmodule = m").settings.app).toMatchObject({
    callable: "mk()",
  });
});

test("stats brings the master, unless master = false", () => {
  expect(settled(`${fine}\nstats = :1717`).settings.master).toBe(true);
  expect(settled(`${fine}\nmaster = false\nstats = :1717`).settings.master).toBe(false);
});

test("uid and gid are numbers or names of the machine's tables", () => {
  const { settings, said } = settled(`${fine}\nuid = www-data\ngid = 1000`);
  expect([settings.uid, settings.gid, said]).toEqual([33, 1000, []]);
  expect(settled(`${fine}\nuid = nobodyhere\ngid = 1`).said).toEqual([
    "app.ini:3:7 error unknown-user: there is no user `nobodyhere` in /etc/passwd",
  ]);
  expect(rulesFor("gid = nogroup")).toEqual(["error unknown-group"]);
  expect(rulesFor("uid = 33")).toEqual(["warning gid-missing"]);
  expect(rulesFor("uid = 4294967295", "gid = 1")).toEqual(["error unknown-user"]);
});

test("a log is a file, or with a colon a UDP address", () => {
  expect(settled(`${fine}\nlogto = 10.0.0.1:514`).settings.logto).toEqual({
    kind: "udp",
    host: "10.0.0.1",
    port: 514,
  });
  for (const value of [":514", "host:", "host:99999", "/var/log/a:b.log"]) {
    expect(rulesFor(`daemonize = ${value}`)).toEqual(["error invalid-value"]);
  }
  expect(rulesFor("daemonize = /d", "logto = /l")).toEqual(["warning two-logs"]);
});

test("chmod-socket is octal, and 1 is 666", () => {
  expect(settled(`${fine}\nchmod-socket = 660`).settings.chmodSocket).toBe(0o660);
  expect(settled(`${fine}\nchmod-socket = 1`).settings.chmodSocket).toBe(0o666);
  for (const value of ["0660", "66", "true", "688", ""]) {
    expect(rulesFor(`chmod-socket = ${value}`)).toEqual(["error invalid-value"]);
  }
});

test("a buffer-size above 65535 is clamped with a warning", () => {
  const { settings, said } = settled(`${fine}\nbuffer-size = 65536`);
  expect(settings.bufferSize).toBe(65535);
  expect(said).toEqual([
    "app.ini:3:15 warning clamped: `buffer-size` is at most 65535, and that is used instead of 65536",
  ]);
  expect(rulesFor("buffer-size = 65535")).toEqual([]);
});

test("what a start cannot do without is missed", () => {
  expect(settled("master = true").said).toEqual([
    "app.ini:1:1 error no-socket: there is no socket to listen on",
    "app.ini:1:1 error no-app: there is no application",
  ]);
  expect(settled("lenient = true\nhttp = :1").said).toEqual([
    "app.ini:1:1 warning no-app: there is no application",
  ]);
});

test("a socket or application that has its own message is not missed as well", () => {
  expect(settled("http = :99999\nmount = /=app.py").said.map((line) => line.split(" ")[2])).toEqual(
    ["invalid-address:"],
  );
  expect(settled("raw-socket = :1\nmodule = m").said).toHaveLength(1);
});

test("lenient drops a comment after a port, as uWSGI does, and keeps it in a path", () => {
  const { settings, said } = settled("lenient = true\nmodule = m\nhttp = :80 ; c\nsocket = /s ; c");
  expect(settings.sockets.map(({ address }) => address)).toEqual([
    { kind: "tcp", host: "0.0.0.0", port: 80, family: 4 },
    { kind: "unix", path: "/s ; c" },
  ]);
  expect(said.map((line) => line.split(" ")[1])).toEqual(["warning", "warning"]);
});

test("one address has one socket", () => {
  const { said } = settled("http = :8080\nmodule = m\nhttp-socket = :8080");
  expect(said).toEqual([
    "app.ini:3:15 error repeated-socket: `:8080` is already listened on, by app.ini:1:8",
  ]);
  expect(rulesFor("http = 127.0.0.1:80", "stats = 127.0.0.1:80")).toEqual([
    "error repeated-socket",
  ]);
});

test("a number is shown as it was written", () => {
  const { said } = settled("http = :1\nmodule = m\nprocesses = 99999999999999999999999\nlisten =");
  expect(said).toEqual([
    "app.ini:4:1 error not-a-number: `listen` must be a whole number from 1 to 2147483647, and is empty",
    "app.ini:3:13 error out-of-range: `processes` must be a whole number from 1 to 1024, and is `99999999999999999999999`",
  ]);
});

test("limits that need the master are warned about without it", () => {
  expect(rulesFor("harakiri = 5", "max-requests = 9")).toEqual([
    "warning no-master",
    "warning no-master",
  ]);
  expect(rulesFor("harakiri = 5", "master = true")).toEqual([]);
});

test("a port without its colon is a file, and that is said", () => {
  expect(rulesFor("socket = 3031")).toEqual(["warning port-as-path"]);
  expect(rulesFor("socket = ./3031")).toEqual([]);
});

test("all problems come in one run, each at its place", () => {
  const { said } = settled(
    resolvedFrom(
      "http = :1\nmodule = a\nprocesses = auto\nmaster = maybe\nproceses = 4\nthreads = 0\nmules = 2",
    ),
  );
  expect(said.map((line) => line.split(":").slice(1, 3).join(":"))).toEqual([
    "5:1 error unknown-option",
    "7:1 error unsupported-option",
    "3:13 error not-a-number",
    "4:10 error not-a-boolean",
    "6:11 error out-of-range",
  ]);
});

test("the environment: envdir comes last, and what is taken away has no value", () => {
  const { settings, said } = settled(
    [...sound, "envdir = envdir", "env = A=1", "unenv = X", "env = X=2", "unenv = HOME"].join("\n"),
  );
  expect(said).toEqual([]);
  expect(settings.env).toEqual([
    { name: "A", value: "1" },
    { name: "X", value: undefined },
    { name: "X", value: "2" },
    { name: "HOME", value: undefined },
    { name: "A", value: "one" },
    { name: "B", value: "two\nlines" },
    { name: "C", value: undefined },
  ]);
});

test("an envdir that is not there is an error", () => {
  expect(rulesFor("envdir = nowhere")).toEqual(["error unreadable-directory"]);
});

test("print and iprint are lines of the log", () => {
  const { settings } = settled([...sound, "print = hello there", "iprint ="].join("\n"));
  expect(settings.prints).toEqual(["hello there", ""]);
});
