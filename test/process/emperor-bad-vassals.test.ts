/** Servers that fail, hang, burn or do not end: an emperor bears with each, and no other notices. */
import { describe, expect, test } from "vitest";
import { freePort } from "../helpers/ports.ts";
import { until } from "../helpers/until.ts";
import { accepting, happens, longMs, rule, statsOf } from "./realm.ts";

describe("bad servers", () => {
  test("disturb no other, whatever they do", async () => {
    const realm = rule({
      "bad-fails.ini": "3",
      // It has one turn of two; that a turn ends is in test/launch/emperor.
      "z-burns.ini": "burn",
      "bad-half.ini": "no-such-wo",
      "good.ini": "serve obey",
    });
    await until("the good one", () => accepting(realm, "good.ini"), longMs);
    await until("attempts", () => realm.events("bad-fails.ini").length >= 3, longMs);
    // All of it is there now.
    realm.write("bad-half.ini", "serve obey");
    await until("the half one", () => accepting(realm, "bad-half.ini"), longMs);
    // What burns gets another chance when its file changes.
    realm.write("z-burns.ini", "serve obey");
    await until("the burning one", () => accepting(realm, "z-burns.ini"), longMs);
    expect(realm.events("good.ini")).toEqual(["start"]);
    expect(realm.emperor.stderr()).toMatch(/bad-fails\.ini: has failed \(exit code 3\); the next/);
    await realm.emperor.stop();
    await realm.emperor.assertGone();
  }, 90_000);

  test("wait for their next start, and not longer when the file changes or SIGURG comes", async () => {
    const stats = await freePort();
    const more = ["--emperor-throttle", "1000000", "--emperor-stats", `127.0.0.1:${stats}`];
    const realm = rule({ "a.ini": "3" }, ...more);
    await happens(realm, "a.ini", "start", "start");
    const { vassals, blacklist } = await until("the second failure", async () => {
      const document = await statsOf(stats);
      return document.blacklist[0]?.attempt === 1 && document;
    });
    expect(vassals).toMatchObject([{ id: "a.ini", pid: -1, loyal: 0, monitor: `${realm.base}/v` }]);
    expect(blacklist).toMatchObject([{ id: "a.ini", attempt: 1, throttle_level: 1_001_000 }]);
    realm.emperor.signal("SIGURG");
    await happens(realm, "a.ini", "start", "start", "start", "start");
    realm.write("a.ini", "serve obey");
    await until("it to serve", () => accepting(realm, "a.ini"));
    expect((await statsOf(stats)).blacklist).toEqual([]);
    await realm.emperor.stop();
  });

  test("that do not end are killed", async () => {
    const realm = rule({ "a.ini": "serve deaf" }, "--emperor-curse-tolerance", "1");
    await until("it to serve", () => accepting(realm, "a.ini"));
    expect(await realm.emperor.stop()).toEqual({ code: 0, signal: null });
    expect(realm.events("a.ini")).toEqual(["start", "stop"]);
    expect(realm.emperor.stderr()).toContain("a.ini: has ended (killed by SIGKILL)");
    await realm.emperor.assertGone();
  });

  test("that give no sign of life any more are killed and started again", async () => {
    const realm = rule({ "a.ini": "serve beat" }, "--emperor-required-heartbeat", "1");
    await until("its second start", () => realm.events("a.ini").length >= 2, longMs);
    expect(realm.emperor.stderr()).toContain("a.ini: gave no sign of life for 1 s, is killed");
    await realm.emperor.stop();
  });

  test("that close the channel are killed and started again", async () => {
    const realm = rule({ "a.ini": "mute hang" }, "--emperor-curse-tolerance", "1");
    await until("its second start", () => realm.events("a.ini").length >= 2, longMs);
    await realm.emperor.stop();
    await realm.emperor.assertGone();
  });
});
