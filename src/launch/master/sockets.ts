/** Binds the sockets of a configuration, each with the rights that uWSGI has by then. */
import type { Address } from "../../options/address.ts";
import type { Settings, SocketSetting } from "../../settings/settings.ts";
import { settingPlace } from "../start-failure.ts";
import { type BindOrder, type Bound, bind } from "./bind.ts";
import { dropOf } from "./privileges.ts";

/**
 * Binds in two steps, so that the path of a Unix socket is the user's: what has one waits until root is given
 * up, where that comes early. Ports stay with root, who may use those below 1024, and so do the sockets of
 * `http` and its kind, as with uWSGI, whose router binds them before anything else.
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

  /** Binds what is bound before root is given up, or all. */
  async bindEarly(): Promise<void> {
    const { sockets, stats } = this.#settings;
    for (const [index, socket] of sockets.entries())
      if (!this.#waits(socket)) this.#bound[index] = await this.#bindSocket(socket);
    if (stats && !this.#isLate(stats)) await this.#bindStats(stats);
  }

  /** Binds the rest. */
  async bindLate(): Promise<void> {
    const { sockets, stats } = this.#settings;
    for (const [index, socket] of sockets.entries())
      this.#bound[index] ??= await this.#bindSocket(socket);
    if (stats && this.#stats === undefined) await this.#bindStats(stats);
  }

  /** All of them, in the order of the settings. */
  get sockets(): readonly Bound[] {
    return this.#bound.flatMap((bound) => (bound ? [bound] : []));
  }

  /** Where the statistics are served. */
  get stats(): Bound | undefined {
    return this.#stats;
  }

  #waits({ address, protocol }: SocketSetting): boolean {
    const isRouter = protocol === "http" || protocol === "https" || protocol === "http-to-https";
    return !isRouter && this.#isLate(address);
  }

  #isLate({ kind }: Address | SocketSetting["address"]): boolean {
    return kind === "unix" && dropOf(this.#settings) === "early";
  }

  async #bindSocket({ address, text, place }: SocketSetting): Promise<Bound> {
    const { chmodSocket: mode, socketOptions: options } = this.#settings;
    const python = this.#python;
    return this.#keep(await bind({ address, text, place, mode, options, python }));
  }

  async #bindStats(address: Address): Promise<void> {
    const order = { ...statsOrder(this.#settings, address), python: this.#python };
    this.#stats = this.#keep(await bind(order));
  }
}

/** As in uWSGI the stats socket gets the permissions of the others, but not their owner. */
function statsOrder(settings: Settings, address: Address): Omit<BindOrder, "python"> {
  return {
    address,
    text: "the stats server",
    place: settingPlace(settings, "stats"),
    mode: settings.chmodSocket,
    options: { ...settings.socketOptions, owner: undefined },
  };
}
