/** What the processes may use of the machine. */

/** Limits and priorities; 0 leaves what the starter has, unless said otherwise. */
export interface ResourceSettings {
  /** Descriptors that each process may have, soft and hard limit. */
  readonly maxFd: number;
  /** Processes and threads that the user may have when a Python process makes one more. */
  readonly processes: number;
  /** Priority of all processes, -20 (first) to 19. */
  readonly priority: number;
  /** Processors that each worker runs on. */
  readonly cpuAffinity: number;
  /** KiB of stack that each thread of a worker's cores has. */
  readonly threadStack: number;
  /** The kernel may keep equal pages of the Python processes once. */
  readonly mergePages: boolean;
}

/** The same while it is read. */
export type ResourceDraft = { -readonly [K in keyof ResourceSettings]: ResourceSettings[K] };

/** Nothing is changed. */
export function noResources(): ResourceDraft {
  return {
    maxFd: 0,
    processes: 0,
    priority: 0,
    cpuAffinity: 0,
    threadStack: 0,
    mergePages: false,
  };
}
