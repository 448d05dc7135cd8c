/** Who takes an answer, and what an answer from a file is. */
import type { OpenFile } from "./open-files.ts";

/** Who waits for the answer: the connection that the request came on. */
export interface Waiting {
  /** The answer's head and the first part of its body. Buffers are only lent for the call. */
  answer(status: number, flags: number, head: Buffer, body: Buffer, complete: boolean): void;
  /**
   * More of the body. `flags` has Flag.abort when the rest will not come.
   * @param kept `part` is not only lent, but stays as it is until it was taken
   */
  data(flags: number, part: Buffer, complete: boolean, kept?: boolean): void;
  /** An answer whose body is in a file. The file is closed in any case. */
  file(answer: FileAnswer): void;
  /** There is no answer, or no more of it: 502, 503 or 504. */
  fail(status: number): void;
  /** Stop, or go on, reading the request's body from the client. */
  pauseBody(): void;
  resumeBody(): void;
}

/** An answer whose body is in a file. */
export interface FileAnswer {
  readonly status: number;
  readonly flags: number;
  readonly head: Buffer;
  /** Undefined when it could not be opened. */
  readonly file: OpenFile | undefined;
  readonly start: number;
  /** Bytes from `start` on, at least 1. */
  readonly size: number;
}
