/** `unix_signal:NUMBER FUNCTION`: which command of the master the signal becomes. */
import type { SignalMeaning } from "./hook-settings.ts";
import { nearest } from "./nearest.ts";
import type { ParsedHook } from "./parse-hook.ts";

/** uWSGI's functions that its signals and its FIFO call, and what they are here. */
const functions: Readonly<Record<string, SignalMeaning>> = {
  gracefully_kill_them_all: "stop",
  kill_them_all: "kill",
  grace_them_all: "reload",
  reap_them_all: "brutal-reload",
  uwsgi_chain_reload: "chain-reload",
  uwsgi_reload_workers: "workers-reload",
  uwsgi_brutally_reload_workers: "workers-reload",
  suspend_resume_them_all: "pause",
  stats: "stats",
  uwsgi_cheaper_increase: "more-workers",
  uwsgi_cheaper_decrease: "fewer-workers",
  uwsgi_go_cheap: "cheap",
  uwsgi_log_reopen: "reopen-log",
  uwsgi_log_rotate: "rotate-log",
};

/**
 * Signals that can be given a meaning, by Linux's numbers (signal(7)). SIGKILL and SIGSTOP cannot be caught;
 * SIGCHLD and those of a fault of the program are Node's.
 */
const names = {
  1: "SIGHUP",
  2: "SIGINT",
  3: "SIGQUIT",
  10: "SIGUSR1",
  12: "SIGUSR2",
  14: "SIGALRM",
  15: "SIGTERM",
  16: "SIGSTKFLT",
  18: "SIGCONT",
  20: "SIGTSTP",
  21: "SIGTTIN",
  22: "SIGTTOU",
  23: "SIGURG",
  24: "SIGXCPU",
  25: "SIGXFSZ",
  26: "SIGVTALRM",
  28: "SIGWINCH",
  29: "SIGIO",
  30: "SIGPWR",
} as const satisfies Readonly<Record<number, NodeJS.Signals>>;

/** All signals that can mean something to a master or an emperor. */
export const signalsWithMeaning: readonly NodeJS.Signals[] = Object.values(names);

/** Reads what follows `unix_signal:`. */
export function parseSignal(argument: string): ParsedHook {
  const [text = "", name = "", ...more] = argument.split(" ");
  if (!/^\d{1,3}$/.test(text) || name === "" || more.length > 0)
    return {
      ok: false,
      problem: `\`${argument}\` is not what \`unix_signal\` takes`,
      help: "write the number of a signal and a function, such as `unix_signal:15 gracefully_kill_them_all`",
    };
  const signal = new Map(Object.entries(names)).get(String(Number(text)));
  if (signal === undefined)
    return {
      ok: false,
      problem: `signal ${text} cannot be given a meaning`,
      help: "choose another signal, such as 10 (SIGUSR1) or 15 (SIGTERM)",
    };
  if (!Object.hasOwn(functions, name)) {
    const known = Object.keys(functions);
    return {
      ok: false,
      problem: `no function \`${name}\``,
      help: nearest(name, known) ?? `write one of ${known.join(", ")}`,
    };
  }
  return { ok: true, signal: { signal, meaning: functions[name] ?? "stop" } };
}
