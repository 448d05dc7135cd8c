/** Files that only one server at a time has locked. */
import { existsSync, linkSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { needs } from "../helpers/needs.ts";
import { freePort } from "../helpers/ports.ts";
import { launch, type Program } from "../helpers/process.ts";
import { page, tsuwsgi } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";
import { refused, serveTold } from "./told.ts";

describe("flock", () => {
  test.each(["flock", "flock2"])(
    "%s: the second is refused, until the first is gone",
    async (option) => {
      const directory = temporaryDirectory({ lock: "" });
      const lock = join(directory, "lock");
      const first = await serveTold(`${option} = ${lock}`);
      const said = await refused(first, `--${option}`, lock);
      expect(said).toContain(
        `${lock} is locked by process ${first.server.pid} (tsuwsgi master); stop that server`,
      );
      linkSync(lock, join(directory, "same"));
      expect(await refused(first, "--flock", join(directory, "same"))).toContain("is locked by");
      await first.server.kill();
      const next = await serveTold(`${option} = ${lock}`);
      expect((await next.server.stop()).code).toBe(0);
    },
  );

  test.each(["flock-wait", "flock-wait2"])("%s waits for it", async (option) => {
    const lock = join(temporaryDirectory({ lock: "" }), "lock");
    const first = await serveTold(`flock = ${lock}`);
    const port = await freePort();
    const args = ["--wsgi-file", first.at("app.py"), "--master", `--${option}`, lock];
    const second = tsuwsgi(["--http-socket", `127.0.0.1:${port}`, ...args]);
    await until("it to wait", () => isLocking(second));
    expect((await first.server.stop()).code).toBe(0);
    await until("the second", async () => (await page(port, "/")).startsWith("one"));
    expect((await second.stop()).code).toBe(0);
    await second.assertGone();
  });

  test("a waiting server can be stopped", async () => {
    const lock = join(temporaryDirectory({ lock: "" }), "lock");
    const first = await serveTold(`flock = ${lock}`);
    const args = ["--wsgi-file", first.at("app.py"), "--flock-wait", lock];
    const second = tsuwsgi(["--http-socket", `127.0.0.1:${await freePort()}`, ...args]);
    await until("it to wait", () => isLocking(second));
    expect((await second.stop()).code).toBe(1);
    expect(second.stderr()).toContain(`stopped while it waited for the lock on ${lock}`);
    await second.assertGone();
  });

  test("a file that is not there is not made, as in uWSGI", async () => {
    const first = await serveTold();
    const said = await refused(first, "--flock", first.at("none"));
    expect(said).toContain(`${first.at("none")} is no file that can be locked: it has to be there`);
    expect(existsSync(first.at("none"))).toBe(false);
  });

  test("a daemon keeps it", async () => {
    const directory = temporaryDirectory({ lock: "" });
    const first = await serveTold();
    const [lock, log, pid] = ["lock", "log", "pid"].map((name) => join(directory, name));
    const own = ["--flock", `${lock}`, "--daemonize", `${log}`, "--pidfile", `${pid}`];
    const socket = ["--http-socket", `127.0.0.1:${await freePort()}`];
    const daemon = tsuwsgi([...socket, "--wsgi-file", first.at("app.py"), "--master", ...own]);
    expect((await daemon.exit).code).toBe(0);
    expect(await refused(first, "--flock", `${lock}`)).toContain("is locked by process");
    process.kill(Number(readFileSync(`${pid}`, "utf8")), "SIGTERM");
    await daemon.assertGone();
  });
});

const peer = needs("uwsgi");

peer("flock beside uWSGI", () => {
  test("each meets the lock of the other", async () => {
    const lock = join(temporaryDirectory({ lock: "" }), "lock");
    const first = await serveTold(`flock = ${lock}`);
    const args = ["--plugin", "python3", "--wsgi-file", first.at("app.py"), "--master"];
    const theirs = async () =>
      launch("uwsgi", [...args, "--flock", lock, "--http-socket", `127.0.0.1:${await freePort()}`]);
    const second = await theirs();
    expect((await second.exit).code).toBe(1);
    expect(second.stderr()).toContain(`${lock} is locked by another instance`);
    expect((await first.server.stop()).code).toBe(0);
    const third = await theirs();
    await until("uWSGI", () => third.stderr().includes("spawned uWSGI worker 1"));
    expect(await refused(first, "--flock", lock)).toContain(
      `${lock} is locked by process ${third.pid} (uwsgi`,
    );
    await third.stop("SIGINT");
  });
});

/** Whether a server is at its lock. */
function isLocking(server: Program): boolean {
  return server.processes().some((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("lock_file.py");
    } catch {
      return false; // It has just ended.
    }
  });
}
