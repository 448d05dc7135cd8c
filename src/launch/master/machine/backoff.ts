import type { Life } from "./state.ts";

/** A process that lived less than this counts as one that cannot live, milliseconds. */
export const shortLifeMs = 1_000;
/** So many short lives in a row are replaced at once; chance deaths should not cost a pause. */
export const freeShortLives = 3;
const longestPauseMs = 30_000;

/**
 * Notes the end of a process and says when its successor may start: at once, unless several in a row lived
 * less than a second or were never of use; then after a pause, so that a process that cannot live never keeps
 * the processor busy. For one that was of use the pause stays as it is, as in uWSGI: what ended it may be
 * requests, and whoever sends these must not keep the server away for longer each time. For one that never
 * was it doubles to 30 s.
 * @param firstPauseSeconds uWSGI's `forkbomb-delay`
 * @param served false for one that ended before it was of use, as in a slow import: its life was short
 */
export function noteEnd(
  life: Life,
  nowMs: number,
  served: boolean,
  firstPauseSeconds: number,
): void {
  const short = !served || nowMs - life.startedMs < shortLifeMs;
  life.shortLives = short ? life.shortLives + 1 : 0;
  const excess = life.shortLives - freeShortLives;
  const doublings = served ? 0 : excess;
  life.notBeforeMs =
    excess < 0
      ? nowMs
      : nowMs + Math.min(firstPauseSeconds * 1000 * 2 ** doublings, longestPauseMs);
}
