/** Rows of the option table. What a running server can be told, and by what. */
import { resolve } from "node:path";
import { logTarget } from "../apply/log.ts";
import { addTouch, hasRoom, tooMany } from "../apply/touch.ts";
import type { TouchAction } from "../control-settings.ts";
import type { Apply, HonouredOption } from "../option.ts";
import { flag, flagWith, text, within } from "../option.ts";

/** One digit chooses among them. */
const mostFifos = 10;

/** In the order of the documentation. */
export const controlRows: readonly HonouredOption[] = [
  text({
    name: "master-fifo",
    summary: "A named pipe that takes commands of one letter; relative to chdir.",
    expected: "a path",
    repeats: true,
    apply: (draft, value, given) => {
      const { instance } = draft;
      draft.places[`instance.fifos.${instance.fifos.length}`] = given.place;
      if (instance.fifos.length < mostFifos) instance.fifos = [...instance.fifos, value];
      else tooMany(given, mostFifos, "the letters 0 to 9 reach no more");
    },
  }),
  touch("touch-reload", "reload", "Reload when this file is touched, made or removed."),
  touch("touch-workers-reload", "workers-reload", "Replace all workers when this file is touched."),
  touch(
    "touch-chain-reload",
    "chain-reload",
    "Replace the workers one after the other when this file is touched.",
  ),
  touch("touch-logrotate", "rotate-log", "Rotate the log when this file is touched."),
  touch("touch-logreopen", "reopen-log", "Open the log file anew when this file is touched."),
  text({
    name: "touch-exec",
    summary: "Run a command when a file is touched: `FILE COMMAND`.",
    expected: "a file, a blank, and a command",
    pattern: "^[^ ]+ +[^ ]",
    repeats: true,
    apply: (draft, value, given) => {
      const end = value.indexOf(" ");
      const command = value.slice(end + 1).trim();
      addTouch(value.slice(0, end), { do: "exec", command })(draft, value, given);
    },
  }),
  fsReload(
    "fs-reload",
    false,
    "Reload when the kernel tells of a change of this file or directory.",
  ),
  fsReload("fs-brutal-reload", true, "The same, without waiting for requests in hand."),
  text({
    name: "check-mountpoint",
    summary: "End the server when this file system is not reachable any more.",
    expected: "a path",
    repeats: true,
    apply: (draft, value, given) => {
      const { control } = draft;
      draft.places[`control.mountpoints.${control.mountpoints.length}`] = given.place;
      if (hasRoom(given, control.mountpoints))
        control.mountpoints = [...control.mountpoints, value];
    },
  }),
  flagWith(
    "die-on-term",
    "supported",
    "Stop on SIGTERM; `false` written out reloads brutally, as uWSGI 2.0 does without it.",
    (draft, value, given) => {
      draft.instance.termReloads = !value;
      draft.places["instance.termReloads"] = given.place;
    },
    true,
  ),
  flag(
    "exit-on-reload",
    within("control", "exitOnReload"),
    "Stop the server where a reload is asked for.",
  ),
  flag(
    "die-on-no-workers",
    within("control", "dieOnNoWorkers"),
    "End the server when no worker is left.",
  ),
  text({
    name: "force-cwd",
    summary: "Directory in which reloads read the configuration; relative to the start.",
    expected: "a directory",
    apply: (draft, value, given) => {
      draft.control.forceCwd = resolve(given.startDirectory, value);
      draft.places["control.forceCwd"] = given.place;
    },
  }),
];

/** In the order of the documentation: those of the start and the end. */
export const instanceRows: readonly HonouredOption[] = [
  text({
    name: "daemonize2",
    summary: "Run in the background; the log is opened by the user of `uid`, relative to chdir.",
    expected: "a file or `host:port`",
    apply: (draft, value, given) => {
      draft.instance.lateDaemonLog = true;
      logTarget("daemonize", "chdir")(draft, value, given);
    },
  }),
  pidfile("pidfile2", "pidfile2"),
  pidfile("safe-pidfile2", "safePidfile2"),
  lock("flock", false),
  lock("flock2", false),
  lock("flock-wait", true),
  lock("flock-wait2", true),
  text({
    name: "chdir2",
    summary: "Directory to go to when the application is loaded; relative to chdir.",
    expected: "a directory",
    apply: (draft, value, given) => {
      draft.control.chdir2 = value;
      draft.places["control.chdir2"] = given.place;
    },
  }),
  flag(
    "honour-stdin",
    within("control", "honourStdin"),
    "Leave the application the standard input of the start.",
  ),
  flag(
    "reaper",
    within("control", "reaper"),
    "Take ended children of the application away after each request.",
  ),
];

function touch(
  name: string,
  action: Exclude<TouchAction["do"], "exec" | "hook">,
  summary: string,
): HonouredOption {
  const apply: Apply<string> = (draft, value, given) =>
    addTouch(value, { do: action })(draft, value, given);
  return text({ name, summary, expected: "a path", repeats: true, apply });
}

function fsReload(name: string, brutal: boolean, summary: string): HonouredOption {
  const apply: Apply<string> = (draft, path, given) => {
    const { control } = draft;
    draft.places[`control.fsReloads.${control.fsReloads.length}`] = given.place;
    if (hasRoom(given, control.fsReloads))
      control.fsReloads = [...control.fsReloads, { path, brutal }];
  };
  return text({ name, summary, expected: "a path", repeats: true, apply });
}

function pidfile(name: string, field: "pidfile2" | "safePidfile2"): HonouredOption {
  return text({
    name,
    summary: "File for the master's process id, written by the user of `uid`; relative to chdir.",
    expected: "a file",
    apply: (draft, value, given) => {
      draft.instance[field] = value;
      draft.places[field] = given.place;
    },
  });
}

function lock(name: string, wait: boolean): HonouredOption {
  const what = wait ? "wait until it is free" : "fail when another server has it";
  return text({
    name,
    summary: `Lock an existing file first of all, and ${what}.`,
    expected: "a file",
    repeats: true,
    apply: (draft, value, given) => {
      const { instance } = draft;
      const path = resolve(given.startDirectory, value);
      draft.places[`instance.locks.${instance.locks.length}`] = given.place;
      if (hasRoom(given, instance.locks)) instance.locks = [...instance.locks, { path, wait }];
    },
  });
}
