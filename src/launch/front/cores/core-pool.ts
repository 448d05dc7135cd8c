/**
 * The cores that are attached, arranged so that the next one is found without looking at all of them:
 *
 * - what has nothing in hand lies on its worker's stack `idle`, the one used last on top;
 * - what has something in hand is in a list, by when its present request began, the newest first, so those
 *   that are slow come last and need no look.
 *
 * A core may have become unavailable where it lies (what was taken back from it is not skipped yet); it is
 * passed over and comes to its place again when it makes progress.
 */

import { CORE_DEPTH, type Core } from "./core.ts";
import type { CoreWorker } from "./core-worker.ts";

/** Busy cores that are compared to find the one with the fewest in hand. */
const MAX_COMPARED = 64;

/** The attached cores of all workers. */
export class CorePool {
  #workers: CoreWorker[] = [];
  #newest: Core | undefined;
  #oldest: Core | undefined;

  /** The workers that have a core attached. */
  get workers(): readonly CoreWorker[] {
    return this.#workers;
  }

  /** The core whose request began first, and so on by `newer`. */
  get oldest(): Core | undefined {
    return this.#oldest;
  }

  /** Takes a core in that has nothing in hand. */
  add(core: Core): void {
    const { worker } = core;
    if (worker.attached++ === 0) this.#workers.push(worker);
    this.#rest(core);
  }

  /** Its connection is closed. */
  remove(core: Core): void {
    const { worker } = core;
    if (core.resting) worker.idle.splice(worker.idle.indexOf(core), 1);
    else if (core.listed) this.#unlink(core);
    core.resting = false;
    if (--worker.attached === 0) this.#workers = this.#workers.filter((other) => other !== worker);
  }

  /** It is about to be given a request. */
  use(core: Core): void {
    if (core.inFlight > 0) return;
    if (core.resting) {
      const { idle } = core.worker;
      // `idle()` has just found it there, on top.
      if (idle.at(-1) === core) idle.pop();
      else idle.splice(idle.indexOf(core), 1);
      core.resting = false;
    }
    this.#first(core);
  }

  /** Requests were finished, skipped or taken back. */
  progressed(core: Core): void {
    core.worker.progress++;
    // A part of an answer is no new request: the list stays in its order.
    if (core.inFlight > 0) {
      if (core.since !== core.rank) this.#first(core);
    } else if (!core.resting) this.#rest(core);
  }

  /**
   * A core with nothing in hand: the last used one of the worker that has the fewest others busy. None of a
   * worker that is stuck.
   */
  idle(): Core | undefined {
    for (;;) {
      let best: CoreWorker | undefined;
      let fewest = Number.POSITIVE_INFINITY;
      for (const worker of this.#workers) {
        const { idle } = worker;
        if (idle.length === 0 || worker.leaving || worker.stuckAt === worker.progress) continue;
        const busy = worker.attached - idle.length;
        if (busy >= fewest) continue;
        best = worker;
        fewest = busy;
        if (busy === 0) break;
      }
      if (best === undefined) return undefined;
      const core = best.idle.at(-1);
      if (core === undefined || core.available) return core;
      best.idle.pop();
      core.resting = false;
    }
  }

  /**
   * The busy core with the fewest in hand that may have one more.
   * @param slowSince a core whose present request began before that gets no more (performance.now())
   */
  shortest(slowSince: number): Core | undefined {
    let best: Core | undefined;
    let fewest = CORE_DEPTH;
    let compared = 0;
    for (let core = this.#newest; core !== undefined; core = core.older) {
      if (core.since < slowSince || compared++ === MAX_COMPARED) break;
      if (core.inFlight >= fewest || !core.available) continue;
      best = core;
      fewest = core.inFlight;
      if (fewest <= 1) break;
    }
    return best;
  }

  #rest(core: Core): void {
    if (core.listed) this.#unlink(core);
    core.resting = true;
    core.worker.idle.push(core);
  }

  /** Puts it before all others in the list. */
  #first(core: Core): void {
    core.rank = core.since;
    if (this.#newest === core) return;
    if (core.listed) this.#unlink(core);
    core.listed = true;
    core.older = this.#newest;
    if (this.#newest !== undefined) this.#newest.newer = core;
    else this.#oldest = core;
    this.#newest = core;
  }

  #unlink(core: Core): void {
    const { newer, older } = core;
    if (newer !== undefined) newer.older = older;
    else this.#newest = older;
    if (older !== undefined) older.newer = newer;
    else this.#oldest = newer;
    core.newer = core.older = undefined;
    core.listed = false;
  }
}
