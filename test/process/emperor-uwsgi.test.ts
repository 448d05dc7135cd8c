/** Emperors and servers of different make: what they say to each other is uWSGI's. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { needs } from "../helpers/needs.ts";
import { freePort } from "../helpers/ports.ts";
import { launch } from "../helpers/process.ts";
import { page, projectPath } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";
import { statsOf } from "./realm.ts";
import { ruleOver, serving, sleepy, touch } from "./sleepy-vassals.ts";

needs("uwsgi")("with uWSGI on the other side", () => {
  test("uWSGI's servers obey our emperor", async () => {
    const port = await freePort();
    const config = sleepy(port, "sleep.py", "plugin = python3\n");
    const directory = temporaryDirectory({ "one.ini": config });
    const emperor = ruleOver(
      directory,
      "--emperor-wrapper",
      "/usr/bin/uwsgi",
      "--emperor-stats",
      "stats",
    );
    const first = await serving(emperor, port);
    touch(join(directory, "one.ini"));
    await until("another worker", async () => (await page(port, "/")) !== first);
    expect((await statsOf(join(directory, "stats"))).vassals).toMatchObject([{ respawns: 1 }]);
    await emperor.stop();
    await emperor.assertGone();
  });

  test("our servers obey uWSGI's emperor", async () => {
    const port = await freePort();
    const directory = temporaryDirectory({ "one.ini": sleepy(port) });
    const options = ["--emperor", directory, "--emperor-wrapper", projectPath("dist/cli.js")];
    const more = ["--emperor-freq", "1", "--emperor-stats", join(directory, "stats")];
    const emperor = launch("uwsgi", [...options, ...more], { cwd: directory });
    const first = await serving(emperor, port);
    const loyal = async () => {
      const { vassals } = await statsOf(join(directory, "stats"));
      return vassals[0]?.loyal === 1 && vassals[0];
    };
    expect(await until("its loyalty", loyal)).toMatchObject({ ready: 1, accepting: 1 });
    touch(join(directory, "one.ini"));
    await until("another worker", async () => (await page(port, "/")) !== first);
    rmSync(join(directory, "one.ini"));
    await until("the end", () => emperor.stderr().includes("removed uwsgi instance one.ini"));
    await emperor.stop();
    await emperor.assertGone();
  });
});
