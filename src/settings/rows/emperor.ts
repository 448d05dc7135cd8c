/** Rows of the option table. An emperor, and what its vassals say to it. */
import {
  emperorHook,
  emperorList,
  emperorSource,
  emperorStats,
  vassalHook,
} from "../apply/emperor.ts";
import type { EmperorDraft } from "../emperor-settings.ts";
import type { HonouredOption } from "../option.ts";
import { applyTo, flag, integer, text, within } from "../option.ts";

const longestSeconds = 2_147_483;
const longestMs = 2_147_483_000;

type TextField = {
  [K in keyof EmperorDraft]: EmperorDraft[K] extends string | undefined ? K : never;
}[keyof EmperorDraft];
type ListField = Parameters<typeof emperorList>[0];

function field(name: string, to: TextField, expected: string, summary: string): HonouredOption {
  const set = applyTo<string>({
    place: `emperor.${to}`,
    set: (draft, value) => {
      draft.emperor[to] = value;
    },
  });
  return text({ name, summary, expected, apply: set });
}

function list(name: string, to: ListField, expected: string, summary: string): HonouredOption {
  return text({ name, summary, expected, repeats: true, apply: emperorList(to) });
}

const anAction = { expected: "`exec:COMMAND`", pattern: "^exec:.", repeats: true } as const;

function hook(name: string, to: ListField, summary: string): HonouredOption {
  return text({ ...anAction, name, summary, apply: emperorHook(to) });
}

function ownHook(name: string, to: Parameters<typeof vassalHook>[0], summary: string) {
  return text({ ...anAction, name, summary, apply: vassalHook(to) });
}

/** In the order of the documentation. */
export const emperorRows: readonly HonouredOption[] = [
  text({
    name: "emperor",
    summary: "Run a server for each configuration in a directory, or that a pattern matches.",
    expected: "a directory or a pattern of files",
    repeats: true,
    apply: emperorSource,
  }),
  list(
    "emperor-extra-extension",
    "extensions",
    "the end of a name, such as `.conf`",
    "Files whose names end so are configurations too.",
  ),
  flag(
    "emperor-nofollow",
    within("emperor", "nofollow"),
    "Of a link to a configuration watch the link and not its target.",
  ),
  ...timeRows(),
  ...processRows(),
  ...vassalRows(),
  ...hookRows(),
  integer(
    "heartbeat",
    within("vassal", "heartbeat"),
    { minimum: 0, maximum: longestSeconds, default: 0 },
    "Seconds between two signs of life to the emperor; 0: none.",
    "seconds",
  ),
];

function timeRows(): HonouredOption[] {
  const seconds = (preset: number) => ({ minimum: 1, maximum: longestSeconds, default: preset });
  const milliseconds = (preset: number) => ({ minimum: 0, maximum: longestMs, default: preset });
  return [
    integer(
      "emperor-freq",
      within("emperor", "frequency"),
      seconds(3),
      "Seconds between two looks for changed configurations.",
      "seconds",
    ),
    integer(
      "emperor-throttle",
      within("emperor", "throttle"),
      milliseconds(1000),
      "Milliseconds that each failed start adds to the pause before the next.",
    ),
    integer(
      "emperor-max-throttle",
      within("emperor", "maxThrottle"),
      milliseconds(180_000),
      "Milliseconds from which on the pause is halved instead.",
    ),
    flag(
      "emperor-no-blacklist",
      within("emperor", "noBlacklist"),
      "Start a server that failed again after a second, however often.",
    ),
    integer(
      "emperor-required-heartbeat",
      within("emperor", "requiredHeartbeat"),
      seconds(30),
      "Seconds without a `heartbeat` after which a server that gives them is replaced.",
      "seconds",
    ),
    integer(
      "emperor-curse-tolerance",
      within("emperor", "curseTolerance"),
      seconds(30),
      "Seconds that a server may take to stop before it is killed.",
      "seconds",
    ),
  ];
}

function processRows(): HonouredOption[] {
  return [
    field("emperor-pidfile", "pidfile", "a file", "File for the emperor's process id."),
    field("emperor-procname", "procname", "a name", "Name of the emperor's process."),
    text({
      name: "emperor-stats",
      summary: "Address of the emperor's statistics.",
      expected: "an address such as `127.0.0.1:9191` or a path",
      apply: emperorStats,
    }),
    flag(
      "emperor-tyrant",
      within("emperor", "tyrant"),
      "Run each server as the owner of its configuration; root's are not started.",
    ),
    flag(
      "emperor-tyrant-nofollow",
      within("emperor", "tyrantNofollow"),
      "Of a link the owner of the link counts and not that of its target.",
    ),
  ];
}

function vassalRows(): HonouredOption[] {
  const file = "a file, from the directory of the configurations, or absolute";
  const program = "a program";
  return [
    field(
      "emperor-wrapper",
      "wrapper",
      program,
      "Program that is started in place of tsuwsgi, with the same arguments.",
    ),
    list(
      "emperor-wrapper-override",
      "wrapperOverrides",
      program,
      "Program that is tried before that one.",
    ),
    list(
      "emperor-wrapper-fallback",
      "wrapperFallbacks",
      program,
      "Program that is tried when that one cannot be started.",
    ),
    list("vassals-set", "sets", "`NAME=VALUE`", "Option of all servers, before their own."),
    list("vassals-include", "includes", file, "Configuration that all servers read last."),
    list(
      "vassals-include-before",
      "includesBefore",
      file,
      "Configuration that all servers read first.",
    ),
    list(
      "vassals-inherit",
      "inherits",
      file,
      "The same as `vassals-include`, with placeholders that are not expanded.",
    ),
    list(
      "vassals-inherit-before",
      "inheritsBefore",
      file,
      "The same as `vassals-include-before`, with placeholders that are not expanded.",
    ),
  ];
}

function hookRows(): HonouredOption[] {
  const program = "a program";
  const command = "a command";
  return [
    field(
      "vassals-start-hook",
      "startHook",
      program,
      "Program that runs before a server starts, with its name as argument.",
    ),
    field(
      "vassals-stop-hook",
      "stopHook",
      program,
      "Program that runs when a server has ended, with its name as argument.",
    ),
    list(
      "exec-as-vassal",
      "execAsVassal",
      command,
      "Command that runs before a server starts, as its user; if it fails the server does not start.",
    ),
    list(
      "exec-as-emperor",
      "execAsEmperor",
      command,
      "Command that runs when a server was started; UWSGI_VASSAL_CONFIG and UWSGI_VASSAL_PID tell which.",
    ),
    hook("hook-as-vassal", "asVassal", "The same as `exec-as-vassal`, before it."),
    hook("hook-as-emperor", "asEmperor", "The same as `exec-as-emperor`, before it."),
    hook("hook-emperor-start", "atStart", "What is run when the emperor starts; it must not fail."),
    ownHook("hook-emperor-stop", "atStop", "What is run when the emperor orders a stop."),
    ownHook("hook-emperor-reload", "atReload", "What is run when the emperor orders a reload."),
    ownHook("hook-emperor-lost", "atLoss", "What is run when the emperor is gone."),
  ];
}
