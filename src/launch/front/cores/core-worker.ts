/** Workers as the front sees them. */
import type { Core } from "./core.ts";

/** The worker that a core belongs to, shared by its cores. */
export interface CoreWorker {
  readonly id: number;
  /** Its line in the counters' file; a successor that waits has the same id and another slot. */
  readonly slot: number;
  readonly pid: number;
  /** It gets no request before the master has it admitted. */
  held: boolean;
  /** The master was told that it should be replaced. */
  worn: boolean;
  readonly cores: Core[];
  /** Those with nothing in hand, and how many are attached at all: the pool's, see core-pool.ts. */
  readonly idle: Core[];
  attached: number;
  /** Grows with everything that it says. */
  progress: number;
  /** `progress` when it was found to be stuck; while that has not changed it is. */
  stuckAt: number;
  /** Told, or about to be told, to go. */
  leaving: boolean;
  /** Was told. */
  quitting: boolean;
  /** The master was asked to kill it. */
  killed: boolean;
  requests: number;
  exceptions: number;
  tx: number;
  runningTime: number;
  averageTime: number;
}
