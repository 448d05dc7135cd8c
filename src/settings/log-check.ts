/** Faults of the log's options that show only when several are looked at together. */

import type { Draft } from "./draft.ts";
import type { Say } from "./say.ts";

/** Says what is contradictory or without an object. */
export function checkLog(draft: Draft, say: Say): void {
  checkNames(draft, say);
  checkRequests(draft, say);
  checkFile(draft, say);
  checkForms(draft, say);
}

/** uWSGI ignores a route or an encoder for a logger that there is not, and a logger that nothing leads to. */
function checkNames({ log, places }: Draft, say: Say): void {
  const loggers = [...log.loggers, ...log.requestLoggers];
  const names = new Set(loggers.map(({ id }) => id));
  const lists = ["routes", "requestRoutes", "encoders", "requestEncoders"] as const;
  const used = new Set<string | undefined>();
  for (const list of lists) {
    log[list].forEach(({ id }, index) => {
      if (list === "routes" || list === "requestRoutes") used.add(id);
      if (id === undefined || names.has(id)) return;
      const help = `add \`logger = ${id} file:/path\`, or write the name of one that there is`;
      say(
        "unknown-logger",
        "error",
        places[`log.${list}.${index}`],
        `there is no logger \`${id}\``,
        help,
      );
    });
  }
  for (const list of ["loggers", "requestLoggers"] as const) {
    log[list].forEach(({ id }, index) => {
      if (id === undefined || used.has(id)) return;
      const message = `the logger \`${id}\` gets nothing: one with a name gets what is routed to it only`;
      const help = `add \`log-route = ${id} pattern\`, or leave the name out`;
      say("idle-logger", "warning", places[`log.${list}.${index}`], message, help);
    });
  }
}

function checkRequests({ log, places }: Draft, say: Say): void {
  const apart = log.requestLoggers.length + log.requestRoutes.length > 0;
  if (apart || log.requestEncoders.length === 0) return;
  const message = "`log-req-encoder` has no effect without `req-logger`";
  const help = "write `log-encoder`, which is for all lines, or add `req-logger`";
  say("no-effect", "warning", places["log.requestEncoders.0"], message, help);
}

/** What is about the file of `logto` or `daemonize`, where there is none. */
function checkFile({ log, logto, daemonize, places }: Draft, say: Say): void {
  if ([logto, log.logto2, daemonize].some((target) => target?.kind === "file")) return;
  const options = [
    ["maxSize", "log-maxsize", log.maxSize > 0],
    ["backupName", "log-backupname", log.backupName !== undefined],
    ["truncate", "log-truncate", log.truncate],
    ["chown", "logfile-chown", log.chown],
    ["chmod", "logfile-chmod", log.chmod !== undefined],
  ] as const;
  for (const [field, name, given] of options) {
    if (!given) continue;
    const message = `\`${name}\` has no effect: no file is named by \`logto\` or \`daemonize\``;
    say("no-effect", "warning", places[`log.${field}`], message, "add `logto`, or take it out");
  }
}

/** `log-json` is a form of its own. */
function checkForms({ log, places }: Draft, say: Say): void {
  if (!log.json) return;
  const options = [
    ["format", "log-format", log.format !== undefined],
    ["date", "log-date", log.date !== undefined],
    ["micros", "log-micros", log.micros],
    ["memoryReport", "memory-report", log.memoryReport > 0],
  ] as const;
  for (const [field, name, given] of options) {
    if (!given) continue;
    const message = `\`${name}\` has no effect: \`log-json\` has a form of its own`;
    say("no-effect", "warning", places[`log.${field}`], message, "take one of them out");
  }
}
