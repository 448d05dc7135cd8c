/** What a service manager says in the environment; see sd_notify(3) and sd_watchdog_enabled(3). */

/** Who supervises this process: whom to tell how the server is, and how often. */
export interface Supervision {
  /** Path of a Unix socket, or `@` and an abstract name; undefined: nobody is told. */
  readonly socket: string | undefined;
  /** Milliseconds within which a sign of life is expected; undefined: none is. */
  readonly watchdogMs: number | undefined;
  /** A container ends with this process, whose number is another one outside. */
  readonly contained: boolean;
}

/** The shortest time that a watchdog is served for; below it every look would be late, milliseconds. */
const shortestWatchdogMs = 100;

/** Set by python/tsuwsgi/init.py, between process 1 of a container and the server. */
export const initVariable = "TSUWSGI_INIT";

const variables = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", initVariable];

/** Takes it out of the environment, so that no child speaks for the server. */
export function takeSupervision(env: NodeJS.ProcessEnv, pid: number): Supervision {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: micros, WATCHDOG_PID: whose } = env;
  const contained = pid === 1 || env[initVariable] !== undefined;
  for (const name of variables) delete env[name];
  const ms = Number(micros) / 1000;
  const meant = whose === undefined || Number(whose) === pid;
  const watchdogMs = meant && ms >= shortestWatchdogMs ? ms : undefined;
  return { socket: socket || undefined, watchdogMs, contained };
}
