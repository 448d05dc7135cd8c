/** A log file: appended to, rotated, opened anew. */
import {
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  openSync,
  renameSync,
  writeSync,
} from "node:fs";
import { errorText } from "../start-failure.ts";
import { logLine } from "./lines.ts";
import { Losses, type Sink } from "./sink.ts";

/** uWSGI opens its log files with these bits. */
export const logFileMode = 0o640;
/** How often the size is looked at, milliseconds: uWSGI's master does it once a second too. */
const SIZE_EVERY_MS = 1_000;
/** After a rotation that did not succeed the next is tried so much later. */
const RETRY_MS = 60_000;
/** What came in one turn of the event loop leaves in one write, or when it is so much. */
const TURN_BYTES = 256 * 1024;

/** What is to be done with a log file. */
export interface FileRules {
  /** Bytes; 0 is no bound. */
  readonly maxSize?: number;
  /** What it is renamed to; undefined: its own name and the time. */
  readonly backupName?: string | undefined;
  readonly truncate?: boolean;
  readonly chmod?: number | undefined;
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
}

/**
 * Opens a log file.
 * @throws the system's error
 */
export function openLogFile(path: string, rules: FileRules = {}): number {
  const fd = openSync(path, "a", logFileMode);
  try {
    if (rules.truncate) closeSync(openSync(path, "w"));
    if (rules.chmod !== undefined) fchmodSync(fd, rules.chmod);
    if (rules.owner) fchownSync(fd, rules.owner.uid, rules.owner.gid);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return fd;
}

/** Lines in a file. Its messages about itself stand in it, in uWSGI's words. */
export class FileSink implements Sink {
  readonly batches = true;
  readonly crowded = false;
  readonly #path: string;
  readonly #rules: FileRules;
  readonly #losses = new Losses();
  readonly #watch: NodeJS.Timeout | undefined;
  #fd: number;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #flushing: NodeJS.Immediate | undefined;
  #retryAt = 0;

  /** @throws the system's error when the file cannot be opened */
  constructor(path: string, rules: FileRules = {}) {
    this.#path = path;
    this.#rules = rules;
    this.#fd = openLogFile(path, rules);
    const { maxSize = 0 } = rules;
    if (maxSize > 0)
      this.#watch = setInterval(() => this.#checkSize(maxSize), SIZE_EVERY_MS).unref();
  }

  /** Undefined where the file may become another. */
  get shared(): number | undefined {
    return this.#rules.maxSize ? undefined : this.#fd;
  }

  write(lines: Buffer): void {
    this.#held.push(lines);
    this.#heldBytes += lines.length;
    if (this.#heldBytes > TURN_BYTES) this.flush();
    else this.#flushing ??= setImmediate(() => this.flush());
  }

  rotate(): void {
    this.flush();
    const name =
      this.#rules.backupName ?? freeName(`${this.#path}.${Math.floor(Date.now() / 1000)}`);
    this.#say(`logsize: ${this.#size()}, triggering rotation to ${name}...`);
    try {
      renameSync(this.#path, name);
    } catch (error) {
      this.#failed(`unable to rotate log: rename(): ${errorText(error)}`);
      return;
    }
    this.#replace();
  }

  reopen(): void {
    this.flush();
    const seconds = () => Math.floor(Date.now() / 1000);
    this.#put(`[${seconds()}] logsize: ${this.#size()}, triggering log-reopen...\n`);
    if (this.#replace()) this.#put(`[${seconds()}] ${this.#path} reopened.\n`);
  }

  async close(): Promise<void> {
    clearInterval(this.#watch);
    this.flush();
    closeSync(this.#fd);
  }

  #checkSize(maxSize: number): void {
    if (this.#size() > maxSize && Date.now() >= this.#retryAt) this.rotate();
  }

  /** Where uWSGI ends when the new file cannot be opened, lines still go to the old one. */
  #replace(): boolean {
    try {
      const fd = openLogFile(this.#path, { ...this.#rules, truncate: false });
      closeSync(this.#fd);
      this.#fd = fd;
      return true;
    } catch (error) {
      this.#failed(`the log cannot be opened anew: ${errorText(error)}`);
      return false;
    }
  }

  #failed(text: string): void {
    this.#retryAt = Date.now() + RETRY_MS;
    this.#say(text);
  }

  #say(text: string): void {
    this.#put(logLine(text, new Date(), ""));
  }

  #size(): number {
    try {
      return fstatSync(this.#fd).size;
    } catch {
      return 0; // A file system that has gone: there is nothing to rotate.
    }
  }

  #put(text: string): void {
    this.write(Buffer.from(text));
    this.flush();
  }

  flush(): void {
    clearImmediate(this.#flushing);
    this.#flushing = undefined;
    if (this.#held.length === 0) return;
    const { notice } = this.#losses;
    let bytes = Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    try {
      if (notice !== undefined && writeSync(this.#fd, notice) > 0) this.#losses.told();
      while (bytes.length > 0) bytes = bytes.subarray(writeSync(this.#fd, bytes));
    } catch (error) {
      this.#losses.add(bytes, errorText(error)); // A full disk, mostly.
    }
  }
}

/** A second file of the same second does not take the place of the first, as uWSGI's does. */
function freeName(name: string): string {
  let free = name;
  for (let number = 1; existsSync(free); number++) free = `${name}.${number}`;
  return free;
}
