/** Users, groups, capabilities and roots of real servers, beside uWSGI's. All of it needs root. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { needs } from "../helpers/needs.ts";
import { freePort } from "../helpers/ports.ts";
import { launch, type Program } from "../helpers/process.ts";
import {
  page,
  projectPath,
  runTsuwsgi,
  startServer,
  tsuwsgi,
  untilReady,
} from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";
import { byTitle, kill } from "./processes.ts";
import { credentials } from "./status.ts";

const nobody = 65534;
const wwwData = 33;
const user = ["--uid", "nobody", "--gid", "www-data"];

/** A directory that everybody may look into, with the application. */
function shared(mode = 0o755): string {
  const source = readFileSync(projectPath("test/apps/regain_root.py"));
  const directory = temporaryDirectory({ "app.py": source });
  chmodSync(directory, mode);
  return directory;
}

/** What regain_root.py answers. */
interface Answer {
  readonly import: number;
  readonly uids: readonly number[];
  readonly gids: readonly number[];
  readonly groups: readonly number[];
  readonly directory: string;
  readonly root: readonly string[];
  readonly got: readonly string[];
}

async function answer(port: number): Promise<Answer> {
  return JSON.parse(await page(port, "/")) as Answer;
}

async function start(
  args: readonly string[],
  cwd = shared(),
): Promise<{ server: Program; port: number; cwd: string }> {
  const port = await freePort();
  const all = ["--master", "--wsgi-file", "app.py", "--http-socket", `127.0.0.1:${port}`, ...args];
  const server = await startServer(all, { http: port }, { cwd });
  return { server, port, cwd };
}

/** Shows of every process but those left out that it is nobody of www-data, and has no way back. */
function expectNobody(server: Program, but: readonly string[] = [], groups = [wwwData]): void {
  const all = server.processes().map(credentials);
  expect(all.length).toBeGreaterThan(3);
  for (const one of all.filter(({ name }) => !but.includes(name)))
    expect(one).toEqual({
      ...{ name: one.name, uids: [nobody], gids: [wwwData], groups },
      capabilities: "0",
    });
}

/** A port that only root may use. */
async function privilegedPort(): Promise<number> {
  for (let port = 1023; port > 900; port--) {
    const probe = createServer();
    const free = await new Promise<boolean>((resolve) => {
      probe.once("error", () => resolve(false));
      probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
    });
    if (free) return port;
  }
  throw new Error("no port below 1024 is free");
}

const asRoot = describe.skipIf(process.getuid?.() !== 0);

asRoot("uid and gid", () => {
  test("a pidfile that root wrote for itself alone goes with the server, where its directory allows that", async () => {
    const cwd = shared(0o777);
    const pidfile = join(cwd, "pid");
    const port = await freePort();
    const args = ["--master", "--wsgi-file", "app.py", "--umask", "077", "--pidfile", pidfile];
    const more = [...user, "--http-socket", `127.0.0.1:${port}`, "--vacuum"];
    const server = await startServer([...args, ...more], { http: port }, { cwd });
    expect(statSync(pidfile)).toMatchObject({ uid: 0, mode: 0o100600 });
    await server.stop();
    expect(existsSync(pidfile)).toBe(false);
  });

  test("a privileged port is bound, and then no process has a way back to root", async () => {
    const cwd = shared();
    const port = await privilegedPort();
    const args = [
      "--master",
      "--wsgi-file",
      "app.py",
      "--processes",
      "2",
      "--threads",
      "2",
      ...user,
    ];
    const server = await startServer(
      [...args, "--http-socket", `127.0.0.1:${port}`],
      { http: port },
      { cwd },
    );
    expectNobody(server);
    expect(await answer(port)).toMatchObject({
      ...{ uids: [nobody, nobody, nobody], gids: [wwwData, wwwData, wwwData], groups: [wwwData] },
      got: [],
    });
    // Those that come later are no other.
    kill(byTitle(server, "tsuwsgi front"));
    kill(byTitle(server, "tsuwsgi zygote"));
    await until("an answer", () => answer(port));
    expectNobody(server);
    await server.stop();
    await server.assertGone();
  });

  needs("uwsgi")("groups", () => {
    test.each([
      [["--uid", "nobody", "--gid", "www-data", "--add-gid", "daemon", "--add-gid", "60"]],
      [["--uid", "nobody", "--gid", "www-data", "--no-initgroups"]],
      [["--gid", "www-data"]],
      [["--uid", "4242", "--gid", "www-data"]],
    ])("as uWSGI's: %j", async (args) => {
      const { server, port, cwd } = await start(args);
      const theirs = await freePort();
      const more = ["--master", "--wsgi-file", "app.py", "--http-socket", `127.0.0.1:${theirs}`];
      const peer = launch("uwsgi", ["--plugin", "python3", ...more, ...args], { cwd });
      await untilReady(peer, { http: theirs });
      const [own, other] = [await answer(port), await answer(theirs)];
      expect(own).toEqual({ ...other, import: own.import });
      // A worker that is root has tried to have others.
      const rest = server
        .processes()
        .map(credentials)
        .filter(({ name }) => !name.includes("worker"));
      expect(rest).toHaveLength(3);
      for (const { groups } of rest)
        expect([...groups].sort((a, b) => a - b)).toEqual(other.groups);
      await Promise.all([server.kill(), peer.kill()]);
    });
  });
});

asRoot("what the server makes", () => {
  needs("uwsgi")("files", () => {
    test.each([
      ["early", []],
      ["with chown-socket", ["--chown-socket", "www-data:nogroup"]],
      ["with drop-after-init", ["--drop-after-init"]],
      ["with drop-after-apps", ["--drop-after-apps"]],
      ["with master-as-root", ["--master-as-root"]],
    ])("belong to whom uWSGI's belong: %s", async (_title, more) => {
      const names = [
        "u.sock",
        "hs.sock",
        "pidfile",
        "safe",
        "logto",
        "fw",
        "root",
        "user",
        "started",
      ];
      const args = [
        ...["--master", "--wsgi-file", "app.py", "--socket", "u.sock", "--http-socket", "hs.sock"],
        ...[
          "--skip-zero",
          "--stats",
          "stats.sock",
          "--pidfile",
          "pidfile",
          "--safe-pidfile",
          "safe",
        ],
        ...["--logto", "logto", "--file-write", "fw=x", "--hook-as-root", "creat:root"],
        ...["--hook-as-user", "creat:user", "--hook-master-start", "creat:started"],
        ...[...user, ...more],
      ];
      const made = [];
      for (const peer of [false, true]) {
        const cwd = shared(0o777);
        const server = peer
          ? launch("uwsgi", ["--plugin", "python3", ...args], { cwd })
          : tsuwsgi(args, { cwd });
        made.push(
          await until("all files", () =>
            [...names, "stats.sock"].map((name) => {
              const { uid, gid, mode } = statSync(join(cwd, name));
              return `${name} ${uid}:${gid} ${(mode & 0o7777).toString(8)}`;
            }),
          ),
        );
        await server.kill();
      }
      expect(made[0]).toEqual(made[1]);
    });
  });

  test("with immediate-uid and -gid belongs to that user, the log and the pidfile too", async () => {
    const cwd = shared(0o777);
    const files = ["--logto", "log", "--pidfile", "pid", "--hook-asap", "creat:made"];
    const ids = ["--immediate-uid", "nobody", "--immediate-gid", "www-data"];
    const { server, port } = await start([...files, ...ids], cwd);
    expectNobody(server, [], []);
    expect((await answer(port)).got).toEqual([]);
    for (const name of ["log", "pid", "made"])
      expect([name, statSync(join(cwd, name)).uid]).toEqual([name, nobody]);
    await server.stop();
  });
});

asRoot("root for longer", () => {
  test("drop-after-apps: root imports the application, and no worker is root", async () => {
    const { server, port } = await start([...user, "--drop-after-apps", "--processes", "2"]);
    expect(await answer(port)).toMatchObject({ import: 0, got: [] });
    expectNobody(server);
    // Root is gone: what is imported later is imported by the user.
    server.signal("SIGHUP");
    await until("the reload", async () => (await answer(port)).import === nobody);
    await until("the old ones to go", () => server.stderr().includes("reload is done"));
    expectNobody(server);
    await server.stop();
    await server.assertGone();
  });

  test("drop-after-apps: a phase that fails ends the start", async () => {
    const args = ["--master", "--wsgi-file", "app.py", "--http-socket", "127.0.0.1:0", ...user];
    const hook = ["--drop-after-apps", "--exec-as-root", "exit 3"];
    const { code, stderr } = await runTsuwsgi([...args, ...hook], { cwd: shared() });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^\(command line\):\S+ error: as root: "exit 3" failed: exit code 3$/m);
  });

  test("master-as-root: the master alone stays root, through deaths and reloads", async () => {
    const more = ["--master-as-root", "--cap", "net_raw,sys_nice"];
    const { server, port } = await start([...user, ...more, "--exec-as-user", "id -u"]);
    const check = async () => {
      expect(await answer(port)).toMatchObject({ import: nobody, got: [], groups: [wwwData] });
      for (const one of server.processes().map(credentials)) {
        if (one.name === "tsuwsgi master") expect(one.uids).toEqual([0]);
        else
          expect(one).toEqual({
            ...{ name: one.name, uids: [nobody], gids: [wwwData], groups: [wwwData] },
            capabilities: ((1 << 13) | (1 << 23)).toString(16),
          });
      }
    };
    expect(server.stderr()).toContain(`\n${nobody}\n`);
    await check();
    kill(byTitle(server, "tsuwsgi front"));
    kill(byTitle(server, "tsuwsgi zygote"));
    await until("an answer", () => answer(port));
    await check();
    server.signal("SIGHUP");
    await until("the reload", () => server.stderr().includes("reload is done"));
    await until("the old ones to go", () => server.processes().length === 4);
    await check();
    expect((await server.stop()).code).toBe(0);
    await server.assertGone();
  });

  test("a program that a worker starts has no capabilities", async () => {
    const report = "echo own $(grep CapEff /proc/self/status)".replace("$(", "`").replace(")", "`");
    const { server } = await start([
      ...[...user, "--master-as-root", "--cap", "net_raw"],
      ...["--hook-post-fork", `exec:${report}`],
    ]);
    expect(server.stderr()).toContain("own CapEff: 0000000000000000\n");
    await server.stop();
  });
});

/** Where Python's standard library is; bound into other roots by tests. */
const library = spawnSync(
  "/usr/bin/python3",
  ["-c", "import os; print(os.path.dirname(os.__file__))"],
  {
    encoding: "utf8",
  },
).stdout.trim();

const mounted: string[] = [];
afterAll(() => {
  for (const path of mounted.splice(0)) spawnSync("umount", ["-l", path]);
});

/** Whether this machine lets root bind directories elsewhere; containers often do not. */
function mayMount(): boolean {
  if (process.getuid?.() !== 0) return false;
  const directory = temporaryDirectory();
  const { status } = spawnSync("mount", ["--bind", directory, directory]);
  if (status === 0) spawnSync("umount", [directory]);
  return status === 0;
}

/** A directory to be `/`, with a place for the standard library, and the application in it. */
function jail(): string {
  const source = readFileSync(projectPath("test/apps/regain_root.py"));
  const root = temporaryDirectory({ "app/app.py": source });
  for (const path of [root, join(root, "app")]) chmodSync(path, 0o755);
  mkdirSync(join(root, "tmp"));
  mkdirSync(join(root, library), { recursive: true });
  return root;
}

asRoot("chroot", () => {
  test.skipIf(!mayMount())(
    "application and workers see nothing else, and cannot leave",
    async () => {
      const root = jail();
      mounted.push(join(root, library));
      const { server, port } = await start([
        ...["--mount-asap", `none ${library} ${join(root, library)} bind`, "--processes", "2"],
        ...[...user, "--master-as-root", "--chroot", root, "--chdir", "/app"],
      ]);
      const check = async () => {
        const { root: names, directory, got } = await answer(port);
        expect([names.includes("app"), names.includes("proc"), directory]).toEqual([
          true,
          false,
          "/app",
        ]);
        expect(got).toEqual([]);
      };
      await check();
      expectNobody(server, ["tsuwsgi master"]);
      kill(byTitle(server, "tsuwsgi front"));
      await until("an answer", () => answer(port));
      await check();
      server.signal("SIGHUP");
      await until("the reload", () => server.stderr().includes("reload is done"));
      await check();
      await server.stop();
      await server.assertGone();
    },
  );

  test("one without a standard library is told about", async () => {
    const root = jail();
    const { code, stderr } = await runTsuwsgi(
      [
        ...["--master", "--wsgi-file", "app.py", "--chdir", "/app", "--http-socket", "127.0.0.1:0"],
        ...[...user, "--master-as-root", "--chroot", root],
      ],
      { cwd: shared() },
    );
    expect(code).toBe(1);
    expect(stderr).toContain(`error: \`chroot\`: there is no ${library}/os.py in ${root}: `);
    expect(stderr).not.toContain("Traceback");
  });
});
