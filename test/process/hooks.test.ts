/** Hooks, commands and waits of real servers, beside uWSGI's. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { needs } from "../helpers/needs.ts";
import { freePort } from "../helpers/ports.ts";
import { launch } from "../helpers/process.ts";
import { runTsuwsgi, tsuwsgi, untilReady } from "../helpers/server.ts";
import { until } from "../helpers/until.ts";
import { configured, linesOf, start } from "./hooked.ts";

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
