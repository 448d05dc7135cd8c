/** What the letters of a FIFO mean: the table of uWSGI 2.0.21's core/fifo.c. */
import type { MasterCommand } from "../machine/commands.ts";

/** What one letter asks for. */
export type FifoOrder =
  | { readonly do: "command"; readonly name: MasterCommand }
  /** Writes the pidfiles anew. */
  | { readonly do: "pidfiles" }
  /** Takes letters from the FIFO of this number from now on. */
  | { readonly do: "slot"; readonly slot: number }
  /** It has no object here; why. */
  | { readonly do: "nothing"; readonly why: string };

const commands: { readonly [letter: string]: MasterCommand } = {
  "+": "more-workers",
  "-": "fewer-workers",
  c: "chain-reload",
  C: "cheap",
  l: "reopen-log",
  L: "rotate-log",
  p: "pause",
  q: "stop",
  Q: "kill",
  r: "reload",
  R: "brutal-reload",
  s: "stats",
  w: "workers-reload",
  W: "brutal-workers-reload",
};

const without: { readonly [letter: string]: string } = {
  B: "no emperor is asked for help; with `cheaper` workers come with the load",
  E: "this is no emperor; one looks at its vassals on SIGWINCH",
  f: "the master is not forked; `r` reloads",
  S: "there are no subscriptions",
};

/** Letters that count of what comes at once; the rest is dropped. */
const mostAtOnce = 32;

/**
 * The orders in what was written, in order. Blanks and line ends mean nothing.
 * @returns `unknown`: letters that mean nothing else; `dropped`: how many were too many
 */
export function fifoOrders(written: string): {
  readonly orders: readonly { readonly letter: string; readonly order: FifoOrder }[];
  readonly unknown: string;
  readonly dropped: number;
} {
  const letters = [...written.replace(/\s/g, "")];
  const counted = letters.slice(0, mostAtOnce);
  const orders = counted.flatMap((letter) => {
    const order = orderOf(letter);
    return order ? [{ letter, order }] : [];
  });
  const unknown = counted.filter((letter) => orderOf(letter) === undefined).join("");
  return { orders, unknown, dropped: letters.length - counted.length };
}

function orderOf(letter: string): FifoOrder | undefined {
  if (/^[0-9]$/.test(letter)) return { do: "slot", slot: Number(letter) };
  if (letter === "P") return { do: "pidfiles" };
  const name = commands[letter];
  if (name !== undefined) return { do: "command", name };
  const why = without[letter];
  return why === undefined ? undefined : { do: "nothing", why };
}
