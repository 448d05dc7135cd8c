/** Waiting on conditions, never on time alone. */

/** How long a condition may take before the wait fails, milliseconds. */
export const waitMs = 15_000;

/** Pause between two looks at a condition that nothing announces, milliseconds. */
const pollMs = 10;

/**
 * Waits until `look` gives something other than `undefined`, `false` or `null`, and returns that.
 * An exception from `look` counts as "not yet"; the last one is the cause of the failure.
 * @param what names the condition in the error, e.g. "the pidfile"
 * @throws Error after `boundMs`
 */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  boundMs = waitMs,
): Promise<Exclude<T, undefined | null | false>> {
  const deadline = performance.now() + boundMs;
  let cause: unknown;
  for (;;) {
    try {
      const seen = await look();
      if (isThere(seen)) return seen;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`waited ${boundMs} ms in vain for ${what}`, { cause });
    }
    await pause(pollMs);
  }
}

/**
 * The promise's value, or a failure after `boundMs` that names what did not come.
 * The promise itself is not cancelled.
 */
export async function within<T>(what: string, promise: Promise<T>, boundMs = waitMs): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`waited ${boundMs} ms in vain for ${what}`)),
      boundMs,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function isThere<T>(seen: T): seen is Exclude<T, undefined | null | false> {
  return seen !== undefined && seen !== null && seen !== false;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
