/** All that runs beside one server: attached daemons and timed commands. */
import type { Log } from "../log/log.ts";
import type { Configuration } from "../master/configuration.ts";
import type { StatsFacts } from "../stats.ts";
import type { Surroundings } from "./attach.ts";
import { Crons } from "./crons.ts";
import { Daemons } from "./daemons.ts";

/** How long a program may take to end without `reload-mercy`, as in uWSGI, seconds. */
const usualMercySeconds = 3;

export class Beside {
  readonly #log: Log;
  readonly #endServer: (by: string) => void;
  #configuration: Configuration | undefined;
  #mercyMs = 0;
  #daemons: Daemons | undefined;
  #crons: Crons | undefined;

  /** @param endServer has the server end gracefully, and says by whom for the log */
  constructor(log: Log, endServer: (by: string) => void) {
    this.#log = log;
    this.#endServer = endServer;
  }

  /** What there is to be; the same configuration a second time, as after a reload of the workers, changes nothing. */
  configure(configuration: Configuration): void {
    if (configuration === this.#configuration) return;
    this.#configuration = configuration;
    const { settings, python } = configuration;
    const { daemons, crons, cronHarakiri } = settings.beside;
    const { chdir: cwd, env } = settings;
    const surroundings: Surroundings = { log: this.#log, python, cwd, env };
    if (daemons.length > 0) this.#daemons ??= new Daemons(surroundings, this.#endServer);
    this.#mercyMs = (settings.limits.reloadMercy || usualMercySeconds) * 1000;
    this.#daemons?.configure(daemons, this.#mercyMs, surroundings);
    if (crons.length > 0) {
      // In uWSGI `env` is the environment of the whole server, so it says what time it is.
      const zone = env.findLast(({ name }) => name === "TZ");
      if (zone?.value !== undefined) process.env["TZ"] = zone.value;
      this.#crons ??= new Crons(surroundings);
    }
    this.#crons?.configure(crons, cronHarakiri, surroundings);
  }

  /** Ends what ends with the server, and waits for it. */
  async stop(): Promise<void> {
    await Promise.all([this.#daemons?.stop(), this.#crons?.stop(this.#mercyMs)]);
  }

  /** For the statistics. */
  facts(): Pick<StatsFacts, "daemons" | "crons"> {
    return { daemons: this.#daemons?.facts(), crons: this.#crons?.facts() };
  }
}
