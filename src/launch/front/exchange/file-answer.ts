/** A file as the body of an answer. */
import { read } from "node:fs";
import { Flag } from "../../protocol/frame.ts";
import type { Waiting } from "./waiting.ts";

/** Large, because each read and each write costs a system call and a turn of the event loop. */
const READ_BYTES = 256 * 1024;

/** Where the bytes of a file go: a connection, or a stream of one. */
export interface FileSink {
  /** Nobody takes anything any more. */
  readonly closed: boolean;
  /** Resolves when all that was written is taken, or nobody takes it any more. */
  idle(): Promise<void>;
}

/**
 * Sends a part of a file as the data of an answer whose head is out, no faster than the client takes it. The
 * next piece is read while the last is on its way, so two are in memory.
 * @param size bytes from `start` on, at least 1
 * @throws when reading fails, or the file has become shorter; nothing is being read then any more
 */
export async function sendFile(
  file: { readonly fd: number },
  start: number,
  size: number,
  sink: FileSink,
  client: Waiting,
): Promise<void> {
  const end = start + size;
  const readNext = (buffer: Buffer, from: number) =>
    readAt(file.fd, buffer, Math.min(buffer.length, end - from), from);
  let at = start;
  let buffer: Buffer = Buffer.allocUnsafeSlow(Math.min(READ_BYTES, size));
  // Only what is longer than one piece needs a second.
  let other: Buffer | undefined;
  let count = await readNext(buffer, at);
  while (!sink.closed) {
    // What was promised cannot be kept.
    if (count === 0) throw new Error("the file was cut while it was sent");
    at += count;
    const part = buffer.subarray(0, count);
    if (at === end) {
      client.data(Flag.final, part, true, true);
      return;
    }
    other ??= Buffer.allocUnsafeSlow(buffer.length);
    const reading = readNext(other, at);
    client.data(0, part, false, true);
    count = await reading;
    await sink.idle();
    [buffer, other] = [other, buffer];
  }
}

function readAt(fd: number, buffer: Buffer, length: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, buffer, 0, length, position, (error, count) => {
      if (error) reject(error);
      else resolve(count);
    });
  });
}
