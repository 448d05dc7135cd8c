/** Workers that come and go with the load: the settings of `cheaper`, `cheap` and `idle`. */

/** How the number of workers is chosen; `manual` leaves it to the letters of a FIFO. */
export const cheaperAlgorithms = [
  "spare",
  "spare2",
  "backlog",
  "backlog2",
  "busyness",
  "manual",
] as const;

/** One of them. */
export type CheaperAlgorithm = (typeof cheaperAlgorithms)[number];

/** Numbers of workers, unless said otherwise. */
export interface CheaperSettings {
  /** The fewest there are; 0: always as many as `processes`. */
  least: number;
  /** At the start; undefined: the fewest. */
  initial: number | undefined;
  algorithm: CheaperAlgorithm;
  /** That are started at once. */
  step: number;
  /** Seconds (spare, busyness), or requests that wait (backlog). */
  overload: number;
  /** Seconds with too many idle ones before one goes (spare2). */
  idle: number;
  /** Bytes of memory of all workers, from which on none is started; 0: no limit. */
  rssSoft: number;
  /** From which on one goes; 0: no limit. */
  rssHard: number;
  /** Per cent of its time that a worker is busy above which there are too few. */
  busynessMax: number;
  /** Below which there are too many. */
  busynessMin: number;
  /** Times `overload` that workers have to be idle before one goes, to begin with. */
  busynessMultiplier: number;
  /** Added to the multiplier when a worker is missed soon after it went. */
  busynessPenalty: number;
  busynessVerbose: boolean;
  /** Waiting requests above which workers are started at once. */
  backlogAlert: number;
  /** Times `overload` after such a start until one goes. */
  backlogMultiplier: number;
  backlogStep: number;
  /** Seconds that requests may be waiting before workers are started. */
  backlogNonzero: number;
  /** No worker before the first request. */
  cheap: boolean;
  /** Seconds without a request after which all workers go; 0: never. */
  idleSeconds: number;
  /** The server ends instead. */
  dieOnIdle: boolean;
}

/** uWSGI's defaults. */
export function noCheaper(): CheaperSettings {
  return {
    ...{ least: 0, initial: undefined, algorithm: "spare", step: 1, overload: 3, idle: 10 },
    ...{ rssSoft: 0, rssHard: 0 },
    ...{ busynessMax: 50, busynessMin: 25, busynessMultiplier: 10, busynessPenalty: 2 },
    ...{ busynessVerbose: false, backlogAlert: 33, backlogMultiplier: 3, backlogStep: 1 },
    ...{ backlogNonzero: 60, cheap: false, idleSeconds: 0, dieOnIdle: false },
  };
}

/**
 * As uWSGI finishes them: `cheaper-initial` lies between `cheaper` and `processes`, and counts with
 * `cheaper` only.
 */
export function finishCheaper(draft: CheaperSettings, processes: number): CheaperSettings {
  const { least, initial = least } = draft;
  if (least === 0) return { ...draft, initial: undefined };
  return { ...draft, initial: Math.min(processes, Math.max(least, initial)) };
}
