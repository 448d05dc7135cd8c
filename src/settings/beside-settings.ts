/** Settings of the programs that run beside the server: attached daemons and timed commands. */
import type { Place } from "../source.ts";

/** One program of `attach-daemon` and the like. */
export interface DaemonSetting {
  /** For the shell. */
  readonly command: string;
  /**
   * Makes it one that may go into the background: the process that the file names is the program. Absolute.
   * Without, the process that was started is the program.
   */
  readonly pidfile: string | undefined;
  /** Seconds that the pidfile may take to name a process after a start. */
  readonly freq: number;
  /** The server ends with it. */
  readonly control: boolean;
  /** The server puts it into the background and writes the pidfile. */
  readonly daemonize: boolean;
  /** Files that restart it when they are touched. Absolute. */
  readonly touch: readonly string[];
  /** Number of the signal that asks it to end. */
  readonly stopSignal: number;
  /** Number of the signal that it gets at a reload in its place; 0: none of its own. */
  readonly reloadSignal: number;
  /** It keeps the server's standard input. */
  readonly stdin: boolean;
  /** 0: as the server. */
  readonly uid: number;
  readonly gid: number;
  /** It is process 1 of a PID namespace of its own. */
  readonly nsPid: boolean;
  /** Absolute; undefined: where the server is. */
  readonly chdir: string | undefined;
  /** Seconds that a start may be put off at most when it ends again and again; 0: as many as usual. */
  readonly maxThrottle: number;
  /** With a pidfile: it gets the signals of a reload and a stop, though it is not stopped. */
  readonly notifyPid: boolean;
  readonly place: Place;
}

/** One command of `cron` and the like. A field below 0 is every so many. */
export interface CronSetting {
  readonly minute: number;
  readonly hour: number;
  readonly day: number;
  readonly month: number;
  /** 0 and 7 are Sunday. */
  readonly week: number;
  /** For the shell. */
  readonly command: string;
  /** Not started while it runs. */
  readonly unique: boolean;
  /** Seconds that it may run; 0 is no limit, undefined that of `cron-harakiri`. */
  readonly harakiri: number | undefined;
  readonly place: Place;
}

/** All programs beside the server. */
export interface BesideSettings {
  readonly daemons: readonly DaemonSetting[];
  /** `daemons-honour-stdin`: all daemons keep the server's standard input. */
  readonly daemonsHonourStdin: boolean;
  readonly crons: readonly CronSetting[];
  /** Seconds that a timed command may run; 0 is no limit. */
  readonly cronHarakiri: number;
}

/** None. */
export function noBeside(): {
  daemons: DaemonSetting[];
  daemonsHonourStdin: boolean;
  crons: CronSetting[];
  cronHarakiri: number;
} {
  return { daemons: [], daemonsHonourStdin: false, crons: [], cronHarakiri: 0 };
}

/** Number of SIGTERM. */
const sigterm = 15;

/** A daemon as `attach-daemon` makes it, with uWSGI's defaults. */
export function plainDaemon(command: string, place: Place): DaemonSetting {
  return {
    ...{ command, place },
    ...{ pidfile: undefined, freq: 10, control: false, daemonize: false, touch: [] },
    ...{ stopSignal: sigterm, reloadSignal: 0, stdin: false, uid: 0, gid: 0, nsPid: false },
    ...{ chdir: undefined, maxThrottle: 0, notifyPid: false },
  };
}

/** With the paths, which are relative to `chdir`, made absolute. */
export function finishBeside(
  beside: BesideSettings,
  inChdir: (path: string) => string,
): BesideSettings {
  const own = (path: string | undefined) => (path === undefined ? undefined : inChdir(path));
  return {
    ...beside,
    daemons: beside.daemons.map((daemon) => ({
      ...daemon,
      pidfile: own(daemon.pidfile),
      chdir: own(daemon.chdir),
      touch: daemon.touch.map(inChdir),
      stdin: daemon.stdin || beside.daemonsHonourStdin,
    })),
  };
}
