/** An emperor as a process, over programs that stand for servers; some of it beside uWSGI's own emperor. */
import { chownSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { needs } from "../helpers/needs.ts";
import { freePort } from "../helpers/ports.ts";
import { launch } from "../helpers/process.ts";
import { projectPath, runTsuwsgi, tsuwsgi } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";
import {
  accepting,
  directoryOf,
  happens,
  longMs,
  realmOf,
  rule,
  statsOf,
  wrapper,
} from "./realm.ts";

describe("files and servers", () => {
  test("come, change and go together", async () => {
    const realm = rule({ "a.ini": "serve obey", "skipped.txt": "serve obey" });
    await happens(realm, "a.ini", "start");
    realm.write("b.ini", "serve obey");
    await happens(realm, "b.ini", "start");
    await until("both to serve", () => accepting(realm, "a.ini") && accepting(realm, "b.ini"));
    realm.write("a.ini", "serve obey ");
    await happens(realm, "a.ini", "start", "reload");
    rmSync(realm.path("a.ini"));
    await happens(realm, "a.ini", "start", "reload", "stop");
    realm.write("a.ini", "serve obey");
    await happens(realm, "a.ini", "start", "reload", "stop", "start");
    expect(realm.events("b.ini")).toEqual(["start"]);
    expect(await realm.emperor.stop()).toEqual({ code: 0, signal: null });
    await realm.emperor.assertGone();
    expect(realm.events("b.ini")).toEqual(["start", "stop"]);
  });

  test("a directory that vanishes keeps its servers, and has them when it is back", async () => {
    const realm = rule({ "a.ini": "serve obey", "b.ini": "serve obey" });
    await until("both to serve", () => accepting(realm, "a.ini") && accepting(realm, "b.ini"));
    renameSync(join(realm.base, "v"), join(realm.base, "away"));
    await until("it to be missed", () => realm.emperor.stderr().includes("cannot be looked at"));
    rmSync(join(realm.base, "away/b.ini"));
    renameSync(join(realm.base, "away"), join(realm.base, "v"));
    await happens(realm, "b.ini", "start", "stop");
    expect(realm.events("a.ini")).toEqual(["start"]);
    await realm.emperor.stop();
  });

  test("thirty start a few at a time, reload by SIGHUP, and stop by SIGTERM", async () => {
    const names = Array.from({ length: 30 }, (_, index) => `v${index}.ini`);
    const realm = rule(Object.fromEntries(names.map((name) => [name, "serve obey"])));
    for (const name of names) await until(name, () => accepting(realm, name), longMs);
    realm.emperor.signal("SIGHUP");
    for (const name of names) await happens(realm, name, "start", "reload");
    await realm.emperor.stop();
    for (const name of names) expect(realm.events(name)).toEqual(["start", "reload", "stop"]);
    await realm.emperor.assertGone();
  });
});

describe("the end of the emperor", () => {
  test.each(["SIGINT", "SIGQUIT"] as const)("%s: all at once", async (signal) => {
    const realm = rule({ "a.ini": "serve obey" });
    await until("it to serve", () => accepting(realm, "a.ini"));
    expect(await realm.emperor.stop(signal)).toEqual({ code: 0, signal: null });
    expect(realm.events("a.ini")).toEqual(["start", "kill"]);
    await realm.emperor.assertGone();
  });

  test("SIGKILL: its servers notice", async () => {
    const realm = rule({ "a.ini": "serve obey" });
    await until("it to serve", () => accepting(realm, "a.ini"));
    await realm.emperor.stop("SIGKILL");
    await realm.emperor.assertGone();
    expect(realm.events("a.ini")).toEqual(["start", "lost"]);
  });

  test("with a name of its own is known by its pidfile", async () => {
    const names = ["--emperor-procname", "another"];
    const realm = rule({ "a.ini": "serve obey" }, "--emperor-pidfile", "pid", ...names);
    await until("it to serve", () => accepting(realm, "a.ini"));
    const second = ["--emperor", "v", "--emperor-pidfile", "pid"];
    const { code, stderr } = await runTsuwsgi(second, { cwd: realm.base });
    expect(code).toBe(1);
    expect(stderr).toContain(`process ${realm.emperor.pid}`);
    expect((await runTsuwsgi(["--stop", `${realm.base}/pid`])).code).toBe(0);
    await realm.emperor.assertGone();
  });

  test("its pidfiles and sockets go with vacuum", async () => {
    const files = ["pid", "own-pid", "stats"].map((name) => `/${name}`);
    const options = [
      "--pidfile",
      "pid",
      "--emperor-pidfile",
      "own-pid",
      "--emperor-stats",
      "stats",
    ];
    const realm = rule({ "a.ini": "serve obey" }, ...options, "--vacuum");
    await until("it to serve", () => accepting(realm, "a.ini"));
    const present = () => files.map((name) => existsSync(realm.base + name));
    expect(present()).toEqual([true, true, true]);
    expect(readFileSync(`${realm.base}/own-pid`, "utf8").trim()).toBe(`${realm.emperor.pid}`);
    const document = await statsOf(`${realm.base}/stats`);
    expect(document).toMatchObject({ pid: realm.emperor.pid, vassals: [{ accepting: 1 }] });
    const { code } = await runTsuwsgi(["--stop", `${realm.base}/pid`]);
    expect(code).toBe(0);
    expect(present()).toEqual([false, false, false]);
    await realm.emperor.assertGone();
  });
});

describe("hooks", () => {
  const noting = (what: string) => `echo "$TSUWSGI_VASSAL ${what} $UWSGI_VASSAL_CONFIG" >> log`;

  test("run before, after and at the end; a failing one keeps a server from starting", async () => {
    const base = temporaryDirectory({ "good.ini": "serve obey", "bad.ini": "serve obey", log: "" });
    const hook = join(base, "hook");
    writeFileSync(hook, '#!/bin/sh\necho "$1 hook $UWSGI_VASSALS_DIR" >> log\n', { mode: 0o755 });
    const options = [
      ...["--emperor", base, "--emperor-wrapper", wrapper, "--emperor-freq", "1"],
      ...["--hook-emperor-start", `exec:echo "emperor rises" >> ${base}/log`],
      ...["--hook-as-vassal", `exec:${noting("as")}; test $TSUWSGI_VASSAL = good.ini`],
      ...["--exec-as-vassal", noting("exec")],
      ...["--exec-as-emperor", noting("started")],
      ...["--vassals-start-hook", hook, "--vassals-stop-hook", hook],
    ];
    const emperor = tsuwsgi(options, { cwd: base, env: { VASSAL_LOG: join(base, "log") } });
    const realm = realmOf(base, emperor);
    await until("it to serve", () => accepting(realm, "good.ini"));
    await until("the last hook", () => realm.events("").some((line) => line.includes("started")));
    await until("the bad one", () => realm.events("bad.ini").length >= 3);
    await emperor.stop();
    const before = [`hook ${base}`, "as ", "exec ", "start"];
    expect(realm.events("good.ini")).toEqual([...before, "stop", `hook ${base}`]);
    expect(realm.events("bad.ini").slice(0, 3)).toEqual([`hook ${base}`, "as ", `hook ${base}`]);
    expect(realm.events("bad.ini")).not.toContain("start");
    expect(realm.events("emperor")).toEqual(["rises"]);
    expect(realm.events("")).toEqual(["started good.ini"]);
  });

  test("that fail at the start keep the emperor from rising", async () => {
    const base = directoryOf({ "a.ini": "serve obey" });
    const options = ["--emperor", join(base, "v"), "--hook-emperor-start", "exec:exit 7"];
    const { code, stderr } = await runTsuwsgi(options);
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("error: hook-emperor-start: exit code 7"),
    });
  });
});

test("of several programs the first that can be started is", async () => {
  const realm = rule(
    { "a.ini": "serve obey" },
    ...["--emperor-wrapper", "/nonexistent/wrapper"],
    ...["--emperor-wrapper-override", "/dev/null/override"],
    ...["--emperor-wrapper-fallback", wrapper],
  );
  await until("it to serve", () => accepting(realm, "a.ini"));
  await realm.emperor.stop();
});

describe.skipIf(process.getuid?.() !== 0)("a tyrant", () => {
  test("starts servers as the owners of their files, and none as root", async () => {
    const base = directoryOf({ "a.ini": "describe serve obey", "root.ini": "serve obey" });
    chownSync(join(base, "v/a.ini"), 12345, 12346);
    for (const path of [base, join(base, "log")]) chownSync(path, 12345, 12346);
    const options = ["--emperor", join(base, "v"), "--emperor-wrapper", wrapper];
    const env = { VASSAL_LOG: join(base, "log") };
    const emperor = tsuwsgi([...options, "--emperor-tyrant"], { cwd: base, env });
    const realm = realmOf(base, emperor);
    await until("it to serve", () => accepting(realm, "a.ini"));
    expect(JSON.parse(realm.events("a.ini")[1] ?? "")[4]).toEqual([12345, 12346, []]);
    expect(emperor.stderr()).toContain("root.ini: belongs to root, is not started");
    await emperor.stop();
    expect(realm.events("root.ini")).toEqual([]);
  });
});

needs("uwsgi")("beside uWSGI's emperor", () => {
  const options = [
    ...["--emperor-wrapper", wrapper, "--vassals-set", "a=b", "--vassals-include", "/dev/null"],
    ...["--vassals-inherit", "/dev/null", "--vassals-include-before", "/dev/null"],
    ...["--vassals-inherit-before", "/dev/null", "--emperor-extra-extension", ".conf"],
  ];
  test.each(["v", "v/*.ini"])("a server starts with the same: %s", async (where) => {
    const name = where === "v" ? "a.ini" : "v/a.ini";
    const description = async (command: string, args: readonly string[]) => {
      const base = directoryOf({ "a.ini": "describe serve obey" });
      const env = { VASSAL_LOG: join(base, "log") };
      const start = () =>
        launch(command, [...args, "--emperor", where, ...options], { cwd: base, env });
      const realm = realmOf(base, start());
      await until("a description", () => realm.events(name).length >= 2, longMs);
      await realm.emperor.stop();
      return JSON.parse((realm.events(name)[1] ?? "").replaceAll(base, "BASE"));
    };
    const [args, variables, ...others] = await description("uwsgi", []);
    const own = await description(process.execPath, [projectPath("dist/cli.js")]);
    // uWSGI has it while a hook runs.
    const { UWSGI_VASSALS_DIR: _, ...ownVariables } = own[1];
    expect([own[0], ownVariables, ...own.slice(2)]).toEqual([args, variables, ...others]);
  });

  test("statistics have the same keys and types", async () => {
    const document = async (command: string, args: readonly string[]) => {
      const base = directoryOf({ "a.ini": "serve obey", "b.ini": "3" });
      const port = await freePort();
      const all = [
        ...args,
        "--emperor",
        `${base}/v`,
        ...options,
        "--emperor-stats",
        `127.0.0.1:${port}`,
      ];
      const emperor = launch(command, all, {
        cwd: base,
        env: { VASSAL_LOG: `${base}/log` },
      });
      const found = await until(
        "a failure and a server",
        async () => {
          const { vassals, blacklist, ...rest } = await statsOf(port);
          const loyal = vassals.find((one: { loyal: number }) => one.loyal === 1);
          return loyal && blacklist[0] && { ...rest, vassals: [loyal], blacklist: [blacklist[0]] };
        },
        longMs,
      );
      await emperor.stop();
      return shapeOf(found);
    };
    const theirs = await document("uwsgi", []);
    expect(await document(process.execPath, [projectPath("dist/cli.js")])).toEqual(theirs);
  }, 90_000);
});

/** A value with its names, and its types in place of its values. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.entries(value).map(([name, inner]) => [name, shapeOf(inner)]);
}
