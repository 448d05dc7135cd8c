/** Faults that show only when the options of an emperor are looked at together with the others. */
import type { Report } from "../diagnostic.ts";
import { findOption } from "../options/find.ts";
import type { Resolved, ResolvedEntry } from "../resolve/resolved.ts";
import { rowOf } from "./classify.ts";
import type { Draft } from "./draft.ts";
import type { HonouredOption } from "./option.ts";
import { emperorRows } from "./rows/emperor.ts";
import { loggingRows } from "./rows/logging.ts";

const own = new Set(emperorRows.map(({ name }) => name));

/** Options of servers that say something about an emperor as well. */
const shared = new Set([
  ...["chdir", "env", "unenv", "envdir", "print", "iprint", "strict", "lenient", "show-config"],
  ...["uid", "gid", "umask", "pidfile", "safe-pidfile", "vacuum", "daemonize", "logto"],
  ...["chmod-socket", "abstract-socket"],
  ...["add-gid", "no-initgroups", "immediate-uid", "immediate-gid"],
  ...loggingRows.map(({ name }) => name).filter((name) => !ofRequests(name)),
  // uWSGI's emperor is a child of a master then; here it needs none.
  "master",
  "die-on-term",
]);

/** Options about the log that are about requests, or about reloads of a server. */
function ofRequests(name: string): boolean {
  return /-req(-|$)|^req-|^log-reopen$|^no-server-header$/.test(name);
}

/** Who asks for these must not get more rights than that for a warning. */
const confining = new Set(["cap", "chroot"]);

/** Options of the emperor's that a vassal obeys. */
const ofVassals = new Set([
  "heartbeat",
  "hook-emperor-stop",
  "hook-emperor-reload",
  "hook-emperor-lost",
]);

/**
 * Reports what an emperor cannot do beside others, and what does nothing with one or without one.
 * Options that do nothing are no error in uWSGI either.
 */
export function checkEmperor(draft: Draft, resolved: Resolved, report: Report): void {
  const isEmperor = draft.emperor.sources.length > 0;
  for (const entry of resolved.entries) {
    const row = rowOf(entry);
    if (row === undefined || entry.placeholder) continue;
    const finding = isEmperor ? besideEmperor(entry, row) : withoutEmperor(row);
    if (finding) report({ ...finding, span: entry.keySpan });
  }
}

/** Whether an option gives a server something to listen on or to run. */
function serves(name: string): boolean {
  return (
    ["module", "wsgi-file", "mount", "http", "https", "https2", "http-to-https"].includes(name) ||
    findOption(name)?.type === "socket"
  );
}

function besideEmperor({ key }: ResolvedEntry, { name, status }: HonouredOption) {
  if (serves(name) || (name.endsWith("socket") && !shared.has(name)))
    return {
      rule: "emperor-alone",
      severity: "error",
      message: `\`${key}\` cannot stand beside \`emperor\`: an emperor starts servers and is none`,
      help: "write it into a configuration of its own, in the directory that `emperor` names",
    } as const;
  if (confining.has(name))
    return {
      rule: "emperor-alone",
      severity: "error",
      message: `\`${key}\` cannot stand beside \`emperor\``,
      help: `write \`vassals-set = ${key}=…\` for all servers`,
    } as const;
  if (status !== "supported" || own.has(name) || shared.has(name)) return undefined;
  return {
    rule: "emperor-alone",
    severity: "warning",
    message: `\`${key}\` does nothing beside \`emperor\``,
    help: `write it into the servers' own configurations, or \`vassals-set = ${key}=…\` for all of them`,
  } as const;
}

function withoutEmperor({ name }: HonouredOption) {
  if (!own.has(name) || ofVassals.has(name)) return undefined;
  return {
    rule: "no-effect",
    severity: "warning",
    message: `\`${name}\` does nothing without \`emperor\``,
    help: "add `emperor = DIRECTORY`, or take the line out",
  } as const;
}
