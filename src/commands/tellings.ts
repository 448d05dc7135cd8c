/** The options that talk to a running server. */

/** A signal to the master whose pidfile is named. */
export interface PidfileTelling {
  readonly takes: "PIDFILE";
  /** uWSGI's own for that option. */
  readonly signal: "SIGINT" | "SIGHUP" | "SIGTSTP";
  /** Of the help for who may not send it. */
  readonly verb: string;
  /** The command ends when the server has. */
  readonly waits: boolean;
}

/** What an option does. */
export type Telling = PidfileTelling | { readonly takes: "ADDRESS" };

const pause: PidfileTelling = {
  takes: "PIDFILE",
  signal: "SIGTSTP",
  verb: "pause",
  waits: false,
};

/** By the options. As in uWSGI the three of a pause are one, which toggles. */
export const tellings: { readonly [option: string]: Telling } = {
  "--stop": { takes: "PIDFILE", signal: "SIGINT", verb: "stop", waits: true },
  "--reload": { takes: "PIDFILE", signal: "SIGHUP", verb: "reload", waits: false },
  "--pause": pause,
  "--suspend": pause,
  "--resume": pause,
  "--connect-and-read": { takes: "ADDRESS" },
};
