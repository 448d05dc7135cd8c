/** A request's body in a temporary file, for `post-buffering`. */

import { randomBytes } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, read, rmSync, write } from "node:fs";
import { join } from "node:path";
import type { OpenFile, OpenFiles } from "./open-files.ts";

/** Bytes that may wait to be written before the client is paused. */
const AHEAD_BYTES = 1024 * 1024;

/** Takes bytes in, writes them in order, and gives them back. */
export class Spool {
  readonly file: OpenFile;
  readonly inode: bigint;
  /** Bytes taken in. */
  size = 0;
  readonly #wrote: (error: Error | undefined) => void;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #busy = false;
  #closed = false;

  /**
   * @param wrote is called whenever something was written, or cannot be
   */
  constructor(file: OpenFile, inode: bigint, wrote: (error: Error | undefined) => void) {
    this.file = file;
    this.inode = inode;
    this.#wrote = wrote;
  }

  /** All that was taken in is in the file. */
  get written(): boolean {
    return !this.#busy;
  }

  /** Enough waits to be written. */
  get behind(): boolean {
    return this.#waitingBytes > AHEAD_BYTES;
  }

  /** Takes bytes, which are the spool's from now on. */
  add(part: Buffer): void {
    this.#waiting.push(part);
    this.#waitingBytes += part.length;
    if (!this.#busy) this.#write();
  }

  /** Reads what is at `at`, at most as much as the buffer has room for. `done` gets -1 for an error. */
  read(buffer: Buffer, at: number, done: (count: number) => void): void {
    this.#busy = true;
    read(this.file.fd, buffer, 0, buffer.length, at, (error, count) => {
      this.#busy = false;
      if (this.#closed) this.file.close();
      else done(error ? -1 : count);
    });
  }

  /** The body is not needed any more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#waiting = [];
    // Or the number may be another file's by the time it is used.
    if (!this.#busy) this.file.close();
  }

  #write(): void {
    const data = this.#waiting.length === 1 ? this.#waiting[0] : Buffer.concat(this.#waiting);
    if (data === undefined) return;
    this.#waiting = [];
    this.#busy = true;
    this.#put(data, 0);
  }

  #put(data: Buffer, from: number): void {
    write(this.file.fd, data, from, data.length - from, this.size, (error, count) => {
      if (this.#closed) {
        this.#busy = false;
        this.file.close();
        return;
      }
      if (error) {
        this.#busy = false;
        this.#wrote(error);
        return;
      }
      this.size += count;
      this.#waitingBytes -= count;
      if (from + count < data.length) {
        this.#put(data, from + count);
        return;
      }
      this.#busy = false;
      if (this.#waiting.length > 0) this.#write();
      this.#wrote(undefined);
    });
  }
}

/**
 * A file without a name in the directory that uWSGI takes too: TMPDIR, else /tmp.
 * @throws Error when there can be none
 */
export function openSpool(
  files: OpenFiles,
  wrote: (error: Error | undefined) => void,
  directory = process.env["TMPDIR"] || "/tmp",
): Spool {
  if (!files.room) throw new Error("too many files are open");
  const path = join(directory, `tsuwsgi-body-${randomBytes(12).toString("hex")}`);
  const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const fd = openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    rmSync(path);
    return new Spool(files.keep(fd), fstatSync(fd, { bigint: true }).ino, wrote);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
