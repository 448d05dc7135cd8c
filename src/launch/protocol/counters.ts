/**
 * How a queued request is taken back from a core that has not begun it.
 *
 * Each core has two 32-bit counters in a file that the worker maps and the front reads and writes by
 * position. `claimed`: before it begins request n the worker writes n there, then reads `limit`; with a
 * limit other than 0 and below n it skips the request instead. `limit`: the front writes there the last
 * request that the core may begin, then reads `claimed`. Both write first and read second, with a full
 * fence between (the front's are system calls, the worker's a lock taken and released), so at least one
 * sees the other's word and no request is both run and taken back. A core that claims a request between
 * the front's two words may still skip it, although the front left it to the core: it says so, as for
 * every skip, and the front takes it back then. test/launch/protocol/counters.test.ts goes through every
 * interleaving.
 */

/** Bytes a core has in the counters' file: a cache line, so that cores do not slow each other down. */
export const COUNTER_STRIDE = 64;
/** Offsets within a core's line; both counters are u32 in the machine's own byte order. */
export const CLAIMED_OFFSET = 0;
export const LIMIT_OFFSET = 4;
/**
 * The third word: the front writes there the number of a request whose client has gone, so that the worker
 * ends a result that would go on for ever. Only a hint, so it needs no fence.
 */
export const GONE_OFFSET = 8;

/**
 * The fourth word: the number of a request that has taken too long, so that the worker ends it alone. It ends no
 * other, because it compares the number with `claimed`.
 */
export const OVERDUE_OFFSET = 12;

/** A front's access to one core's counters. */
export interface CoreCounters {
  readClaimed(): number;
  writeLimit(limit: number): void;
}

/**
 * Stops a core after what it has begun.
 * @param least a request that is not to be taken back, begun or not
 * @returns the last request that the core began or may still begin; all later ones are the front's again
 *   and the worker will skip them, and perhaps the returned one too. Until all that was sent is answered or
 *   skipped nothing may be sent to the core.
 */
export function takeBack(counters: CoreCounters, least = 1): number {
  let limit = Math.max(counters.readClaimed(), least);
  for (;;) {
    counters.writeLimit(limit);
    const claimed = counters.readClaimed();
    if (claimed <= limit) return limit;
    // The core went on between our two words: what it began before it saw the limit stays with it.
    limit = claimed;
  }
}

/** Whether the worker's fence (a lock) is shown to be a full one: x86's locked instructions are. */
export function fenceShown(arch: string): boolean {
  return arch === "x64" || arch === "ia32";
}
