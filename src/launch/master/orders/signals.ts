import type { MasterCommand } from "../machine/commands.ts";

/** A signal that came, as the master understands it. */
export interface SignalCommand {
  readonly name: MasterCommand;
  /** The signal's name. */
  readonly by: string;
}

/** What the signals mean, by their names. */
export type SignalTable = { readonly [signal: string]: MasterCommand };

/**
 * uWSGI's meanings, but for SIGTERM, which reloads there. SIGUSR1 is here as well because Node would open its
 * debugger on it, and SIGUSR2 because it would kill, as it does in uWSGI.
 */
const usual: SignalTable = {
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
 * The table for some settings.
 * @param termReloads `die-on-term = false` was written out: SIGTERM means what it does in uWSGI 2.0
 * @param changes what hooks of the configuration bind to signals; they win, and of those the later ones
 */
export function signalTable(
  termReloads: boolean,
  changes: readonly SignalChange[] = [],
): SignalTable {
  const changed = Object.fromEntries(changes.map(({ signal, meaning }) => [signal, meaning]));
  return { ...usual, ...(termReloads ? { SIGTERM: "brutal-reload" } : {}), ...changed };
}

/**
 * Hands signals over instead of letting them act on this process.
 * @returns gives the signals their own meaning back
 */
export function heedSignals(
  table: SignalTable,
  take: (command: SignalCommand) => void,
): () => void {
  const handlers = Object.entries(table).map(([by, name]) => ({
    by,
    handler: () => take({ name, by }),
  }));
  for (const { by, handler } of handlers) process.on(by, handler);
  return () => {
    for (const { by, handler } of handlers) process.off(by, handler);
  };
}
