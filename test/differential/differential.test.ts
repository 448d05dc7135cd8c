/**
 * Generated configurations, read by the installed uWSGI and by tsuwsgi: the lists are the same bytes, or
 * both stop. `DIFFERENTIAL_SEED` and `DIFFERENTIAL_RUNS` choose other cases, and more.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { needs } from "../helpers/needs.ts";
import { runs, seed } from "../helpers/random.ts";
import type { Verdict } from "./compare.ts";
import { compare } from "./compare.ts";
import type { World } from "./world.ts";
import { iniWithBlocks, json, plainIni, severalFiles, xml, yaml } from "./worlds.ts";

/** Cases of each kind. */
const numRuns = runs(100);

/** The least share of cases in which both must come to a list. */
const leastComparable = 0.4;

/** Milliseconds for one kind: every case starts a process, and a failure is made small with more of them. */
const timeoutMs = 10 * 60_000;

needs("uwsgi")("as the installed uWSGI reads it", () => {
  test.each<[string, fc.Arbitrary<World>]>([
    ["ini files", plainIni],
    ["ini files with loops and conditions", iniWithBlocks],
    ["files that read each other", severalFiles],
    ["YAML files", yaml],
    ["JSON files", json],
    ["XML files", xml],
  ])(
    "%s",
    (_, worlds) => {
      const verdicts: Verdict[] = [];
      const property = fc.property(worlds, (world) => {
        verdicts.push(compare(world, mkdtempSync(join(tmpdir(), "tsd-"))));
      });
      fc.assert(property, { seed, numRuns });
      // Most cases must say something about the reading.
      const same = verdicts.filter((verdict) => verdict === "same list").length;
      expect(same).toBeGreaterThan(numRuns * leastComparable);
    },
    timeoutMs,
  );
});
