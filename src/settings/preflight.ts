/**
 * What the start needs from the machine, looked at before anything is started. Executes nothing of the
 * application: Python only parses its source.
 */
import { resolve } from "node:path";
import type { Report, Severity } from "../diagnostic.ts";
import type { Resolved } from "../resolve/resolved.ts";
import type { Place } from "../source.ts";
import { inspectApp } from "./app-source.ts";
import { checkDescriptors, checkEnginePackage } from "./engine-preflight.ts";
import { severityBesideHooks } from "./hooks/made-by-hooks.ts";
import { seenFromOutside } from "./inside.ts";
import type { Machine } from "./machine.ts";
import { checkBesidePrograms } from "./preflight-beside.ts";
import { type Check, describe } from "./preflight-check.ts";
import { checkEmperorSources } from "./preflight-emperor.ts";
import {
  checkFile,
  checkInstance,
  checkLog,
  checkPidfile,
  checkSockets,
} from "./preflight-files.ts";
import {
  checkAccounts,
  checkChroot,
  checkListen,
  checkRights,
  checkSocketOptions,
  checkSocketOwner,
} from "./preflight-rights.ts";
import { checkStatics } from "./preflight-static.ts";
import { findPython } from "./python.ts";
import { passwordLines, shaPrefix } from "./routing/passwords.ts";
import type { SayOne } from "./say.ts";
import type { AppSetting, Settings } from "./settings.ts";
import { spanAt } from "./span-at.ts";
import { checkTls } from "./tls-check.ts";

/**
 * Reports what would keep these settings from starting on this machine.
 * @param configured the settings
 * @param resolved where the settings came from, to point at the text
 */
export function preflight(
  configured: Settings,
  resolved: Resolved,
  machine: Machine,
  report: Report,
): void {
  const settings = seenFromOutside(configured);
  const say =
    (severity: Severity): SayOne =>
    (rule, place, message, help) => {
      const weighed = severityBesideHooks(settings.hooks, rule, message, severity);
      if (weighed)
        report({ rule, severity: weighed, message, span: spanAt(resolved, place), help });
    };
  const appSeverity = settings.lenient && !settings.needApp ? "warning" : "error";
  const check: Check = {
    settings,
    machine,
    error: say("error"),
    warn: say("warning"),
    appFault: say(appSeverity),
  };
  checkLog(check, "daemonize");
  checkLog(check, "logto");
  checkPidfile(check, "pidfile");
  checkAccounts(check);
  checkListen(check);
  checkDescriptors(settings, machine, check.error);
  checkRights(check);
  checkChroot(check);
  checkSocketOwner(check);
  checkSocketOptions(check);
  // Everything below is relative to chdir: without it each check would only repeat that it is missing.
  if (!checkChdir(check)) return;
  checkPidfile(check, "safePidfile");
  checkInstance(check);
  checkChdir2(check);
  if (settings.emperor.pidfile !== undefined)
    checkFile(check, "emperor-pidfile", "emperor.pidfile", settings.emperor.pidfile);
  checkSockets(check);
  checkEmperorSources(settings, machine, check.error);
  checkBesidePrograms(settings, machine, check.warn);
  checkStatics(settings, machine, check.warn);
  checkPages(check);
  checkPasswordFiles(check);
  checkTls(settings, machine, check);
  const python = checkPython(check);
  checkImports(check);
  if (python !== undefined) checkEnginePackage(settings, python, machine, check.error);
  for (const one of namedApps(settings)) {
    if (!checkAppFile(check, one) || python === undefined) continue;
    const spans = { app: spanAt(resolved, one.place), callable: spanAt(resolved, one.callable) };
    inspectApp(one.app, settings, python, machine, spans, (fault) =>
      report(fault.rule === "python" ? fault : { ...fault, severity: appSeverity }),
    );
  }
}

/** An application, the option that names it, and where it and its callable are named. */
interface NamedApp {
  readonly app: AppSetting;
  readonly option: string;
  readonly place: Place | undefined;
  readonly callable: Place | undefined;
}

function namedApps({ app, mounts, places }: Settings): NamedApp[] {
  const { app: place, callable } = places;
  const mounted = mounts.list.map((mount, index): NamedApp => {
    const own = places[`mounts.${index}`];
    return { app: mount.app, option: "mount", place: own, callable: own };
  });
  if (!app) return mounted;
  return [{ app, option: "wsgi-file", place, callable: callable ?? place }, ...mounted];
}

function checkChdir({ settings, machine, error }: Check): boolean {
  const kind = machine.kind(settings.chdir);
  if (kind === "directory") return true;
  const place = settings.places["chdir"];
  const help = "write the directory of the application; a relative one counts from the start";
  error("chdir", place, `\`chdir\`: ${describe(settings.chdir, kind, "directory")}`, help);
  return false;
}

/** Workers go there when the application is loaded: those that cannot would die one after the other. */
function checkChdir2({ settings, machine, error }: Check): void {
  const { chdir2 } = settings.control;
  const kind = chdir2 === undefined ? "directory" : machine.kind(chdir2);
  if (chdir2 === undefined || kind === "directory") return;
  const message = `\`chdir2\`: ${describe(chdir2, kind, "directory")}`;
  error("chdir", settings.places["control.chdir2"], message, "make it; it is relative to `chdir`");
}

function checkAppFile({ settings, machine, appFault }: Check, named: NamedApp): boolean {
  const { app, option, place } = named;
  if (app.kind !== "file") return true;
  const kind = machine.kind(app.path);
  const help = `write the Python file, relative to \`chdir\` (${settings.chdir}) or absolute`;
  if (kind !== "file") {
    appFault("wsgi-file", place, `\`${option}\`: ${describe(app.path, kind, "file")}`, help);
    return false;
  }
  if (machine.readable(app.path)) return true;
  appFault("wsgi-file", place, `\`${option}\`: ${app.path} may not be read`, "make it readable");
  return false;
}

function checkPython({ settings, machine, error }: Check): string | undefined {
  const { virtualenv, places } = settings;
  const { programName } = settings.python;
  const python = findPython(settings, machine);
  if (python !== undefined) return python;
  if (programName !== undefined) {
    const what = programName.includes("/") ? "there" : "on the PATH";
    const message = `\`py-programname\`: there is no program ${programName} ${what} that can be run`;
    const help = "write the path of a Python program, or leave the option out";
    error("no-python", places["python.programName"], message, help);
    return undefined;
  }
  if (virtualenv === undefined) {
    error(
      "no-python",
      places["app"],
      "there is no `python3` on the PATH to run the application",
      "install Python 3.8 or later, or name a virtual environment with `home`",
    );
    return undefined;
  }
  const kind = machine.kind(virtualenv);
  const what =
    kind === "directory"
      ? `${virtualenv} has no \`bin/python\` that can be run`
      : describe(virtualenv, kind, "directory");
  const help = "make it with `python3 -m venv`, or leave the option out";
  error("virtualenv", places["virtualenv"], `virtual environment: ${what}`, help);
  return undefined;
}

/** uWSGI goes on without what cannot be imported, so it is no error. */
function checkImports({ settings, machine, warn }: Check): void {
  const { earlyImports, sharedImports, imports } = settings.python;
  const lists = { earlyImports, sharedImports, imports };
  for (const [field, names] of Object.entries(lists)) {
    names.forEach((name, index) => {
      if (!name.includes("/") && !name.endsWith(".py")) return;
      const path = resolve(settings.chdir, name);
      const kind = machine.kind(path);
      if (kind === "file" || kind === "directory") return;
      const place = settings.places[`python.${field}.${index}`];
      const message = `what is to be imported is not there: ${describe(path, kind, "file")}`;
      const help = "write a module's name, or a path relative to `chdir`";
      warn("import", place, message, help);
    });
  }
}

function checkPages({ settings, machine, warn }: Check): void {
  settings.routes.pages.forEach(({ status, path }, index) => {
    const kind = machine.kind(path);
    if (kind === "file" && machine.readable(path)) return;
    const what = kind === "file" ? `${path} may not be read` : describe(path, kind, "file");
    const place = settings.places[`routes.pages.${index}`];
    const help = "the server's usual text will be sent; write a file that is there";
    warn("error-page", place, `\`error-page-${status}\`: ${what}`, help);
  });
}

/** What nobody could pass is not to be found out by those who are locked out. */
function checkPasswordFiles({ settings, machine, error }: Check): void {
  settings.routes.request.forEach((route, index) => {
    if ("label" in route || route.action.do !== "basicauth") return;
    const { who } = route.action;
    if (who.kind !== "file") return;
    const place = settings.places[`routes.request.${index}`];
    const text = machine.readText(who.path);
    if (text === undefined) {
      const help = "write the file that `htpasswd -s` makes; as the user that the server runs as";
      error("password-file", place, `\`basicauth\`: ${who.path} cannot be read`, help);
      return;
    }
    const other = passwordLines(text).find(({ hash }) => !hash.startsWith(shaPrefix));
    if (other === undefined) return;
    const message = `\`basicauth\`: tsuwsgi cannot check the password of \`${other.name}\` in line ${other.line} of ${who.path}`;
    error("password-file", place, message, "make it with `htpasswd -s`: only SHA-1 is known");
  });
}
