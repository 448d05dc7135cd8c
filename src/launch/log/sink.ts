/** Where lines end up. */

/** Takes lines. It never throws, never waits and never ends the process: a server outlives its log. */
export interface Sink {
  /** Takes one line with its end; with `batches`, also several, or parts of one. */
  readonly write: (lines: Buffer) => void;
  /** Lines may come together, because nothing is put around each. */
  readonly batches: boolean;
  /** A descriptor that other processes may write to themselves, to the same effect. */
  readonly shared: number | undefined;
  /** It holds so much that who can wait should. */
  readonly crowded: boolean;
  /** Writes what is held, as far as that is possible at once. */
  readonly flush: () => void;
  /** Begins a new file, the old one renamed; nothing where there is no file. */
  readonly rotate: () => void;
  /** Opens the file anew, which may have been moved away. */
  readonly reopen: () => void;
  /** Waits until everything is out. */
  readonly close: () => Promise<void>;
}

/** The methods of a sink without a file that holds nothing back. */
export const noFile = { flush: () => {}, rotate: () => {}, reopen: () => {} } as const;

/** When the reader of a log does not keep up, bytes beyond this are dropped and counted. */
export const MAX_HELD_BYTES = 4 * 1024 * 1024;

/** Counts lines that could not be written, to tell when that is possible again. */
export class Losses {
  #lines = 0;
  #reason = "";

  /** Lines were lost. */
  add(lines: Buffer, reason: string): void {
    this.#lines += countLines(lines);
    this.#reason = reason;
  }

  /** What to write about it; undefined when nothing was lost. */
  get notice(): Buffer | undefined {
    if (this.#lines === 0) return undefined;
    return Buffer.from(`tsuwsgi: ${this.#lines} lines of the log were lost: ${this.#reason}\n`);
  }

  /** The notice is written: begins anew. */
  told(): void {
    this.#lines = 0;
  }
}

/** Line ends, and what comes after the last one. */
function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count++;
  return bytes.length > 0 && bytes[bytes.length - 1] !== 10 ? count + 1 : count;
}
