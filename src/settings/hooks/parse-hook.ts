/** Reads the text of a hook, `action:arguments`, into what is to be done (uWSGI, core/hooks.c). */

import type { HookAction, SignalHook } from "./hook-settings.ts";
import { nearest } from "./nearest.ts";
import { parseSignal } from "./unix-signal.ts";

/** A hook that was understood. */
export type ParsedHook =
  | {
      readonly ok: true;
      readonly action: HookAction;
      readonly shown: string;
      readonly mayFail: boolean;
    }
  | { readonly ok: true; readonly signal: SignalHook }
  | { readonly ok: false; readonly problem: string; readonly help: string };

/** What an argument comes to: an action, or how it should have been written. */
type Read = (argument: string) => HookAction | string;

/** Seconds that `wait_for_…` waits when no option says otherwise. */
const waitSeconds = 60;

const actions: Readonly<Record<string, Read>> = {
  exec: (command) => filled({ do: "exec", command }, command, "exec:COMMAND"),
  safeexec: (command) => filled({ do: "exec", command }, command, "safeexec:COMMAND"),
  exit: exit,
  print: (text) => ({ do: "print", text }),
  log: (text) => ({ do: "print", text }),
  cd: path("chdir", "cd:DIRECTORY"),
  chdir: path("chdir", "chdir:DIRECTORY"),
  mkdir: path("mkdir", "mkdir:DIRECTORY"),
  unlink: path("unlink", "unlink:FILE"),
  sticky: path("sticky", "sticky:DIRECTORY"),
  creat: create("creat"),
  create: create("create"),
  write: write("write", false, ""),
  writen: write("writen", false, "\n"),
  append: write("append", true, ""),
  appendn: (argument) =>
    argument.includes(" ")
      ? write("appendn", true, "\n")(argument)
      : filled(
          { do: "write", path: argument, text: "\n", append: true },
          argument,
          "appendn:FILE TEXT",
        ),
  writefifo: writeFifo("writefifo", false),
  spinningfifo: writeFifo("spinningfifo", true),
  chmod: chmod,
  chown: chown,
  chown2: chown2,
  putenv: putenv,
  hostname: (name) => filled({ do: "hostname", name }, name, "hostname:NAME"),
  mount: readMount,
  umount: readUmount,
  wait_for_fs: wait("fs"),
  wait_for_file: wait("file"),
  wait_for_dir: wait("dir"),
  wait_for_socket: wait("socket"),
};

const noFunctions = "there are no functions of C to call: do it by `exec:COMMAND`";

/** Actions of uWSGI that are not to be had, and what to do instead. */
const refusedActions = new Map([
  ["call", noFunctions],
  ["callret", noFunctions],
  ["callint", noFunctions],
  ["callintret", noFunctions],
  ["rpc", "there is no RPC: do it by `exec:COMMAND`, with a client of the service"],
  ["retryrpc", "there is no RPC: do it by `exec:COMMAND`, with a client of the service"],
  ["alarm", "there are no alarms: do it by `exec:COMMAND`"],
]);

/** All actions by name, for messages and documentation. */
export const hookActions: readonly string[] = [...Object.keys(actions), "unix_signal"];

/**
 * Reads a hook.
 * @returns what is to be done, or a problem: a sentence about the text without its option
 */
export function parseHook(text: string): ParsedHook {
  const colon = text.indexOf(":");
  const isPrivate = text.startsWith("!");
  const name = text.slice(isPrivate ? 1 : 0, colon < 0 ? undefined : colon);
  const instead = refusedActions.get(name);
  if (instead !== undefined)
    return { ok: false, problem: `the action \`${name}\` is not supported`, help: instead };
  if (name !== "unix_signal" && !Object.hasOwn(actions, name))
    return {
      ok: false,
      problem: colon < 0 ? "a hook is written `action:arguments`" : `no action \`${name}\``,
      help: nearest(name, hookActions) ?? `write one of ${hookActions.join(", ")}`,
    };
  if (colon < 0)
    return {
      ok: false,
      problem: "a hook is written `action:arguments`",
      help: `write \`${name}:\` and what it is about`,
    };
  const argument = text.slice(colon + 1);
  if (name === "unix_signal") return parseSignal(argument);
  return read(name, argument, isPrivate ? "--- PRIVATE HOOK ---" : `"${text}"`);
}

/** `mount-… = TYPE WHAT WHERE [FLAGS [DATA]]` and `umount-… = WHERE [FLAGS]`. */
export function parseMount(kind: "mount" | "umount", text: string): ParsedHook {
  return read(kind, text, `"${kind} ${text}"`);
}

function read(name: string, argument: string, shown: string): ParsedHook {
  const action = actions[name]?.(argument) ?? name;
  if (typeof action === "string") {
    const help = `write \`${action}\``;
    return { ok: false, problem: `\`${argument}\` is not what \`${name}\` takes`, help };
  }
  return { ok: true, action, shown, mayFail: name === "safeexec" };
}

/** At the first space. */
function cut(text: string): [string, string | undefined] {
  const space = text.indexOf(" ");
  return space < 0 ? [text, undefined] : [text.slice(0, space), text.slice(space + 1)];
}

function filled(action: HookAction, value: string, form: string): HookAction | string {
  return value === "" ? form : action;
}

function path(name: "mkdir" | "unlink" | "sticky" | "chdir", form: string): Read {
  return (argument) => filled({ do: name, path: argument }, argument, form);
}

function create(name: string): Read {
  return (file) =>
    filled({ do: "write", path: file, text: "", append: false }, file, `${name}:FILE`);
}

function write(name: string, append: boolean, end: string): Read {
  return (argument) => {
    const [file, text] = cut(argument);
    if (text === undefined || file === "") return `${name}:FILE TEXT`;
    return { do: "write", path: file, text: text + end, append };
  };
}

function writeFifo(name: string, waits: boolean): Read {
  return (argument) => {
    const [path, text] = cut(argument);
    if (text === undefined || path === "") return `${name}:FILE TEXT`;
    return { do: "writefifo", path, text, waits };
  };
}

function wait(until: "fs" | "file" | "dir" | "socket"): Read {
  return (what) =>
    filled({ do: "wait", until, what, seconds: waitSeconds }, what, `wait_for_${until}:WHAT`);
}

function exit(argument: string): HookAction | string {
  const text = argument.trim();
  const code = Number(text === "" ? 0 : text);
  return /^\d*$/.test(text) && code <= 255 ? { do: "exit", code } : "exit:CODE, from 0 to 255";
}

function chmod(argument: string): HookAction | string {
  const [file, mode = ""] = cut(argument);
  if (file === "" || !/^[0-7]{3,4}$/.test(mode)) return "chmod:FILE MODE, such as 755";
  return { do: "chmod", path: file, mode: Number.parseInt(mode, 8) };
}

function chown(argument: string): HookAction | string {
  const [file = "", user = "", group = "", ...more] = argument.split(" ");
  if (file === "" || user === "" || group === "" || more.length > 0) return "chown:FILE USER GROUP";
  return { do: "chown", path: file, user, group };
}

function chown2(argument: string): HookAction | string {
  const [file = "", uid = "", gid = "", ...more] = argument.split(" ");
  if (file === "" || !/^\d+$/.test(uid) || !/^\d+$/.test(gid) || more.length > 0)
    return "chown2:FILE UID GID, both numbers";
  return { do: "chown2", path: file, uid: Number(uid), gid: Number(gid) };
}

function putenv(argument: string): HookAction | string {
  const equals = argument.indexOf("=");
  if (equals < 1) return "putenv:NAME=VALUE";
  return { do: "putenv", name: argument.slice(0, equals), value: argument.slice(equals + 1) };
}

/** Names of mount(2)'s flags, as uWSGI has them on Linux. */
const mountFlags = new Set(
  (
    "bind dirsync mandlock move noatime nodev noexec rdonly readonly ro remount nosuid sync force detach rec " +
    "recursive private shared"
  ).split(" "),
);

function flagsOf(text: string | undefined): string[] | undefined {
  const flags = (text ?? "").split(",").filter((flag) => flag !== "");
  return flags.every((flag) => mountFlags.has(flag)) ? flags : undefined;
}

function readMount(argument: string): HookAction | string {
  const [type = "", what = "", where = "", flagText, ...data] = argument.split(" ");
  const flags = flagsOf(flagText);
  if (where === "" || flags === undefined)
    return `mount:TYPE WHAT WHERE [FLAGS [DATA]], flags of ${[...mountFlags].join(",")}`;
  return { do: "mount", type, what, where, flags, data: data.join(" ") };
}

function readUmount(argument: string): HookAction | string {
  const [where, flagText] = cut(argument);
  const flags = flagsOf(flagText);
  if (where === "" || flags === undefined) return "umount:WHERE [FLAGS], flags of force,detach,rec";
  return { do: "umount", where, flags };
}
