/** Faults that show only when several options are looked at together. */

import type { Report, Severity } from "../diagnostic.ts";
import { findOption } from "../options/find.ts";
import type { Resolved } from "../resolve/resolved.ts";
import type { Place, Span } from "../source.ts";
import { checkBeside } from "./beside-check.ts";
import { checkCheaper } from "./cheaper-check.ts";
import type { Modes } from "./classify.ts";
import { rowOf } from "./classify.ts";
import type { Draft } from "./draft.ts";
import { checkEmperor } from "./emperor-check.ts";
import { checkEngines } from "./engine-check.ts";
import { largestBuffer } from "./finish.ts";
import { checkHttp } from "./http-check.ts";
import { checkLimits } from "./limit-check.ts";
import { checkLog } from "./log-check.ts";
import { checkPrivileges } from "./privilege-check.ts";
import { jumpFaults } from "./routing/parse-route.ts";
import type { SayOne } from "./say.ts";
import { checkSockets } from "./socket-check.ts";
import { finishSockets } from "./socket-settings.ts";
import { spanAt } from "./span-at.ts";

/**
 * Reports what is missing, contradictory or pointless about the whole.
 * @param activated whoever starts the server passes a socket, so that none need be configured
 */
export function crossCheck(
  draft: Draft,
  resolved: Resolved,
  modes: Modes,
  activated: boolean,
  report: Report,
): void {
  const say = (
    rule: string,
    severity: Severity,
    place: Place | undefined,
    message: string,
    help: string,
  ) => report({ rule, severity, message, span: spanAt(resolved, place), help });
  const warn: SayOne = (...finding) =>
    say(finding[0], "warning", finding[1], finding[2], finding[3]);
  checkPresence(resolved, modes, activated, report);
  checkApp(draft, warn);
  checkSockets(draft, resolved, modes.lenient, report);
  checkMaster(draft, warn);
  checkHttp(draft, warn);
  checkLog(draft, say);
  checkEngines(draft, resolved, report);
  checkRoutes(draft, say);
  checkCheaper(draft, say);
  checkEmperor(draft, resolved, report);
  checkBeside(draft, say);
  checkPrivileges(draft, say);
  checkLimits(draft, isSupervised(draft), say);
  checkMounts(draft, warn);
  checkInterpreter(draft, resolved, warn);
  if (draft.uid !== undefined && draft.uid !== 0 && draft.gid === undefined) {
    warn(
      "gid-missing",
      draft.places["uid"],
      "`uid` without `gid` keeps the group",
      "add `gid = …`",
    );
  }
  if (draft.daemonize && draft.logto) {
    warn(
      "two-logs",
      draft.places["logto"],
      "both `daemonize` and `logto` say where the log goes",
      "leave `logto` out: `daemonize` names the log already",
    );
  }
  if (draft.bufferSize > largestBuffer) {
    warn(
      "clamped",
      draft.places["bufferSize"],
      `\`buffer-size\` is at most ${largestBuffer}, and that is used instead of ${draft.bufferSize}`,
      `write \`${largestBuffer}\` or less`,
    );
  }
}

/** Options that give uWSGI something to listen on or to run, and that have a message of their own here. */
const otherApps = new Set([
  "mount",
  "paste",
  "ini-paste",
  "ini-paste-logged",
  "eval",
  "pyrun",
  "emperor",
]);
const otherSockets = new Set([
  "https",
  "https2",
  "http-to-https",
  "emperor",
  "fastrouter",
  "rawrouter",
  "sslrouter",
  "zerg",
]);

function checkPresence(resolved: Resolved, modes: Modes, activated: boolean, report: Report): void {
  const names = resolved.entries.map(
    (entry) => rowOf(entry)?.name ?? findOption(entry.key)?.name ?? "",
  );
  const span = wholeFile(resolved);
  if (!activated && !names.some(listens)) {
    report({
      rule: "no-socket",
      severity: "error",
      message: "there is no socket to listen on",
      span,
      help: "add `http = :8080` for HTTP, or `socket = 127.0.0.1:3031` behind a web server",
    });
  }
  if (!names.some((name) => name === "module" || name === "wsgi-file" || otherApps.has(name))) {
    report({
      rule: "no-app",
      severity: modes.lenient ? "warning" : "error",
      message: "there is no application",
      span,
      help: "add `module = package.module:callable` or `wsgi-file = file.py`",
    });
  }
}

function listens(name: string): boolean {
  return (
    name === "http" ||
    name === "socket" ||
    (name.endsWith("-socket") && findOption(name)?.type === "socket") ||
    otherSockets.has(name)
  );
}

/** Something missing has no place of its own: the beginning of the first file stands for it. */
function wholeFile(resolved: Resolved): Span | undefined {
  const entry = resolved.entries.find(({ keySpan }) => !keySpan.source.name.startsWith("("));
  return entry && { source: entry.keySpan.source, start: 0, end: 0 };
}

function checkApp(draft: Draft, warn: SayOne): void {
  if (draft.module === undefined || draft.wsgiFile === undefined) return;
  warn(
    "two-apps",
    draft.places["wsgiFile"],
    "both `module` and `wsgi-file` name an application: `module` is used",
    "leave one of them out",
  );
}

type SayAs = (
  rule: string,
  severity: Severity,
  place: Place | undefined,
  message: string,
  help: string,
) => void;

/** Labels can stand anywhere, so jumps are looked at when all of the table is there. */
function checkRoutes({ routes, places }: Draft, say: SayAs): void {
  for (const stage of ["request", "error", "response", "final"] as const) {
    for (const { index, message } of jumpFaults(routes[stage])) {
      const place = places[`routes.${stage}.${index}`];
      const option = stage === "request" ? "route-label" : `${stage}-route-label`;
      say("route-label", "error", place, message, `add \`${option} = …\` below`);
    }
  }
}

/** Over HTTP only `manage-script-name` makes a SCRIPT_NAME. */
function checkMounts({ mounts, sockets, socketOptions, places }: Draft, warn: SayOne): void {
  const { manageScriptName, ignoreScriptName, list } = mounts;
  if (manageScriptName && !ignoreScriptName) return;
  const all = finishSockets(sockets, socketOptions, (path) => path);
  if (!ignoreScriptName && all.some(({ protocol }) => !protocol.startsWith("http"))) return;
  const index = list.findIndex(({ mountpoint }) => mountpoint !== "/");
  if (index < 0) return;
  warn(
    "mount-unreachable",
    places[`mounts.${index}`],
    "nothing chooses this application by its path",
    ignoreScriptName ? "take `ignore-script-name` out" : "add `manage-script-name = true`",
  );
}

/** uWSGI gives each application a subinterpreter, so that modules of the same name are apart. */
function checkInterpreter(draft: Draft, resolved: Resolved, warn: SayOne): void {
  const { mounts, module, wsgiFile, places } = draft;
  const others = module === undefined && wsgiFile === undefined ? 1 : 0;
  if (mounts.list.length <= others) return;
  if (resolved.entries.some((entry) => rowOf(entry)?.name === "single-interpreter")) return;
  warn(
    "one-interpreter",
    places[`mounts.${others}`],
    "all applications of a server share one Python interpreter",
    "add `single-interpreter = true` if that is fine; else start one tsuwsgi an application",
  );
}

function isSupervised(draft: Draft): boolean {
  return draft.places["master"] ? draft.master : draft.masterImplied;
}

/** Without the master nobody replaces a worker that was ended. */
function checkMaster(draft: Draft, warn: SayOne): void {
  if (isSupervised(draft)) return;
  const help = "add `master = true`";
  if (draft.harakiri > 0) {
    warn(
      "no-master",
      draft.places["harakiri"],
      "without `master` the server ends when `harakiri` ends a worker",
      help,
    );
  }
  if (draft.maxRequests > 0) {
    warn(
      "no-master",
      draft.places["maxRequests"],
      "without `master` the server ends when a worker reaches `max-requests`",
      help,
    );
  }
}
