/** A request that has arrived, and who looks at it first. */
import type { Exchange } from "./exchange.ts";
import type { FileSink } from "./file-answer.ts";

/** A request whose head is known, the same for every protocol. */
export interface Arrival {
  readonly method: string;
  /** PATH_INFO, decoded, one character a byte. */
  readonly path: string;
  readonly exchange: Exchange;
  /** Where the bytes of a file would go. */
  readonly sink: FileSink;
}

/** Looks at requests before the application gets them. */
export interface RequestIntake {
  /** Requests that were answered with a file. */
  readonly staticRequests: number;
  /**
   * Answers a request, holds it until it is known whether to answer it, or leaves it alone. To be called
   * before its body is read.
   */
  consider(arrival: Arrival): void;
}
