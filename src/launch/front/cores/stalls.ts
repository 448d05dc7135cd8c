/**
 * Finds workers of greenlets that are stuck: one of their requests computes, or waits in a call that gives
 * nobody the turn, so none of their idle greenlets takes what it is given. uWSGI's workers accept nothing
 * then; here the front has to notice.
 *
 * A worker is stuck when it has said nothing for STALLED_MS and has not begun a request that it had all the
 * time. Whether it has begun is a system call to find out, so a worker that goes on is asked ever less often.
 */
import type { Core } from "./core.ts";

/** A worker that says nothing and begins nothing for this long is stuck. */
const STALLED_MS = 4;

/** The cores that were given a request and may not have begun it. */
export class StallWatch {
  #watched: Core[] = [];

  /** Whether there is nothing to look after. */
  get empty(): boolean {
    return this.#watched.length === 0;
  }

  /** A core with nothing in hand was given a request. */
  add(core: Core): void {
    core.patienceMs = STALLED_MS;
    core.heard = core.worker.progress;
    core.lookAt = core.since + STALLED_MS;
    if (core.watched) return;
    core.watched = true;
    this.#watched.push(core);
  }

  /**
   * The cores whose worker is stuck; to be called every millisecond or so.
   * @param now performance.now()
   */
  stuck(now: number): Core[] {
    const found: Core[] = [];
    this.#watched = this.#watched.filter((core) => {
      core.watched = core.inFlight > 0;
      if (!core.watched || now < core.lookAt) return core.watched;
      const { worker } = core;
      if (core.currentClaimed()) {
        worker.stuckAt = -1; // It goes on, though it may say nothing for long.
        core.watched = false;
        return false;
      }
      if (core.heard === worker.progress) found.push(core);
      else core.patienceMs *= 2;
      core.heard = worker.progress;
      core.lookAt = now + core.patienceMs;
      return true;
    });
    return found;
  }
}
