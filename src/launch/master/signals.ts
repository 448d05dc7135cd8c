import type { MasterSignal } from "./event.ts";

/**
 * The signals that reach the master's machine. SIGUSR1 is here as well because Node would open its
 * debugger on it, and SIGUSR2 because it would kill.
 */
const heeded: readonly MasterSignal[] = [
  "SIGINT",
  "SIGQUIT",
  "SIGTERM",
  "SIGHUP",
  "SIGUSR1",
  "SIGUSR2",
];

/**
 * Hands signals over instead of letting them act on this process.
 * @returns gives the signals their own meaning back
 */
export function heedSignals(take: (name: MasterSignal) => void): () => void {
  const handlers = heeded.map((name) => ({ name, handler: () => take(name) }));
  for (const { name, handler } of handlers) process.on(name, handler);
  return () => {
    for (const { name, handler } of handlers) process.off(name, handler);
  };
}
