/** Whether the programs beside the server are on this machine. */

import { dirname, join, resolve } from "node:path";
import type { Place } from "../source.ts";
import type { Machine } from "./machine.ts";
import type { SayOne } from "./say.ts";
import type { Settings } from "./settings.ts";

/** Warns of programs that would be started again and again, because they or their directories are missing. */
export function checkBesidePrograms(settings: Settings, machine: Machine, warn: SayOne): void {
  const { daemons, crons } = settings.beside;
  for (const { command, chdir = settings.chdir, pidfile, place } of daemons) {
    if (machine.kind(chdir) !== "directory")
      warn("chdir", place, `\`chdir\`: there is no directory ${chdir}`, "make it");
    else checkCommand(settings, machine, command, chdir, place, warn);
    if (pidfile === undefined || machine.kind(dirname(pidfile)) === "directory") continue;
    const message = `there is no directory ${dirname(pidfile)} for the pidfile`;
    warn("pidfile", place, message, "make it, or write the pidfile elsewhere");
  }
  for (const { command, place } of crons)
    checkCommand(settings, machine, command, settings.chdir, place, warn);
}

function checkCommand(
  { env }: Settings,
  machine: Machine,
  command: string,
  directory: string,
  place: Place | undefined,
  warn: SayOne,
): void {
  const program = programOf(command);
  if (program === undefined) return;
  const found = (path: string) => machine.kind(path) === "file" && machine.executable(path);
  if (program.includes("/")) {
    const path = resolve(directory, program);
    if (found(path)) return;
    const what = machine.kind(path) === "file" ? "cannot be executed" : "is not there";
    warn("command", place, `the program ${path} ${what}`, "correct the command, or install it");
    return;
  }
  const path = env.findLast(({ name }) => name === "PATH")?.value ?? machine.searchPath;
  if (path.split(":").some((one) => found(join(resolve(directory, one), program)))) return;
  const message = `there is no program \`${program}\` on the PATH`;
  warn("command", place, message, "correct the command, or install it");
}

/** What the shell knows by itself. */
const builtins = new Set(
  (
    ". : [ alias bg break case cd command continue do echo eval exit export fg for function getopts hash if jobs " +
    "kill local printf pwd read readonly return set shift source test times trap true false type ulimit umask " +
    "unset until wait while {"
  ).split(" "),
);

/** The program that a command begins with; undefined where only the shell could tell. */
function programOf(command: string): string | undefined {
  const word = /^(?:exec\s+)?([\w./+-]+)(?=[\s;&|]|$)/.exec(command)?.[1];
  return word === undefined || word === "exec" || builtins.has(word) ? undefined : word;
}
