/**
 * Generated requests, read by the front and by Node's HTTP server: what the front takes Node reads in the same
 * way, and what Node refuses the front does not take. `DIFFERENTIAL_SEED` and `DIFFERENTIAL_RUNS` choose other
 * cases, and more.
 */
import { expect, test } from "vitest";
import { mutate, Random, runs, seed, shrink } from "../helpers/random.ts";
import { compare, type Verdict } from "./against-node.ts";
import { NodeServer } from "./node-server.ts";
import { requests, VALID, WORDS } from "./words.ts";

/** Cases whose connections are open at once: Node needs turns of the event loop. */
const BATCH = 100;
/** Turns for a second look at a difference, lest Node was only late. */
const PATIENT_TURNS = 50;

const node = new NodeServer();

async function difference(
  bytes: Buffer,
): Promise<Extract<Verdict, { kind: "different" }> | undefined> {
  const verdict = compare(bytes, await node.read(bytes, PATIENT_TURNS));
  return verdict.kind === "different" ? verdict : undefined;
}

/** Fails with the shortest difference that is found by leaving out bytes. */
async function explain(bytes: Buffer): Promise<void> {
  if ((await difference(bytes)) === undefined) return;
  const least = await shrink(bytes, async (smaller) => (await difference(smaller)) !== undefined);
  expect({ bytes: least.toString("latin1"), ...(await difference(least)) }).toEqual("the same");
}

test.each<[string, number, (random: Random) => Buffer]>([
  ["generated requests", 12_000, requests],
  ["changed requests", 12_000, (random) => mutate(random, random.pick(VALID), WORDS)],
  ["changed generated requests", 6_000, (random) => mutate(random, requests(random), WORDS)],
])(
  "%s are read as Node reads them",
  async (name, usual, make) => {
    const random = new Random(seed + name.length);
    const count = { taken: 0, refused: 0, deliberate: 0 };
    for (let left = runs(usual); left > 0; left -= BATCH) {
      const cases = Array.from({ length: Math.min(BATCH, left) }, () => make(random));
      const outcomes = await Promise.all(cases.map((bytes) => node.read(bytes)));
      for (const [i, bytes] of cases.entries()) {
        const outcome = outcomes[i];
        if (outcome === undefined) continue;
        const verdict = compare(bytes, outcome);
        if (verdict.kind === "different") await explain(bytes);
        else if (verdict.kind === "deliberate") count.deliberate++;
        else if (verdict.requests > 0) count.taken++;
        else if (verdict.refused) count.refused++;
      }
    }
    // Both kinds have to be there, or nothing was compared.
    const all = runs(usual);
    expect(count.taken).toBeGreaterThan(all / 10);
    expect(count.refused).toBeGreaterThan(all / 10);
    expect(count.deliberate).toBeLessThan(all / 4);
  },
  3_600_000,
);
