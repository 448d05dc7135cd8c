import { describe, expect, it } from "vitest";
import { type CoreCounters, takeBack } from "../../../src/launch/protocol/counters.ts";

/**
 * Goes through every interleaving of a worker that claims requests 1..sent and a front that takes back
 * once, by `front`; each of its accesses to the counters, and each of the worker's,
 * is one step (with the fences in place a step sees all steps before it: sequential consistency).
 */
function explore(
  front: (counters: CoreCounters) => number,
  sent: number,
  check: (outcome: { ran: Set<number>; skipped: Set<number>; limit: number }) => void,
): number {
  let paths = 0;
  // A schedule says who takes each next step; it is extended until both have finished.
  const run = (schedule: readonly boolean[]): boolean => {
    let claimed = 0;
    let limitWord = 0;
    const ran = new Set<number>();
    const skipped = new Set<number>();
    let next = 1;
    let middle = false;
    const workerDone = () => next > sent;
    const workerStep = () => {
      if (workerDone()) return;
      if (!middle) {
        claimed = next;
        middle = true;
        return;
      }
      middle = false;
      if (limitWord !== 0 && next > limitWord) skipped.add(next);
      else ran.add(next);
      next++;
    };
    let turn = 0;
    let exhausted = false;
    const beforeFrontStep = () => {
      // Worker steps scheduled before this step of the front.
      while (turn < schedule.length && schedule[turn] === true) {
        workerStep();
        turn++;
      }
      if (turn >= schedule.length) exhausted = true;
      turn++;
    };
    const limit = front({
      readClaimed: () => {
        beforeFrontStep();
        return claimed;
      },
      writeLimit: (value) => {
        beforeFrontStep();
        limitWord = value;
      },
    });
    while (!workerDone()) workerStep();
    if (!exhausted) {
      check({ ran, skipped, limit });
      paths++;
    }
    return exhausted;
  };
  const extend = (schedule: boolean[]): void => {
    if (!run(schedule)) return; // the front finished within this schedule: all that follows is the worker
    if (schedule.filter((worker) => worker).length > sent * 2) return;
    extend([...schedule, false]);
    extend([...schedule, true]);
  };
  extend([]);
  return paths;
}

describe("taking back requests from a core", () => {
  it.each([1, 2, 3, 4])("never runs one of %i twice or loses it, in any interleaving", (sent) => {
    const paths = explore(takeBack, sent, ({ ran, skipped, limit }) => {
      for (let number = 1; number <= sent; number++) {
        // The front gives a request to another core when it is past the limit or reported as skipped.
        const moved = number > limit || skipped.has(number);
        expect([number, ran.has(number), moved]).toEqual([number, !moved, moved]);
      }
    });
    expect(paths).toBeGreaterThan(sent);
  });

  it("would run one twice if the front did not read again after it wrote", () => {
    const careless = (counters: CoreCounters) => {
      const limit = Math.max(counters.readClaimed(), 1);
      counters.writeLimit(limit);
      return limit;
    };
    let twice = 0;
    explore(careless, 3, ({ ran, limit }) => {
      for (const number of ran) if (number > limit) twice++;
    });
    expect(twice).toBeGreaterThan(0);
  });
});
