import type { Severity } from "../../diagnostic.ts";
import type { HookPhase, HookSettings } from "./hook-settings.ts";

/** Phases that come before what they make is needed. */
const before: readonly HookPhase[] = [
  "asap",
  "pre-jail",
  "in-jail",
  "post-jail",
  "as-root",
  "as-user",
];

/** Findings about files and directories that are not there, or not yet as they have to be. */
const aboutFiles = new Set([
  "chdir",
  "not-writable",
  "socket-directory",
  "virtualenv",
  "wsgi-file",
  "tls-file",
]);

/**
 * How severe a finding is of a configuration whose hooks may see to it first: not at all where a hook names the path
 * that the message is about, and no more than a warning where a command is run that nobody can look into.
 * @returns undefined: nothing is to be said
 */
export function severityBesideHooks(
  { phases }: HookSettings,
  rule: string,
  message: string,
  severity: Severity,
): Severity | undefined {
  if (severity !== "error" || !aboutFiles.has(rule)) return severity;
  const actions = before.flatMap((phase) => phases[phase].map(({ action }) => action));
  const named = actions.flatMap((action) => {
    if (action.do === "exec") return action.command.match(/\/[^\s;&|"'<>]+/g) ?? [];
    if (action.do === "mount") return [action.where];
    return action.do === "mkdir" || action.do === "write" ? [action.path] : [];
  });
  // One that is only a program's own, /bin/mkdir, is hardly what a message is about.
  if (named.some((path) => message.includes(path.replace(/\/$/, "")))) return undefined;
  const unknown = actions.some((action) => action.do === "exec" || action.do === "mount");
  return unknown ? "warning" : severity;
}
