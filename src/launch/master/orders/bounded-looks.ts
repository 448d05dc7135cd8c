/**
 * Looks at files that may lie on a file system that hangs. Node's looks wait in one of four threads, so one
 * that does not come back is left behind, and only so many may be.
 */

/** After this time a look is left behind, milliseconds. */
const patienceMs = 5_000;
/** Looks that may be left behind; with more none is begun, and half of the threads stay free. */
const mostStuck = 2;

/** What came of a look: `hangs` when it has not come back by now. */
export type Looked<T> =
  | { readonly is: "seen"; readonly value: T }
  | { readonly is: "failed"; readonly error: unknown }
  | { readonly is: "hangs"; readonly sinceMs: number };

/** Looks at paths, one after the other. */
export class BoundedLooks {
  /** Paths whose look was left behind, and when it was begun. */
  readonly #stuck = new Map<string, number>();
  readonly #patienceMs: number;

  /** @param patience other than usual, milliseconds: for tests */
  constructor(patience = patienceMs) {
    this.#patienceMs = patience;
  }

  /** Looks at a path, unless an earlier look at it has not come back. */
  async look<T>(path: string, act: () => Promise<T>): Promise<Looked<T>> {
    const nowMs = performance.now();
    const sinceMs = this.#stuck.get(path);
    if (sinceMs !== undefined) return { is: "hangs", sinceMs };
    if (this.#stuck.size >= mostStuck) return { is: "hangs", sinceMs: nowMs };
    const looking = act().then(
      (value): Looked<T> => ({ is: "seen", value }),
      (error: unknown): Looked<T> => ({ is: "failed", error }),
    );
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<Looked<T>>((resolve) => {
      timer = setTimeout(() => resolve({ is: "hangs", sinceMs: nowMs }), this.#patienceMs);
    });
    const result = await Promise.race([looking, late]);
    clearTimeout(timer);
    if (result.is === "hangs") {
      this.#stuck.set(path, nowMs);
      void looking.then(() => this.#stuck.delete(path));
    }
    return result;
  }
}
