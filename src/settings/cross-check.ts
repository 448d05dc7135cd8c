/** Faults that show only when several options are looked at together. */
import type { Report, Severity } from "../diagnostic.ts";
import { formatAddress } from "../options/address.ts";
import { findOption } from "../options/find.ts";
import type { Resolved } from "../resolve/resolved.ts";
import type { Place, Span } from "../source.ts";
import type { Modes } from "./classify.ts";
import { rowOf } from "./classify.ts";
import type { Draft } from "./draft.ts";
import { checkEngines } from "./engine-check.ts";
import { largestBuffer } from "./finish.ts";
import { checkHttp } from "./http-check.ts";
import { jumpFaults } from "./routing/parse-route.ts";
import type { SocketSetting } from "./settings.ts";
import { spanAt } from "./span-at.ts";

/** Reports what is missing, contradictory or pointless about the whole. */
export function crossCheck(draft: Draft, resolved: Resolved, modes: Modes, report: Report): void {
  const say = (
    rule: string,
    severity: Severity,
    place: Place | undefined,
    message: string,
    help: string,
  ) => report({ rule, severity, message, span: spanAt(resolved, place), help });
  const warn: Say = (...finding) => say(finding[0], "warning", finding[1], finding[2], finding[3]);
  checkPresence(resolved, modes, report);
  checkApp(draft, warn);
  checkRepeatedSockets(draft, resolved, report);
  checkMaster(draft, warn);
  checkHttp(draft, warn);
  checkEngines(draft, resolved, report);
  checkRoutes(draft, say);
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

/** rule, place, message, help */
type Say = (...finding: [string, Place | undefined, string, string]) => void;

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

function checkPresence(resolved: Resolved, modes: Modes, report: Report): void {
  const names = resolved.entries.map(
    (entry) => rowOf(entry)?.name ?? findOption(entry.key)?.name ?? "",
  );
  const span = wholeFile(resolved);
  if (!names.some(listens)) {
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

function checkApp(draft: Draft, warn: Say): void {
  if (draft.module === undefined || draft.wsgiFile === undefined) return;
  warn(
    "two-apps",
    draft.places["wsgiFile"],
    "both `module` and `wsgi-file` name an application: `module` is used",
    "leave one of them out",
  );
}

function checkRepeatedSockets(draft: Draft, resolved: Resolved, report: Report): void {
  const seen = new Map<string, Place>();
  for (const { address, text, place } of [...draft.sockets, ...statsSocket(draft)]) {
    const key = JSON.stringify(address);
    const first = seen.get(key);
    const automatic = address.kind === "tcp" && address.port === 0;
    if (first && !automatic) {
      report({
        rule: "repeated-socket",
        severity: "error",
        message: `\`${text}\` is already listened on, by ${first.file}:${first.line}:${first.column}`,
        span: spanAt(resolved, place),
        help: "one address can have one socket: take one of the lines out",
      });
    }
    seen.set(key, first ?? place);
  }
}

function statsSocket({
  stats,
  places,
}: Draft): Pick<SocketSetting, "address" | "text" | "place">[] {
  const place = places["stats"];
  return stats && place ? [{ address: stats, text: formatAddress(stats), place }] : [];
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
function checkMounts({ mounts, sockets, places }: Draft, warn: Say): void {
  const { manageScriptName, ignoreScriptName, list } = mounts;
  if (manageScriptName && !ignoreScriptName) return;
  if (!ignoreScriptName && sockets.some(({ protocol }) => protocol === "uwsgi")) return;
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
function checkInterpreter(draft: Draft, resolved: Resolved, warn: Say): void {
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

/** Without the master nobody replaces a worker that was ended. */
function checkMaster(draft: Draft, warn: Say): void {
  if (draft.places["master"] ? draft.master : draft.stats) return;
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
