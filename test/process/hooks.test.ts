/** Hooks, commands and waits of real servers, beside uWSGI's. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { needs } from "../helpers/needs.ts";
import { freePort } from "../helpers/ports.ts";
import { launch, type Program } from "../helpers/process.ts";
import { page, runTsuwsgi, startServer, tsuwsgi, untilReady } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";
import { allByTitle, byTitle, kill } from "./processes.ts";

const app = `
def application(environ, start_response):
    start_response("200 OK", [])
    return [b"ok"]
`;

/** A directory with an application and a configuration of these lines. */
function configured(
  lines: readonly string[],
  files: { readonly [path: string]: string } = {},
): string {
  const ini = ["[uwsgi]", "master = true", "wsgi-file = app.py", ...lines].join("\n");
  const directory = temporaryDirectory({ "app.py": app, "app.ini": `${ini}\n`, ...files });
  chmodSync(directory, 0o755);
  return directory;
}

/** Starts it with HTTP on a port. */
async function start(
  lines: readonly string[],
): Promise<{ server: Program; cwd: string; port: number }> {
  const cwd = configured(lines);
  const port = await freePort();
  const args = ["--ini", "app.ini", "--http-socket", `127.0.0.1:${port}`];
  const server = await startServer(args, { http: port }, { cwd });
  return { server, cwd, port };
}

/** Lines of a file, none where there is none. */
function linesOf(path: string): string[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8").split("\n").slice(0, -1);
}

const phases = [
  ...["asap", "pre-jail", "post-jail", "in-jail", "as-root", "as-user"],
  ...["pre-app", "post-app", "post-fork"],
  ...["accepting", "accepting-once", "accepting1", "accepting1-once"],
];
const withCommands = phases.filter((name) => !/^(post-fork|accepting)/.test(name));

describe.skipIf(process.getuid?.() !== 0)("as root", () => {
  needs("uwsgi")("the phases", () => {
    test.each([
      ["by a user", ["jailed = true"]],
      ["with lazy-apps", ["lazy-apps = true"]],
      ["with drop-after-init", ["drop-after-init = true"]],
      ["with drop-after-apps", ["drop-after-apps = true"]],
    ])("come in uWSGI's order, %s", async (_title, more) => {
      const lines = [
        // The other way round: the order is that of the phases, not of the lines.
        ...[...phases].reverse().map((name) => `hook-${name} = appendn:trace hook ${name}`),
        ...[...withCommands].reverse().map((name) => `exec-${name} = echo exec ${name} >> trace`),
        ...["uid = nobody", "gid = nogroup", ...more],
      ];
      const traces = [];
      for (const peer of [false, true]) {
        const cwd = configured(lines, { trace: "" });
        chmodSync(cwd, 0o777);
        chmodSync(join(cwd, "trace"), 0o666);
        const port = await freePort();
        const args = ["--ini", "app.ini", "--http-socket", `127.0.0.1:${port}`];
        const server = peer
          ? launch("uwsgi", ["--plugin", "python3", ...args], { cwd })
          : tsuwsgi(args, { cwd });
        await untilReady(server, { http: port });
        traces.push(linesOf(join(cwd, "trace")));
        await server.kill();
      }
      expect(traces[0]?.length).toBeGreaterThan(15);
      expect(traces[0]).toEqual(traces[1]);
    });

    test("make what uWSGI's make, whoever runs them", async () => {
      const made = (phase: string) =>
        [
          ...["mkdir:made", "sticky:made", "write:made/w one two", "writen:made/n one two"],
          ...["append:made/w  three", "appendn:made/n four", "appendn:made/n", "creat:made/empty"],
          ...[
            "create:made/gone",
            "unlink:made/gone",
            "chmod:made/w 600",
            "chown:made/n nobody nogroup",
          ],
          ...["chown2:made/empty 33 65534", "putenv:FROM_HOOK=a value", "cd:made"],
          ...[
            "exec:echo $FROM_HOOK in $(basename $PWD) > env",
            "safeexec:exit 9",
            "!creat:private",
          ],
          ...["writefifo:../fifo nobody reads", "cd:..", "print:printed here", "log:logged there"],
        ].map((action) => `hook-${phase} = ${action}`);
      const trees: { [name: string]: string[] } = {};
      for (const [name, phase] of [
        ["the master's", "in-jail"],
        ["the zygote's", "pre-app"],
        ["the worker's", "post-fork"],
        ["uWSGI's", "in-jail"],
      ] as const) {
        const cwd = configured([...made(phase), "exec-asap = mkfifo fifo"]);
        const port = await freePort();
        const args = ["--ini", "app.ini", "--http-socket", `127.0.0.1:${port}`];
        const server = name.startsWith("uWSGI")
          ? launch("uwsgi", ["--plugin", "python3", ...args], { cwd })
          : tsuwsgi(args, { cwd });
        await untilReady(server, { http: port });
        trees[name] = tree(join(cwd, "made"));
        const said = server.stderr() + server.stdout();
        expect(said).toContain("printed here\n");
        expect(said).toContain("logged there\n");
        expect(said).toMatch(/running "mkdir:made" \(.*\)\.\.\.\n/);
        expect(said).toContain("running --- PRIVATE HOOK --- (");
        expect(said).not.toContain("creat:private");
        await server.kill();
      }
      expect(trees["uWSGI's"]).toHaveLength(6);
      for (const [name, one] of Object.entries(trees))
        expect([name, one]).toEqual([name, trees["uWSGI's"]]);
    });
  });
});

/** Names, permissions, owners and contents. */
function tree(directory: string): string[] {
  const { mode } = statSync(directory);
  const files = readdirSync(directory).map((name) => {
    const stat = statSync(join(directory, name));
    const text = readFileSync(join(directory, name), "utf8");
    return `${name} ${(stat.mode & 0o7777).toString(8)} ${stat.uid}:${stat.gid} ${JSON.stringify(text)}`;
  });
  return [`. ${(mode & 0o7777).toString(8)}`, ...files.sort()];
}

describe("a hook that fails", () => {
  test.each([
    ["hook-asap = exec:exit 3", 'asap: "exec:exit 3" failed: exit code 3'],
    ["hook-pre-jail = mkdir:app.py", 'pre-jail: "mkdir:app.py" failed: File exists'],
    ["exec-in-jail = kill -9 $$", 'in-jail: "kill -9 $$" failed: killed by signal 9'],
    ["hook-as-user = chown:app.py nobody nogrup", "there is no group nogrup"],
    [
      "file-write = /nowhere/at/all=x",
      "file-write /nowhere/at/all failed: No such file or directory",
    ],
    [
      "hook-pre-app = unlink:nothing",
      'pre app: "unlink:nothing" failed: No such file or directory',
    ],
    ["exec-post-app = exit 4", 'post app: "exit 4" failed: exit code 4'],
    ["hook-master-start = exec:exit 7", 'master-start: "exec:exit 7" failed'],
  ])("ends the start with its place: %s", async (line, text) => {
    const cwd = configured([line]);
    const args = ["--ini", "app.ini", "--http-socket", `127.0.0.1:${await freePort()}`];
    const { code, stderr } = await runTsuwsgi(args, { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain(text);
    expect(stderr).toMatch(/app\.ini:4:\d+: error: /);
    expect(stderr).not.toContain("Traceback");
  });

  test.each(["post-fork", "accepting"])(
    "%s: no worker can be, so the start ends",
    async (phase) => {
      const cwd = configured([`hook-${phase} = exec:exit 3`]);
      const args = ["--ini", "app.ini", "--http-socket", `127.0.0.1:${await freePort()}`];
      const { code, stderr } = await runTsuwsgi(args, { cwd });
      expect(code).toBe(1);
      expect(stderr).toContain(`tsuwsgi: ${phase}: "exec:exit 3" failed: exit code 3\n`);
      expect(stderr).not.toContain("Traceback");
    },
  );

  test.each([
    ["hook-in-jail = exit:7", 7],
    ["hook-pre-app = exit:8", 8],
    ["hook-as-user = exit:", 0],
  ])("%s ends the start with that code", async (line, expected) => {
    const cwd = configured([line]);
    const args = ["--ini", "app.ini", "--http-socket", `127.0.0.1:${await freePort()}`];
    expect((await runTsuwsgi(args, { cwd })).code).toBe(expected);
  });
});

describe("a hook that takes its time", () => {
  test.each(["asap", "as-user", "pre-app"])(
    "%s is ended by SIGTERM, with what it runs",
    async (phase) => {
      const cwd = configured([`exec-${phase} = echo $$ > running; sleep 1000; true`]);
      const args = ["--ini", "app.ini", "--http-socket", `127.0.0.1:${await freePort()}`];
      const server = tsuwsgi(args, { cwd });
      await until("the command", () => linesOf(join(cwd, "running")).length > 0);
      const { code, signal } = await server.stop();
      expect([code, signal]).toEqual([0, null]);
      await server.assertGone();
    },
  );

  test("those of the end run once, as the server ends; another signal ends them", async () => {
    const { server, cwd } = await start([
      "hook-as-user-atexit = appendn:trace hook",
      "exec-as-user-atexit = exit 9",
      "exec-as-user-atexit = echo exec >> trace; sleep 1000",
    ]);
    server.signal("SIGTERM");
    await until("the command", () => linesOf(join(cwd, "trace")).includes("exec"));
    expect((await server.stop("SIGINT")).code).toBe(0);
    await server.assertGone();
    expect(linesOf(join(cwd, "trace"))).toEqual(["hook", "exec"]);
    expect(server.stderr()).toContain('atexit: "exit 9" failed: exit code 9\n');
  });
});

describe("waiting", () => {
  test("the start goes on when files and a socket are there", async () => {
    const later = await freePort();
    const cwd = configured([
      "wait-for-file = late/file",
      "wait-for-interface = lo",
      "wait-for-mountpoint = /proc",
      `wait-for-socket = 127.0.0.1:${later}`,
    ]);
    const port = await freePort();
    const server = tsuwsgi(["--ini", "app.ini", "--http-socket", `127.0.0.1:${port}`], { cwd });
    await until("the wait", () =>
      server.stderr().includes("waiting for late/file (max 60 seconds)"),
    );
    mkdirSync(join(cwd, "late"));
    writeFileSync(join(cwd, "late/file"), "");
    await until("the next", () => server.stderr().includes(`waiting for 127.0.0.1:${later}`));
    expect(server.stderr()).not.toContain("application loaded");
    const peer = createServer((socket) => socket.destroy()).listen(later, "127.0.0.1");
    await untilReady(server, { http: port });
    peer.close();
    await server.stop();
    await server.assertGone();
  });

  test("what does not come ends the start", async () => {
    const cwd = configured(["wait-for-fs = never", "wait-for-fs-timeout = 1"]);
    const args = ["--ini", "app.ini", "--http-socket", `127.0.0.1:${await freePort()}`];
    const { code, stderr } = await runTsuwsgi(args, { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain(
      "app.ini:4:15: error: wait: wait-for-fs never failed: never unavailable after 1 seconds",
    );
  });
});

describe("while the server runs", () => {
  test("a file that changes, and one that comes, have their actions done; a signal its meaning", async () => {
    const { server, cwd } = await start([
      "hook-touch = watched appendn:trace touched",
      "hook-touch = later exec:exit 5",
      "hook-master-start = appendn:trace started",
      "hook-master-start = unix_signal:10 gracefully_kill_them_all",
      "exec-asap = echo > watched",
    ]);
    const trace = () => linesOf(join(cwd, "trace"));
    await until("the start", () => trace().includes("started"));
    const touch = (name: string) => writeFileSync(join(cwd, name), `${performance.now()}`);
    await until("the touch", () => {
      touch("watched");
      return trace().includes("touched");
    });
    touch("later");
    await until("the failure", () => server.stderr().includes('"exec:exit 5" failed: exit code 5'));
    expect((await server.stop("SIGUSR1")).code).toBe(0);
    expect(server.stderr()).toContain("SIGUSR1: stopping, requests in hand have");
    await server.assertGone();
  });

  test("a reload takes other actions for files and the end; a signal keeps its meaning, which is told", async () => {
    const lines = (word: string, meaning: string) => [
      `hook-touch = ${word} appendn:trace touched-${word}`,
      `hook-as-user-atexit = appendn:trace ended-${word}`,
      `hook-master-start = unix_signal:28 ${meaning}`,
    ];
    const { server, cwd } = await start(lines("old", "stats"));
    const ini = [
      "[uwsgi]",
      "master = true",
      "wsgi-file = app.py",
      ...lines("new", "grace_them_all"),
    ];
    writeFileSync(join(cwd, "app.ini"), ini.join("\n"));
    server.signal("SIGHUP");
    await until("the reload", () => server.stderr().includes("reload is done"));
    expect(server.stderr()).toContain("unix_signal has changed; that needs a restart");
    const trace = () => linesOf(join(cwd, "trace"));
    await until("the touch", () => {
      for (const name of ["old", "new"]) writeFileSync(join(cwd, name), `${performance.now()}`);
      return trace().includes("touched-new");
    });
    server.signal("SIGWINCH");
    await until("the statistics", () => server.stderr().includes("statistics: "));
    expect((await server.stop()).code).toBe(0);
    expect(new Set(trace())).toEqual(new Set(["touched-new", "ended-new"]));
    await server.assertGone();
  });

  test("the server goes on when its directory is removed, and says what cannot be done there", async () => {
    const cwd = configured([
      "hook-touch = TOP/hook appendn:TOP/trace touched",
      "touch-exec = TOP/exec true",
      "hook-as-user-atexit = appendn:TOP/trace ended",
    ]);
    const ini = readFileSync(join(cwd, "app.ini"), "utf8");
    const absolute = ini.replaceAll("TOP", cwd).replace("= app.py", `= ${cwd}/app.py`);
    writeFileSync(join(cwd, "app.ini"), absolute);
    const here = join(cwd, "here");
    mkdirSync(here);
    const port = await freePort();
    const args = ["--ini", "../app.ini", "--http-socket", `127.0.0.1:${port}`];
    const server = await startServer(args, { http: port }, { cwd: here });
    rmSync(here, { recursive: true });
    const log = (text: string) => server.stderr().includes(text);
    const gone = `the directory ${here} is not there any more`;
    for (const name of ["hook", "exec"])
      await until("the look", () => log(`${join(cwd, name)} is not there; it counts`));
    writeFileSync(join(cwd, "hook"), "");
    await until("the hook", () => linesOf(join(cwd, "trace")).includes("touched"));
    writeFileSync(join(cwd, "exec"), "");
    await until("the command", () => log(`true: ${gone}`));
    server.signal("SIGHUP");
    await until("the reload", () => log(`given up: the configuration cannot be read: ${gone}`));
    expect(await page(port, "/")).toBe("ok");
    expect((await server.stop()).code).toBe(0);
    expect(linesOf(join(cwd, "trace"))).toEqual(["touched", "ended"]);
    expect(server.stderr()).not.toMatch(/Traceback|ended \(/);
    await server.assertGone();
  });

  test("spinningfifo waits for its FIFO and for who reads from it", async () => {
    const { server, cwd } = await start([
      "hook-master-start = spinningfifo:late hello",
      "hook-master-start = appendn:trace told",
    ]);
    await until("the wait", () => server.stderr().includes("waiting for late ..."));
    expect(existsSync(join(cwd, "trace"))).toBe(false);
    const reader = launch("sh", ["-c", "mkfifo late && cat late"], { cwd });
    await until("the word", () => reader.stdout() === "hello");
    await until("the next step", () => linesOf(join(cwd, "trace")).includes("told"));
    expect((await server.stop()).code).toBe(0);
    await server.assertGone();
  });

  test("a touched file can ask for the end", async () => {
    const { server, cwd } = await start(["hook-touch = last exit:5"]);
    await until("it is looked at", () => server.stderr().includes("last is not there; it counts"));
    writeFileSync(join(cwd, "last"), "");
    expect((await server.exit).code).toBe(5);
    expect(server.stderr()).toContain('"exit:5" asks for the end, with exit code 5');
    await server.assertGone();
  });

  test("a daemon's are done when nobody waits for it any more, too", async () => {
    const cwd = configured([
      "hook-master-start = exec:while ! test -e go; do sleep 0.05; done; echo started >> trace",
      "hook-touch = watched appendn:trace touched",
      ...["exec-asap = echo > watched", "daemonize = log", "pidfile = pid"],
    ]);
    const args = ["--ini", "app.ini", "--http-socket", `127.0.0.1:${await freePort()}`];
    const starter = tsuwsgi(args, { cwd });
    expect((await starter.exit).code).toBe(0);
    writeFileSync(join(cwd, "go"), "");
    const trace = () => linesOf(join(cwd, "trace"));
    await until("the start", () => trace().includes("started"));
    await until("the touch", () => {
      writeFileSync(join(cwd, "watched"), `${performance.now()}`);
      return trace().includes("touched");
    });
    process.kill(Number(linesOf(join(cwd, "pid"))[0]), "SIGTERM");
    await starter.assertGone();
  });

  test("hooks of workers: once or with each; under lazy-apps around each import", async () => {
    const each = ["pre-app", "post-app", "post-fork", "accepting", "accepting1"];
    const once = ["accepting-once", "accepting1-once"];
    const { server, cwd, port } = await start([
      "processes = 2",
      "lazy-apps = true",
      ...[...each, ...once].map((name) => `hook-${name} = appendn:trace ${name}`),
    ]);
    const count = (name: string) =>
      linesOf(join(cwd, "trace")).filter((one) => one === name).length;
    await until(
      "both workers",
      () => count("accepting-once") === 2 && count("accepting1-once") === 1,
    );
    expect(["pre-app", "post-app", "post-fork", "accepting"].map(count)).toEqual([2, 2, 2, 2]);
    kill(byTitle(server, "tsuwsgi worker 1"));
    await until("the next", () => count("accepting1") === 2);
    await until("both again", () => allByTitle(server, "tsuwsgi worker").length === 2);
    expect(["pre-app", "post-fork", "accepting"].map(count)).toEqual([3, 3, 3]);
    expect(once.map(count)).toEqual([2, 1]);
    expect(await page(port, "/")).toBe("ok");
    await server.stop();
    await server.assertGone();
  });
});

test("commands have nothing of the server's open, and their output goes to the log", async () => {
  const open = "for f in /proc/$$/fd/*; do case $f in */[012]) ;; *) readlink $f;; esac; done";
  // Not by $(…), which is a variable of the environment here.
  const list = `echo listed \`${open} | grep -c 'socket\\|tsuwsgi'\``;
  const { server } = await start([
    ...["as-user", "pre-app", "post-app"].map((phase) => `exec-${phase} = ${list} ${phase}`),
    ...["post-fork", "accepting", "master-start"].map(
      (phase) => `hook-${phase} = exec:${list} ${phase}`,
    ),
  ]);
  await until("the last", () => server.stderr().includes("listed 0 master-start\n"));
  for (const phase of ["as-user", "pre-app", "post-app", "post-fork", "accepting"])
    expect(server.stderr()).toContain(`listed 0 ${phase}\n`);
  await server.stop();
});

test("lint runs nothing", async () => {
  const lines = ["asap", "pre-jail", "as-user", "pre-app", "post-app"].map(
    (phase) => `exec-${phase} = touch ran`,
  );
  const cwd = configured([
    ...lines,
    "hook-in-jail = creat:ran",
    "wait-for-file = never",
    "http-socket = 127.0.0.1:1",
  ]);
  const { code, stderr } = await runTsuwsgi(["lint", "app.ini"], { cwd });
  expect([code, stderr]).toEqual([0, ""]);
  expect(existsSync(join(cwd, "ran"))).toBe(false);
});
