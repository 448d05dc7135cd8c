/** Lines on a descriptor that the server was started with: a terminal, a pipe, a file, the journal's socket. */
import { closeSync, constants, fstatSync, openSync, writeSync } from "node:fs";
import { errorCode, errorText } from "../start-failure.ts";
import { Losses, MAX_HELD_BYTES, noFile, type Sink } from "./sink.ts";

/** With more than this held for a slow reader, the application waits. */
const CROWDED_BYTES = 64 * 1024;
/** How often a full pipe is tried again, milliseconds. */
const RETRY_MS = 20;

/**
 * Node makes a pipe non-blocking for everybody who shares it, and Python silently loses what does not
 * fit into it at once. Opened anew it is a description of its own, which can be either for one of them.
 * @returns undefined for anything but a pipe, and where there is no /proc or no reader
 */
export function ownDescription(fd: number): number | undefined {
  try {
    if (!fstatSync(fd).isFIFO()) return undefined;
    // Without O_NONBLOCK this would wait for a reader.
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
}

/** Lines on a descriptor, which it does not close. */
export class DescriptorSink implements Sink {
  readonly batches = true;
  readonly flush = noFile.flush;
  readonly rotate = noFile.rotate;
  readonly reopen = noFile.reopen;
  readonly shared: number;
  readonly #own: number | undefined;
  readonly #losses = new Losses();
  #held: Buffer[] = [];
  #heldBytes = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @throws the system's error when there is no such descriptor */
  constructor(fd: number) {
    fstatSync(fd);
    this.shared = fd;
    this.#own = ownDescription(fd);
  }

  get crowded(): boolean {
    return this.#heldBytes > CROWDED_BYTES;
  }

  write(lines: Buffer): void {
    if (this.#heldBytes + lines.length > MAX_HELD_BYTES) {
      this.#losses.add(lines, "the reader is too slow");
      return;
    }
    this.#held.push(lines);
    this.#heldBytes += lines.length;
    if (this.#timer === undefined) this.#flush();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#flush();
    clearTimeout(this.#timer);
    if (this.#own !== undefined) closeSync(this.#own);
  }

  #flush(): void {
    this.#timer = undefined;
    let bytes = Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    try {
      while (bytes.length > 0) bytes = bytes.subarray(this.#put(bytes));
      // What was lost came after what was held.
      const { notice } = this.#losses;
      if (notice !== undefined && this.#put(notice) > 0) this.#losses.told();
    } catch (error) {
      if (errorCode(error) === "EAGAIN") this.#wait(bytes);
      else this.#losses.add(bytes, errorText(error)); // A full disk, a closed terminal.
    }
  }

  #put(bytes: Buffer): number {
    return writeSync(this.#own ?? this.shared, bytes);
  }

  #wait(bytes: Buffer): void {
    this.#held = [bytes];
    this.#heldBytes = bytes.length;
    this.#timer = setTimeout(() => this.#flush(), RETRY_MS);
  }
}
