import { expect, test } from "vitest";
import { emperorDocument } from "../../../src/launch/emperor/emperor-stats.ts";
import { Court, file } from "./court.ts";

/** Read off uWSGI 2.0.21's emperor. */
const keys = "version pid uid gid cwd emperor emperor_tyrant throttle_level vassals blacklist";
const vassalKeys =
  "id pid born last_mod last_heartbeat loyal ready accepting last_loyal last_ready last_accepting first_run last_run cursed zerg on_demand uid gid monitor respawns";
const blacklistKeys = "id throttle_level attempt first_attempt last_attempt";

function documentOf(court: Court) {
  const text = emperorDocument({
    ...{ version: "x", pid: 7, uid: 1, gid: 2, cwd: "/", sources: ["/v", "*.ini"] },
    ...{ state: court.state, epochMs: 1_000_000_000_000 },
  });
  return JSON.parse(text);
}

test("has uWSGI's keys in uWSGI's order", () => {
  const court = new Court();
  court.found("a", "b");
  court.serves("a");
  court.exits("b");
  const document = documentOf(court);
  expect(Object.keys(document).join(" ")).toBe(keys);
  expect(Object.keys(document.vassals[0]).join(" ")).toBe(vassalKeys);
  expect(Object.keys(document.blacklist[0]).join(" ")).toBe(blacklistKeys);
});

test("tells of servers that run, and of those that wait", () => {
  const court = new Court({ tyrant: true });
  court.found(file("a", { uid: 5, gid: 6 }), "b");
  court.serves("a");
  court.exits("b");
  court.pass(1);
  court.exits("b");
  court.nowMs += 2000;
  court.found(file("a", { uid: 5, gid: 6, stamp: "2", modified: 300 }), "b");
  const { vassals, blacklist, emperor_tyrant } = documentOf(court);
  expect(emperor_tyrant).toBe(1);
  expect(vassals).toMatchObject([
    { id: "a", pid: court.vassal("a").run?.pid, born: 100, last_mod: 300, loyal: 1, ready: 0 },
    { id: "b", pid: -1, loyal: 0, monitor: "/v", cursed: 0 },
  ]);
  expect(vassals[0]).toMatchObject({ uid: 5, gid: 6, respawns: 1, accepting: 0 });
  expect(vassals[0]).toMatchObject({ first_run: 1_000_001_000, last_run: 1_000_001_002 });
  expect(blacklist).toEqual([
    {
      ...{ id: "b", throttle_level: 1001, attempt: 1 },
      ...{ first_attempt: 1_000_001_000, last_attempt: 1_000_001_000 },
    },
  ]);
});
