/**
 * What a running server can be told to do. Signals, letters in a FIFO, touched files and changed modules
 * all become one of these.
 */
export type MasterCommand =
  /** Reads the configuration and the application again; requests in hand are finished. */
  | "reload"
  /** The same, but requests in hand are not waited for. */
  | "brutal-reload"
  /** One worker after the other, with the configuration as it is. */
  | "chain-reload"
  /** All workers, with the configuration as it is. */
  | "workers-reload"
  /** The same, but requests in hand are not waited for. */
  | "brutal-workers-reload"
  /** Gracefully. */
  | "stop"
  /** At once. */
  | "kill"
  /** Begins no more requests, or goes on. */
  | "pause"
  | "stats"
  | "more-workers"
  | "fewer-workers"
  /** Sends all workers away until a request comes. */
  | "cheap"
  | "reopen-log"
  | "rotate-log";
