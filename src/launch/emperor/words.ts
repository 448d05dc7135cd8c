/**
 * What an emperor and its vassals say to each other: single bytes over a socket pair, whose descriptor the
 * vassal finds in UWSGI_EMPEROR_FD. They are uWSGI's (core/emperor.c), so either side may be uWSGI.
 */

/** Orders. */
export const orders = {
  /** End at once. */
  kill: 0,
  reload: 1,
  /** Finish what is in hand and end. */
  stop: 2,
} as const;

/** What a vassal tells. */
export const signs = {
  /** Its processes run. */
  ready: 1,
  accepting: 5,
  /** It works, so its failures before are forgotten. */
  loyal: 17,
  /** It wants to be stopped. */
  leave: 22,
  heartbeat: 26,
} as const;

export type Order = keyof typeof orders;
export type Sign = keyof typeof signs;

/** The order of a byte; undefined for one that is none. */
export function orderOf(byte: number): Order | undefined {
  return nameOf(orders, byte);
}

/** The sign of a byte; undefined for one that is none, or that only uWSGI's own emperor understands. */
export function signOf(byte: number): Sign | undefined {
  return nameOf(signs, byte);
}

function nameOf<T extends string>(table: Readonly<Record<T, number>>, byte: number): T | undefined {
  // The keys of a literal are those of its type.
  return (Object.keys(table) as T[]).find((name) => table[name] === byte);
}
