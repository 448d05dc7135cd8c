/** Rows of the option table. What is done at the moments of a server's life. */
import { command, fileWrite, hook, mounting, touchHook, waitFor } from "../apply/hook.ts";
import type { HookPhase } from "../hooks/hook-settings.ts";
import type { HonouredOption } from "../option.ts";
import { flag, integer, text, within } from "../option.ts";

/** Node's timers count milliseconds in 31 bits: this many seconds is the longest. */
const longestSeconds = 2_147_483;

/** When each phase with an option is. */
const moments: readonly (readonly [HookPhase, string])[] = [
  ["asap", "first of all, before the log is opened"],
  ["pre-jail", "before anything is bound, as the user that starts the server"],
  ["post-jail", "after `in-jail`, only with `jailed`"],
  ["in-jail", "after `pre-jail`"],
  ["as-root", "as root, before `uid` counts; only if root starts the server"],
  ["as-user", "by the user of `uid`, when the privileges of root are gone"],
  ["as-user-atexit", "by that user, when the server has ended"],
  ["pre-app", "before the application is imported; with `lazy-apps` in each worker"],
  ["post-app", "when the application is imported; with `lazy-apps` in each worker"],
  ["post-fork", "in each worker, first of all"],
  ["accepting", "in each worker, before its first request"],
  ["accepting1", "in the first worker, before its first request"],
  ["accepting-once", "in each worker, before its first request; not when it is replaced"],
  ["accepting1-once", "in the first worker, before its first request; not when it is replaced"],
  ["master-start", "by the master, when requests are accepted"],
];

const commands = new Set<HookPhase>([
  ...(["asap", "pre-jail", "post-jail", "in-jail", "as-root", "as-user"] as const),
  ...(["as-user-atexit", "pre-app", "post-app"] as const),
]);
const mounts = new Set<HookPhase>(["asap", "pre-jail", "post-jail", "in-jail", "as-root"]);

/** In the order of the documentation. */
export const hookRows: readonly HonouredOption[] = [
  ...moments.map(([phase, moment]) =>
    text({
      name: `hook-${phase}`,
      summary: `An action to be done ${moment}.`,
      expected: "`action:arguments`, such as `exec:COMMAND`",
      repeats: true,
      isCommand: true,
      apply: hook(phase),
    }),
  ),
  text({
    name: "hook-touch",
    summary: "An action to be done by the master whenever a file changes.",
    expected: "`FILE ACTION:ARGUMENTS`",
    pattern: "^[^ ]+ .",
    repeats: true,
    isCommand: true,
    apply: touchHook,
  }),
  ...moments
    .filter(([phase]) => commands.has(phase))
    .map(([phase, moment]) =>
      text({
        name: `exec-${phase}`,
        summary: `A command to be run ${moment}.`,
        expected: "a command of the shell",
        repeats: true,
        isCommand: true,
        apply: command(phase),
      }),
    ),
  ...moments
    .filter(([phase]) => mounts.has(phase))
    .flatMap(([phase, moment]) => [
      text({
        name: `mount-${phase}`,
        summary: `A file system to be mounted ${moment}.`,
        expected: "`TYPE WHAT WHERE`, with flags and data if need be",
        repeats: true,
        apply: mounting("mount", phase),
      }),
      text({
        name: `umount-${phase}`,
        summary: `A file system to be unmounted ${moment}.`,
        expected: "a directory, with flags if need be",
        repeats: true,
        apply: mounting("umount", phase),
      }),
    ]),
  flag("jailed", within("hooks", "jailed"), "Run the hooks of `post-jail`."),
  text({
    name: "file-write",
    summary: "A file to be written after the hooks of `in-jail`.",
    expected: "`FILE=TEXT`",
    pattern: "^[^=]+=",
    repeats: true,
    isCommand: true,
    apply: fileWrite,
  }),
  ...waitRows(),
];

function waitRows(): HonouredOption[] {
  const range = { minimum: 0, maximum: longestSeconds, default: 60 };
  const wait = (
    until: "interface" | "fs" | "mountpoint" | "socket",
    what: string,
    expected: string,
  ) =>
    text({
      name: `wait-for-${until}`,
      summary: `Start when ${what}.`,
      expected,
      repeats: true,
      apply: waitFor(until),
    });
  const timeout = (
    name: string,
    field: "interfaceSeconds" | "fsSeconds" | "socketSeconds",
    what: string,
  ) =>
    integer(
      name,
      within("hooks", field),
      range,
      `Seconds to wait for ${what}; 0 is 60.`,
      "seconds",
    );
  return [
    wait("interface", "there is a network interface of this name", "a network interface"),
    timeout("wait-for-interface-timeout", "interfaceSeconds", "an interface"),
    wait("fs", "there is a file or directory at this path", "a path"),
    wait("mountpoint", "a file system is mounted on this directory", "a directory"),
    timeout("wait-for-fs-timeout", "fsSeconds", "a file, a directory or a mount"),
    wait("socket", "a connection to this address is taken", "`host:port` or the path of a socket"),
    timeout("wait-for-socket-timeout", "socketSeconds", "a socket"),
  ];
}
