/** How `attach-daemon` and the like set the draft. */
import { parseBoolean } from "../../options/value.ts";
import { type DaemonSetting, plainDaemon } from "../beside-settings.ts";
import type { Given } from "../draft.ts";
import { keyValues } from "../keyval.ts";
import type { Apply } from "../option.ts";
import { longestSeconds } from "./http.ts";

/** `attach-daemon = COMMAND`; with `control` the server ends when it does. */
export function attachDaemon(control: boolean): Apply<string> {
  return (draft, value, given) => {
    draft.beside.daemons.push({ ...plainDaemon(value, given.place), control });
  };
}

/** `smart-attach-daemon = PIDFILE[,SECONDS] COMMAND`; `daemonize`: the server puts it into the background. */
export function smartAttachDaemon(daemonize: boolean): Apply<string> {
  return (draft, value, given) => {
    const [, pidfile, seconds, command] = /^([^ ,]+)(?:,([^ ]*))? +(\S.*)$/s.exec(value) ?? [];
    if (pidfile === undefined || command === undefined) {
      const form = "`PIDFILE COMMAND` or `PIDFILE,SECONDS COMMAND`";
      complain(given, "error", `expected ${form}, and it is \`${value}\``, `write ${form}`);
      return;
    }
    const freq = seconds === undefined ? 10 : number(given, "seconds", seconds, 1, longestSeconds);
    if (freq === undefined) return;
    draft.beside.daemons.push({ ...plainDaemon(command, given.place), pidfile, freq, daemonize });
  };
}

/** `attach-daemon2 = cmd=COMMAND,key=value,…`. */
export const attachDaemon2: Apply<string> = (draft, value, given) => {
  const found = new Map<Key, string>();
  for (const pair of keyValues(value)) {
    const key = keys[pair.key];
    if (key === undefined || pair.value === undefined) unknown(given, pair.key);
    else found.set(key, pair.value);
  }
  const command = found.get("command") ?? "";
  if (command === "") {
    complain(given, "error", "`cmd=…` is missing", "write `cmd=COMMAND,…`");
    return;
  }
  draft.beside.daemons.push(described(plainDaemon(command, given.place), found, given));
};

/** The keys of `attach-daemon2`, with uWSGI's second names. */
const keys: Readonly<Record<string, Key>> = {
  command: "command",
  cmd: "command",
  exec: "command",
  freq: "freq",
  pidfile: "pidfile",
  control: "control",
  daemonize: "daemonize",
  daemon: "daemonize",
  touch: "touch",
  stopsignal: "stopsignal",
  stop_signal: "stopsignal",
  reloadsignal: "reloadsignal",
  reload_signal: "reloadsignal",
  stdin: "stdin",
  uid: "uid",
  gid: "gid",
  ns_pid: "ns_pid",
  chdir: "chdir",
  max_throttle: "max_throttle",
  notifypid: "notifypid",
};

type Key =
  | ("command" | "freq" | "pidfile" | "control" | "daemonize" | "touch" | "stopsignal")
  | ("reloadsignal" | "stdin" | "uid" | "gid" | "ns_pid" | "chdir" | "max_throttle" | "notifypid");

/** Numbers of signals go up to here (signal(7)). */
const lastSignal = 64;
/** Larger ids are none (-1 means "no change" to the system). */
const lastId = 0xffff_fffe;

function described(
  plain: DaemonSetting,
  found: ReadonlyMap<Key, string>,
  given: Given,
): DaemonSetting {
  const count = (key: Key, least: number, most: number, otherwise: number) => {
    const text = found.get(key);
    if (text === undefined) return otherwise;
    return number(given, key, text, least, most) ?? otherwise;
  };
  const flag = (key: Key) => isGiven(given, key, found.get(key));
  const pidfile = found.get("pidfile");
  const daemon = {
    ...plain,
    pidfile,
    freq: count("freq", 1, longestSeconds, plain.freq),
    control: flag("control"),
    daemonize: flag("daemonize"),
    touch: found.get("touch")?.split(";").filter(Boolean) ?? [],
    stopSignal: count("stopsignal", 1, lastSignal, plain.stopSignal),
    reloadSignal: count("reloadsignal", 0, lastSignal, plain.reloadSignal),
    stdin: flag("stdin"),
    uid: count("uid", 0, lastId, 0),
    gid: count("gid", 0, lastId, 0),
    nsPid: flag("ns_pid"),
    chdir: found.get("chdir"),
    maxThrottle: count("max_throttle", 0, longestSeconds, 0),
    notifyPid: flag("notifypid"),
  };
  checkTogether(daemon, given);
  return daemon;
}

/** Keys that count only with, or only without, a pidfile. */
function checkTogether(daemon: DaemonSetting, given: Given): void {
  const need = (key: string) =>
    complain(given, "error", `\`${key}\` needs a \`pidfile\``, `add \`pidfile=FILE\``);
  if (daemon.pidfile === undefined) {
    if (daemon.daemonize) need("daemonize");
    if (daemon.notifyPid) need("notifypid");
    return;
  }
  if (!daemon.control) return;
  const help = "leave out `control` or `pidfile`";
  complain(given, "error", "`control` does nothing for a daemon with a pidfile", help);
}

function unknown(given: Given, key: string): void {
  const help = "a comma in a value is written `\\,`; the keys stand in docs/beside.md";
  complain(given, undefined, `\`${key}\` is no \`key=value\` that it knows`, help);
}

/** uWSGI takes a flag for set whatever its value is. */
function isGiven(given: Given, key: Key, text: string | undefined): boolean {
  if (text === undefined) return false;
  const value = parseBoolean(text);
  if (value.ok && value.value) return true;
  const help = `for uWSGI any value sets it: write \`${key}=1\`, or leave it out`;
  complain(given, undefined, `\`${key}=${text}\` sets \`${key}\``, help);
  return true;
}

/** Numbers of the signals that people write by name. */
const signals: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  KILL: 9,
  USR1: 10,
  USR2: 12,
  TERM: 15,
};

function number(
  given: Given,
  key: string,
  text: string,
  least: number,
  most: number,
): number | undefined {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  const signal = signals[text.toUpperCase().replace(/^SIG/, "")];
  const help =
    key.endsWith("signal") && signal !== undefined
      ? `write \`${signal}\`: uWSGI reads a name as 0`
      : "write a plain number: uWSGI reads the digits in front, and 0 where there are none";
  const what = `\`${key}\` must be a number from ${least} to ${most}, and is \`${text}\``;
  complain(given, "error", what, help);
  return undefined;
}

/** @param severity undefined: an error, or with `lenient` a warning */
function complain(
  given: Given,
  severity: "error" | undefined,
  problem: string,
  help: string,
): void {
  given.report({
    rule: "invalid-value",
    severity: severity ?? (given.lenient ? "warning" : "error"),
    message: `\`${given.entry.key}\`: ${problem}`,
    span: given.span,
    help,
  });
}
