/** An emperor over real servers. */
import { chownSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { request } from "../helpers/http.ts";
import { freePort, freePorts } from "../helpers/ports.ts";
import { page, runTsuwsgi } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";
import { allByTitle, byTitle } from "./processes.ts";
import { longMs, statsOf } from "./realm.ts";
import { ruleOver, serving, sleepy, touch } from "./sleepy-vassals.ts";

describe("servers", () => {
  test("serve, reload when touched and stop when their file is gone, and lose no request", async () => {
    const [one = 0, two = 0] = await freePorts(2);
    const directory = temporaryDirectory({ "one.ini": sleepy(one), "two.ini": sleepy(two) });
    const emperor = ruleOver(directory);
    const [first, other] = [await serving(emperor, one), await serving(emperor, two)];
    expect(allByTitle(emperor, "tsuwsgi master of ")).toHaveLength(2);
    const inHand = request(one, { path: "/?3" });
    await until("it to be begun", () => emperor.stderr().includes("sleeping"));
    touch(join(directory, "one.ini"));
    const second = await until("another worker", async () => {
      const pid = await page(one, "/");
      return pid !== first && pid;
    });
    expect((await inHand).text()).toBe(first);
    const last = request(one, { path: "/?1" });
    await until("it to be begun", () => emperor.stderr().split("sleeping").length > 2);
    rmSync(join(directory, "one.ini"));
    expect((await last).text()).toBe(second);
    await until("its end", () => emperor.stderr().includes("one.ini: has ended (exit code 0)"));
    expect(await page(two, "/")).toBe(other);
    expect(await emperor.stop()).toEqual({ code: 0, signal: null });
    await emperor.assertGone();
  });

  test("that cannot start disturb no other; a configuration that becomes whole is started", async () => {
    const [good = 0, half = 0, ...ports] = await freePorts(4);
    const directory = temporaryDirectory({
      "bad-import.ini": sleepy(ports[0] ?? 0, "raise_at_import.py"),
      "bad-hangs.ini": sleepy(ports[1] ?? 0, "sleep_at_import.py"),
      "good.ini": sleepy(good),
      "half.ini": sleepy(half).slice(0, 30),
    });
    const emperor = ruleOver(directory, "--emperor-curse-tolerance", "5");
    const pid = await serving(emperor, good);
    await until(
      "failures",
      () => {
        const failed = (name: string, code: number) =>
          emperor.stderr().includes(`${name}: has failed (exit code ${code})`);
        return failed("bad-import.ini", 22) && failed("half.ini", 1);
      },
      longMs,
    );
    writeFileSync(join(directory, "half.ini"), sleepy(half));
    await serving(emperor, half);
    expect(await page(good, "/")).toBe(pid);
    await emperor.stop();
    await emperor.assertGone();
  });

  test("whose emperor is killed finish what they have in hand and end", async () => {
    const port = await freePort();
    const emperor = ruleOver(temporaryDirectory({ "one.ini": sleepy(port) }));
    const pid = await serving(emperor, port);
    const inHand = request(port, { path: "/?1" });
    await until("it to be begun", () => emperor.stderr().includes("sleeping"));
    await emperor.stop("SIGKILL");
    expect((await inHand).text()).toBe(pid);
    await emperor.assertGone();
  });

  test("stay in the foreground, give signs of life, and run their hooks", async () => {
    const port = await freePort();
    const own = ["daemonize = own.log", "heartbeat = 1"];
    const hooks = ["stop", "reload"].map(
      (what) => `hook-emperor-${what} = exec:echo ${what} >> hooks`,
    );
    const config = sleepy(port, "sleep.py", [...own, ...hooks].join("\n"));
    const directory = temporaryDirectory({ "one.ini": config, hooks: "" });
    const emperor = ruleOver(directory, "--emperor-stats", "stats");
    await serving(emperor, port);
    const beat = async () => {
      const { vassals } = await statsOf(join(directory, "stats"));
      return vassals[0]?.last_heartbeat > 0 && vassals[0];
    };
    expect(await until("a sign of life", beat)).toMatchObject({
      ...{ id: "one.ini", pid: byTitle(emperor, "tsuwsgi master of one.ini") },
      ...{ loyal: 1, ready: 1, accepting: 1, respawns: 0 },
    });
    expect(readFileSync(join(directory, "own.log"), "utf8")).toContain("tsuwsgi is ready");
    touch(join(directory, "one.ini"));
    const back = async () => {
      const { vassals } = await statsOf(join(directory, "stats"));
      return vassals[0]?.respawns === 1 && vassals[0].accepting === 1;
    };
    await until("it to have reloaded", back);
    await emperor.stop();
    await emperor.assertGone();
    expect(readFileSync(join(directory, "hooks"), "utf8")).toBe("reload\nstop\n");
    expect(readFileSync(join(directory, "own.log"), "utf8")).not.toContain("needs a restart");
  });
});

test("an emperor can be the vassal of another, and passes on what it is told", async () => {
  const port = await freePort();
  const directory = temporaryDirectory({ "below/one.ini": sleepy(port), "e.ini": "" });
  const config = "[uwsgi]\nemperor = below\nemperor-freq = 1\n";
  writeFileSync(join(directory, "e.ini"), config);
  const emperor = ruleOver(directory, "--emperor-stats", "stats");
  const first = await serving(emperor, port);
  const told = async (respawns: number) => {
    const { vassals } = await statsOf(join(directory, "stats"));
    const [one] = vassals;
    return one.respawns === respawns && one.loyal === 1 && one.accepting === 1;
  };
  await until("its loyalty", () => told(0));
  touch(join(directory, "e.ini"));
  await until("another worker", async () => (await page(port, "/")) !== first);
  await until("its answer", () => told(1));
  expect(await emperor.stop()).toEqual({ code: 0, signal: null });
  await emperor.assertGone();
});

test("an emperor can go into the background", async () => {
  const port = await freePort();
  const directory = temporaryDirectory({ "one.ini": sleepy(port) });
  const options = ["--daemonize", "emperor.log", "--pidfile", "pid", "--vacuum"];
  const emperor = ruleOver(directory, ...options);
  expect(await emperor.exit).toEqual({ code: 0, signal: null });
  await serving(emperor, port);
  expect(byTitle(emperor, "tsuwsgi emperor")).toBe(Number(readFileSync(join(directory, "pid"))));
  expect((await runTsuwsgi(["--stop", join(directory, "pid")])).code).toBe(0);
  await emperor.assertGone();
  expect(readFileSync(join(directory, "emperor.log"), "utf8")).toContain("one.ini: has ended");
});

test.skipIf(process.getuid?.() !== 0)(
  "an emperor without root's rights has servers without them",
  async () => {
    const port = await freePort();
    const directory = temporaryDirectory({ "one.ini": sleepy(port) });
    chownSync(directory, 12345, 12345);
    const emperor = ruleOver(directory, "--uid", "12345", "--gid", "12345");
    const pid = await serving(emperor, port);
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    expect(status).toMatch(/^Uid:\s+12345\s+12345\s+12345/m);
    await emperor.stop();
    await emperor.assertGone();
  },
);

describe("lint and show", () => {
  test("look at the emperor's configuration only", async () => {
    const directory = temporaryDirectory({ "v/bad.ini": "not = even\n", "emperor.ini": "" });
    const path = join(directory, "emperor.ini");
    writeFileSync(
      path,
      "[uwsgi]\nemperor = v\nemperor-stats = :1717\nmaster = true\nvacuum = true\n",
    );
    expect(await runTsuwsgi(["lint", path], { cwd: directory })).toMatchObject({ code: 0 });
    const shown = await runTsuwsgi(["show", path], { cwd: directory });
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining("emperor = v") });
  });

  test("say when there is nothing to look at", async () => {
    const directory = temporaryDirectory({ "emperor.ini": "[uwsgi]\nemperor = v\n" });
    const options = ["lint", join(directory, "emperor.ini")];
    const { code, stdout } = await runTsuwsgi(options, { cwd: directory });
    expect({ code, stdout }).toMatchObject({
      code: 1,
      stdout: expect.stringContaining(`emperor.ini:2:11: error`),
    });
    expect(stdout).toContain(`${directory}/v does not exist`);
  });
});
