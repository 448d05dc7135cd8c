/** A file as the body of an answer. */
import type { FileHandle } from "node:fs/promises";
import { Flag } from "../protocol/frame.ts";
import type { Waiting } from "./exchange.ts";

const READ_BYTES = 64 * 1024;

/** Where the bytes of a file go: a connection, or a stream of one. */
export interface FileSink {
  /** Nobody takes anything any more. */
  readonly closed: boolean;
  /** Resolves when all that was written is taken, or nobody takes it any more. */
  idle(): Promise<void>;
}

/**
 * Sends a part of a file as the data of an answer whose head is out, no faster than the client takes it.
 * @param size bytes from `start` on, at least 1
 * @throws when reading fails, or the file has become shorter
 */
export async function sendFile(
  handle: FileHandle,
  start: number,
  size: number,
  sink: FileSink,
  client: Waiting,
): Promise<void> {
  let at = start;
  const end = start + size;
  while (at < end && !sink.closed) {
    const buffer = Buffer.allocUnsafeSlow(Math.min(READ_BYTES, end - at));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
    if (sink.closed) return;
    // What was promised cannot be kept.
    if (bytesRead === 0) throw new Error("the file was cut while it was sent");
    at += bytesRead;
    client.data(at === end ? Flag.final : 0, buffer.subarray(0, bytesRead), at === end);
    if (at < end) await sink.idle();
  }
}
