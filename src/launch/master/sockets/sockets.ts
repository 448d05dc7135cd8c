/** Binds the sockets of a configuration, each with the rights that uWSGI has by then. */
import type { Address } from "../../../options/address.ts";
import type { Settings, SocketSetting } from "../../../settings/settings.ts";
import { dropOf } from "../programs/privileges.ts";
import { type BindOrder, type Bound, bind } from "./bind.ts";

/**
 * Binds in steps, so that the path of a Unix socket is whose uWSGI makes it: the user's, unless root is given up
 * late; that of the statistics always. Ports are bound by root, who may use those below 1024.
 */
export class SocketBinder {
  readonly #settings: Settings;
  readonly #python: string;
  readonly #keep: (bound: Bound) => Bound;
  readonly #bound: (Bound | undefined)[];
  #stats: Bound | undefined;

  /** @param keep told of each socket at once, so that it can be undone */
  constructor(settings: Settings, python: string, keep: (bound: Bound) => Bound) {
    this.#settings = settings;
    this.#python = python;
    this.#keep = keep;
    this.#bound = settings.sockets.map(() => undefined);
  }

  /** Binds what has no path. */
  async bindPorts(): Promise<void> {
    const { sockets, stats } = this.#settings;
    for (const [index, socket] of sockets.entries())
      if (socket.address.kind !== "unix") this.#bound[index] ??= await this.#bindSocket(socket);
    if (stats && stats.kind !== "unix") this.#stats ??= await this.#bindStats(stats);
  }

  /** Binds the sockets that have. */
  async bindPaths(): Promise<void> {
    for (const [index, socket] of this.#settings.sockets.entries())
      this.#bound[index] ??= await this.#bindSocket(socket);
  }

  /** Binds the path of the statistics. */
  async bindStats(): Promise<void> {
    const { stats } = this.#settings;
    if (stats) this.#stats ??= await this.#bindStats(stats);
  }

  /** All of them, in the order of the settings. */
  get sockets(): readonly Bound[] {
    return this.#bound.flatMap((bound) => (bound ? [bound] : []));
  }

  /** Where the statistics are served. */
  get stats(): Bound | undefined {
    return this.#stats;
  }

  async #bindSocket({ address, text, place }: SocketSetting): Promise<Bound> {
    const { chmodSocket: mode, socketOptions: options } = this.#settings;
    const python = this.#python;
    return this.#keep(await bind({ address, text, place, mode, options, python }));
  }

  async #bindStats(address: Address): Promise<Bound> {
    const order = { ...statsOrder(this.#settings, address, "stats"), python: this.#python };
    return this.#keep(await bind(order));
  }
}

/**
 * A socket for statistics: as in uWSGI it gets the permissions of the others, but not their owner.
 * @param field the setting that asks for it
 */
export function statsOrder(
  settings: Settings,
  address: Address,
  field: string,
): Omit<BindOrder, "python"> {
  const { uid, gid, chmodSocket: mode, socketOptions } = settings;
  // Root is the user soon.
  const isEarly = dropOf(settings) === "imported" && process.getuid?.() === 0;
  const owner = isEarly && uid !== undefined ? { uid, gid } : undefined;
  return {
    address,
    text: "the stats server",
    place: settings.places[field],
    mode,
    options: { ...socketOptions, owner },
  };
}
