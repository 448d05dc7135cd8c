/** How long workers live, and what they and their requests may use. */

/** Bytes, where uWSGI counts megabytes; 0 is no limit wherever nothing else is said. */
export interface LimitSettings {
  /** Requests more for each further worker, so that not all reach `max-requests` together. */
  maxRequestsDelta: number;
  /** Seconds after which a worker is replaced. */
  maxWorkerLifetime: number;
  /** Seconds more for each further worker. */
  maxWorkerLifetimeDelta: number;
  /** Seconds that a worker serves at least before requests or memory have it replaced. */
  minWorkerLifetime: number;
  /** Resident memory from which on a worker is replaced after a request. */
  reloadOnRss: number;
  /** The same of its address space. */
  reloadOnAs: number;
  /** The same of memory that is its own alone. */
  reloadOnUss: number;
  /** The same with its share of what others have too. */
  reloadOnPss: number;
  /** From which on it is killed, whatever it is doing. */
  evilReloadOnRss: number;
  evilReloadOnAs: number;
  /** Address space that the Python processes may have. */
  limitAs: number;
  /** Seconds that requests in hand may take at a reload or stop, if fewer than `worker-reload-mercy`. */
  reloadMercy: number;
  /** Seconds before a process that dies at once again and again is started once more. */
  forkbombDelay: number;
  /** Log what the kernel says of a worker that harakiri ends. */
  harakiriVerbose: boolean;
  /**
   * Seconds that a request has to end alone before its worker has to go; undefined: 5 where a worker has several
   * cores, else 0, at once.
   */
  harakiriGracefulTimeout: number | undefined;
  /** While fewer requests wait, harakiri ends none. */
  harakiriQueueThreshold: number;
}

/** Where a worker has several cores the others are worth some patience; uWSGI has none. */
const gracefulDefault = 5;

/** No limits; the other defaults are uWSGI's. */
export function noLimits(): LimitSettings {
  return {
    ...{ maxRequestsDelta: 0, maxWorkerLifetime: 0, maxWorkerLifetimeDelta: 0 },
    ...{ minWorkerLifetime: 10, reloadOnRss: 0, reloadOnAs: 0, reloadOnUss: 0, reloadOnPss: 0 },
    ...{ evilReloadOnRss: 0, evilReloadOnAs: 0, limitAs: 0, reloadMercy: 0, forkbombDelay: 2 },
    ...{ harakiriVerbose: false, harakiriGracefulTimeout: undefined, harakiriQueueThreshold: 0 },
  };
}

/**
 * Seconds that a request has to end alone; 0: its worker is killed at once.
 * @param cores of one worker
 */
export function gracefulSeconds(
  { harakiriGracefulTimeout }: Readonly<LimitSettings>,
  cores: number,
): number {
  return harakiriGracefulTimeout ?? (cores > 1 ? gracefulDefault : 0);
}
