import { describe, expect, test } from "vitest";
import { nodeMachine } from "../../src/commands/machine.ts";
import { collector, locate } from "../../src/diagnostic.ts";
import type { Machine, PathKind } from "../../src/settings/machine.ts";
import { preflight } from "../../src/settings/preflight.ts";
import { findPython } from "../../src/settings/python.ts";
import { settle } from "../../src/settings/settle.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { resolvedFrom } from "./resolved.ts";

const tree: { readonly [path: string]: PathKind } = {
  "/start": "directory",
  "/start/app.py": "file",
  "/start/dir": "directory",
  "/start/locked": "directory",
  "/bin/python3": "file",
  "/venv": "directory",
  "/venv/bin/python": "file",
  "/empty-venv": "directory",
  "/secret/x": "denied",
};

const kernel: { readonly [name: string]: string } = {
  "core/somaxconn": "4096\n",
  "core/wmem_max": "212992\n",
  "core/rmem_max": "212992\n",
  "ipv4/tcp_fastopen": "1\n",
};

const machine: Machine = {
  kind: (path) => tree[path] ?? "missing",
  readable: () => true,
  writable: (path) => path !== "/start/locked",
  executable: () => true,
  readText: (path) => kernel[path.replace("/proc/sys/net/", "")],
  mode: () => 0o600,
  list: () => undefined,
  cipherFault: () => undefined,
  searchPath: "relative:/usr/bin:/bin",
  uid: 1000,
  gid: 1000,
  run: () => ({ status: 0, stdout: '{"is":"parsed","callable":"yes","names":[]}', stderr: "" }),
};

function said(text: string, on: Machine = machine): string[] {
  const resolved = resolvedFrom(`http = :1\n${text}`);
  const { report, found } = collector();
  const host = {
    cwd: () => "/start",
    readText: on.readText,
    list: () => undefined,
    kindOf: () => undefined,
  };
  const settings = settle(resolved, host, () => {});
  preflight(settings, resolved, on, report);
  return found.map((d) => `${locate(d)} ${d.severity} ${d.rule}: ${d.message}`);
}

test.each<[string, string[]]>([
  ["wsgi-file = app.py", []],
  ["chdir = /nowhere", ["app.ini:2:9 error chdir: `chdir`: /nowhere does not exist"]],
  ["chdir = app.py", ["app.ini:2:9 error chdir: `chdir`: /start/app.py is not a directory"]],
  ["chdir = /secret/x", ["app.ini:2:9 error chdir: `chdir`: /secret/x may not be looked at"]],
  ["wsgi-file = no.py", ["app.ini:2:13 error wsgi-file: `wsgi-file`: /start/no.py does not exist"]],
  ["wsgi-file = dir", ["app.ini:2:13 error wsgi-file: `wsgi-file`: /start/dir is not a file"]],
  [
    "static-map = /s=no",
    ["app.ini:2:14 warning static-map: `static-map`: /start/no does not exist"],
  ],
  [
    "socket = no/s",
    [
      "app.ini:2:10 error socket-directory: the Unix socket /start/no/s cannot be made: /start/no does not exist",
    ],
  ],
  [
    "stats = locked/s",
    [
      "app.ini:2:9 error socket-directory: the Unix socket /start/locked/s cannot be made: /start/locked is not writable",
    ],
  ],
  [
    "socket = dir",
    [
      "app.ini:2:10 error socket-path: the Unix socket /start/dir cannot be made: that is a directory",
    ],
  ],
  ["socket = dir/s", []],
  [
    "pidfile = dir",
    ["app.ini:2:11 error not-writable: `pidfile`: /start/dir is a directory, not a file"],
  ],
  [
    "safe-pidfile = locked/p",
    ["app.ini:2:16 error not-writable: `safe-pidfile`: /start/locked/p is not writable"],
  ],
  [
    "daemonize = no/log",
    ["app.ini:2:13 error not-writable: `daemonize`: /start/no/log: /start/no does not exist"],
  ],
  ["logto = 127.0.0.1:514", []],
  ["virtualenv = /venv", []],
  ["virtualenv = /no", ["app.ini:2:14 error virtualenv: virtual environment: /no does not exist"]],
  [
    "home = /empty-venv",
    [
      "app.ini:2:8 error virtualenv: virtual environment: /empty-venv has no `bin/python` that can be run",
    ],
  ],
  [
    "uid = 0",
    ["app.ini:2:7 error not-root: `uid`: only root can become uid 0, and this is uid 1000"],
  ],
  ["gid = 1000", []],
  [
    "listen = 5000",
    [
      "app.ini:2:10 error listen: `listen = 5000` is above the kernel's net.core.somaxconn, which is 4096",
    ],
  ],
  ["listen = 4096", []],
  ["http = /start/s\nchown-socket = 1000", []],
  [
    "http = /start/s\nchown-socket = 33",
    [
      "app.ini:3:16 error not-root: `chown-socket`: only root can give a socket to user 33, and this is uid 1000",
    ],
  ],
  ["chown-socket = 33", []],
  [
    "socket-sndbuf = 300000",
    [
      "app.ini:2:17 warning socket-buffer: `socket-sndbuf = 300000` is above the kernel's net.core.wmem_max, and 212992 will be used",
    ],
  ],
  ["socket-sndbuf = 212992\nsocket-rcvbuf = 212992", []],
  [
    "socket-rcvbuf = 212993",
    [
      "app.ini:2:17 warning socket-buffer: `socket-rcvbuf = 212993` is above the kernel's net.core.rmem_max, and 212992 will be used",
    ],
  ],
  [
    "tcp-fast-open = 10",
    [
      "app.ini:2:17 warning tcp-fast-open: `tcp-fast-open` has no effect: the kernel's net.ipv4.tcp_fastopen does not let servers do it",
    ],
  ],
])("%s", (text, expected) => {
  expect(said(text)).toEqual(expected);
});

test("a socket path may be short as written and too long after chdir", () => {
  const long = `/${"d".repeat(90)}`;
  const deep = {
    ...machine,
    kind: (path: string): PathKind => (path === long ? "directory" : machine.kind(path)),
  };
  expect(said(`chdir = ${long}\nsocket = ${"s".repeat(40)}`, deep)).toEqual([
    "app.ini:3:10 error socket-path: the path of a Unix socket may have 107 bytes, and this has 132",
  ]);
});

test("root may become anybody", () => {
  expect(said("uid = 33\ngid = 33", { ...machine, uid: 0 })).toEqual([]);
});

test("a missing chdir does not make everything below it missing as well", () => {
  expect(said("chdir = /no\nwsgi-file = a.py\nsocket = s/s\nstatic-map = /s=st")).toHaveLength(1);
});

test("the interpreter is the virtual environment's, else the first on the PATH", () => {
  expect(findPython({ virtualenv: undefined }, machine)).toBe("/bin/python3");
  expect(findPython({ virtualenv: "/venv" }, machine)).toBe("/venv/bin/python");
  expect(findPython({ virtualenv: undefined }, { ...machine, searchPath: "" })).toBeUndefined();
  expect(said("wsgi-file = app.py", { ...machine, searchPath: "" })).toEqual([
    "app.ini:2:13 error no-python: there is no `python3` on the PATH to run the application",
  ]);
});

test("an interpreter that cannot run is said to be so, with its last words", () => {
  const run = () => ({ status: 1, stdout: "", stderr: "Traceback\nSyntaxError: too old\n" });
  expect(said("wsgi-file = app.py", { ...machine, run })).toEqual([
    "app.ini:2:13 error python: /bin/python3 cannot be used: SyntaxError: too old",
  ]);
});

describe("with a real interpreter", () => {
  const files = temporaryDirectory({
    "good.py": "def application(e, s):\n    return []\n",
    "broken.py": "x = 1\ndef f(:\n    pass\n",
    "flask_like.py":
      "import flask\napp = flask.Flask(__name__)\ndef helper(): pass\nclass Model: pass\n",
    "dynamic.py": "globals()['application'] = print\n",
    "star.py": "from other import *\n",
    "nested.py": "try:\n    from a import application\nexcept ImportError:\n    pass\n",
    "late.py": "def setup():\n    global application\n    application = 1\n",
    "latin.py": Buffer.from([0x78, 0x3d, 0x22, 0xe9, 0x22, 0x0a]),
    "nul.py": "x = 1\0\n",
    "pkg/__init__.py": "",
    "pkg/web.py": "app = object()\n",
    "empty.py": "",
  });
  const real = { ...nodeMachine(), searchPath: "/usr/bin" };
  const check = (text: string) =>
    said(`chdir = ${files}\n${text}`, real).map((line) => line.replaceAll(files, "DIR"));

  test.each(["good.py", "dynamic.py", "star.py", "nested.py", "late.py"])("%s is fine", (name) => {
    expect(check(`wsgi-file = ${name}`)).toEqual([]);
  });

  test("a syntax error is shown where it is", () => {
    const [message, ...others] = check("wsgi-file = broken.py");
    expect(message).toMatch(
      /^DIR\/broken\.py:2:\d+ error app-syntax: the application has a syntax error: /,
    );
    expect(others).toEqual([]);
    expect(check("wsgi-file = latin.py")[0]).toMatch(/ error app-syntax: /);
    expect(check("wsgi-file = nul.py")[0]).toMatch(/ error app-syntax: /);
  });

  test("a callable that cannot exist is an error at the option that names it", () => {
    expect(check("wsgi-file = flask_like.py")).toEqual([
      "app.ini:3:13 error no-callable: DIR/flask_like.py has no `application` for the server to call",
    ]);
    expect(check("wsgi-file = good.py\ncallable = app")).toEqual([
      "app.ini:4:12 error no-callable: DIR/good.py has no `app` for the server to call",
    ]);
    expect(check("wsgi-file = good.py\ncallable = make()")).toHaveLength(1);
    expect(check("wsgi-file = empty.py")).toHaveLength(1);
  });

  test("with lenient they are warnings, for the server starts; not with need-app, for it does not", () => {
    for (const app of ["no.py", "broken.py", "empty.py"]) {
      expect(check(`lenient = 1\nwsgi-file = ${app}`).join()).toMatch(/ warning /);
      expect(check(`lenient = 1\nneed-app = 1\nwsgi-file = ${app}`).join()).toMatch(/ error /);
    }
  });

  test("modules are looked for where the server will, without importing them", () => {
    expect(check("module = pkg.web:app")).toEqual([]);
    expect(check("module = pkg.web")).toHaveLength(1);
    expect(check(`module = web:nope\npythonpath = ${files}/pkg`)).toHaveLength(1);
    expect(check("module = json:nope")).toHaveLength(1);
    expect(check("module = json:loads")).toEqual([]);
    expect(check("module = nowhere.at.all")).toHaveLength(1);
    expect(check("module = pkg.nowhere")).toHaveLength(1);
    expect(check("module = nowhere\nenv = PYTHONPATH=/elsewhere")).toEqual([]);
  });

  test("the names of the file's own callables are suggested", () => {
    const resolved = resolvedFrom(`http = :1\nwsgi-file = ${files}/flask_like.py`);
    const { report, found } = collector();
    preflight(
      settle(
        resolved,
        {
          cwd: () => files,
          readText: real.readText,
          list: () => undefined,
          kindOf: () => undefined,
        },
        () => {},
      ),
      resolved,
      real,
      report,
    );
    expect(found[0]?.help).toBe("the file has `app`, `helper`, `Model`: name one with `callable`");
  });
});

test.each<[string, string[]]>([
  ["attach-daemon = prog --x; other", []],
  ["attach-daemon = exec prog", []],
  ["attach-daemon = ./tool x", []],
  ["attach-daemon = /start/tool", []],
  ["attach-daemon = FOO=1 anything", []],
  ["attach-daemon = while :; do nothing; done", []],
  ["attach-daemon = $PROGRAM x", []],
  [
    "attach-daemon = progg --x",
    ["app.ini:2:17 warning command: there is no program `progg` on the PATH"],
  ],
  [
    "cron = 0 0 -1 -1 -1 progg",
    ["app.ini:2:8 warning command: there is no program `progg` on the PATH"],
  ],
  [
    "attach-daemon = ./toool",
    ["app.ini:2:17 warning command: the program /start/toool is not there"],
  ],
  [
    "attach-daemon2 = cmd=./tool,chdir=dir",
    ["app.ini:2:18 warning command: the program /start/dir/tool is not there"],
  ],
  [
    "attach-daemon2 = cmd=prog,chdir=other",
    ["app.ini:2:18 warning chdir: `chdir`: there is no directory /start/other"],
  ],
  [
    "smart-attach-daemon = run/p prog",
    ["app.ini:2:23 warning pidfile: there is no directory /start/run for the pidfile"],
  ],
])("a program beside the server: %s", (line, findings) => {
  const programs: { readonly [path: string]: PathKind } = {
    "/usr/bin/prog": "file",
    "/start/tool": "file",
  };
  const on = { ...machine, kind: (path: string) => programs[path] ?? machine.kind(path) };
  expect(said(`wsgi-file = app.py\n${line}`, on).map((one) => one.replace(/:3:/, ":2:"))).toEqual(
    findings,
  );
});
