import type { MasterCommand } from "./commands.ts";

/** A signal that came, as the master understands it. */
export interface SignalCommand {
  readonly name: MasterCommand;
  /** The signal's name. */
  readonly by: string;
}

/**
 * What the signals mean. SIGUSR1 is here as well because Node would open its debugger on it, and SIGUSR2
 * because it would kill.
 */
const meanings: { readonly [signal: string]: MasterCommand } = {
  SIGINT: "kill",
  SIGQUIT: "kill",
  SIGTERM: "stop",
  SIGHUP: "reload",
  SIGTSTP: "pause",
  SIGUSR1: "stats",
  SIGUSR2: "stats",
};

/** A signal that the configuration gives another meaning (`unix_signal:15 …`). */
export interface SignalChange {
  readonly signal: string;
  readonly meaning: MasterCommand;
}

/**
 * Hands signals over instead of letting them act on this process.
 * @param changes later ones count
 * @returns gives the signals their own meaning back
 */
export function heedSignals(
  take: (command: SignalCommand) => void,
  changes: readonly SignalChange[] = [],
): () => void {
  const changed = Object.fromEntries(changes.map(({ signal, meaning }) => [signal, meaning]));
  const handlers = Object.entries({ ...meanings, ...changed }).map(([by, name]) => ({
    by,
    handler: () => take({ name, by }),
  }));
  for (const { by, handler } of handlers) process.on(by, handler);
  return () => {
    for (const { by, handler } of handlers) process.off(by, handler);
  };
}
