/**
 * What the start needs from the machine, looked at before anything is started. Executes nothing of the
 * application: Python only parses its source.
 */
import { Buffer } from "node:buffer";
import { dirname, resolve } from "node:path";
import type { Report, Severity } from "../diagnostic.ts";
import { maxUnixPathBytes } from "../options/address.ts";
import type { Resolved } from "../resolve/resolved.ts";
import type { Place } from "../source.ts";
import { inspectApp } from "./app-source.ts";
import { checkDescriptors, checkEnginePackage } from "./engine-preflight.ts";
import { severityBesideHooks } from "./hooks/made-by-hooks.ts";
import { seenFromOutside } from "./inside.ts";
import type { Machine } from "./machine.ts";
import { checkBesidePrograms } from "./preflight-beside.ts";
import { checkEmperorSources } from "./preflight-emperor.ts";
import { checkStatics } from "./preflight-static.ts";
import { findPython } from "./python.ts";
import { passwordLines, shaPrefix } from "./routing/passwords.ts";
import type { AppSetting, LogTarget, Settings } from "./settings.ts";
import { spanAt } from "./span-at.ts";
import { checkTls } from "./tls-check.ts";

/** What a check has to hand. */
interface Check {
  readonly settings: Settings;
  readonly machine: Machine;
  /** rule, place in the configuration, message, what to do */
  readonly error: Say;
  readonly warn: Say;
  /** A fault of the application. With `lenient` the server starts all the same and answers 500, as uWSGI does. */
  readonly appFault: Say;
}

type Say = (rule: string, place: Place | undefined, message: string, help: string) => void;

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
    (severity: Severity): Say =>
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

function checkSockets(check: Check): void {
  const { settings } = check;
  const { stats, places } = settings;
  for (const { address, place } of settings.sockets) {
    if (address.kind === "unix") checkSocketPath(check, address.path, place);
  }
  if (stats?.kind === "unix") checkSocketPath(check, stats.path, places["stats"]);
  const own = settings.emperor.stats;
  if (own?.kind === "unix") checkSocketPath(check, own.path, places["emperor.stats"]);
}

function checkSocketPath({ machine, error }: Check, path: string, place: Place | undefined): void {
  const length = Buffer.byteLength(path);
  if (length > maxUnixPathBytes) {
    const message = `the path of a Unix socket may have ${maxUnixPathBytes} bytes, and this has ${length}`;
    error("socket-path", place, message, "choose a shorter directory, such as /run/app");
    return;
  }
  const directory = dirname(path);
  const kind = machine.kind(directory);
  if (kind !== "directory") {
    const message = `the Unix socket ${path} cannot be made: ${describe(directory, kind, "directory")}`;
    error("socket-directory", place, message, "make the directory, or choose another path");
  } else if (machine.kind(path) === "directory") {
    const message = `the Unix socket ${path} cannot be made: that is a directory`;
    error("socket-path", place, message, "write the path of a file in it");
  } else if (!machine.writable(directory)) {
    const message = `the Unix socket ${path} cannot be made: ${directory} is not writable`;
    error(
      "socket-directory",
      place,
      message,
      "make the directory writable, or choose another path",
    );
  }
}

function checkPidfile(check: Check, field: "pidfile" | "safePidfile"): void {
  const path = check.settings[field];
  if (path !== undefined)
    checkFile(check, field === "pidfile" ? "pidfile" : "safe-pidfile", field, path);
}

/** Pidfiles that are written late, FIFOs, and files to lock. */
function checkInstance(check: Check): void {
  const { settings, machine, error } = check;
  const { instance, places } = settings;
  const { pidfile2, safePidfile2, fifos, locks } = instance;
  if (pidfile2 !== undefined) checkFile(check, "pidfile2", "pidfile2", pidfile2);
  if (safePidfile2 !== undefined) checkFile(check, "safe-pidfile2", "safePidfile2", safePidfile2);
  for (const [index, path] of fifos.entries()) {
    const place = places[`instance.fifos.${index}`];
    const parent = machine.kind(dirname(path));
    const kind = machine.kind(path);
    if (parent !== "directory") {
      const message = `\`master-fifo\`: ${describe(dirname(path), parent, "directory")}`;
      error("not-writable", place, message, "make the directory, or choose another path");
    } else if (kind === "file" || kind === "directory") {
      const message = `\`master-fifo\`: ${path} is a ${kind}, not a FIFO`;
      error("not-writable", place, message, "move it away, or choose another path");
    }
  }
  for (const [index, { path }] of locks.entries()) {
    if (machine.kind(path) === "file" && machine.writable(path)) continue;
    const place = places[`instance.locks.${index}`];
    const message = `${path} is no file that can be locked: it has to be there and writable`;
    error("lock-file", place, message, "make it, with `touch`");
  }
}

function checkLog(check: Check, field: "daemonize" | "logto"): void {
  const target: LogTarget | undefined = check.settings[field];
  if (target?.kind === "file") checkFile(check, field, field, target.path);
}

/** A file that is to be written: it can be, or can be made. */
function checkFile(
  { settings, machine, error }: Check,
  option: string,
  field: string,
  path: string,
): void {
  const kind = machine.kind(path);
  const directory = dirname(path);
  const parent = machine.kind(directory);
  let problem: string | undefined;
  if (kind === "directory") problem = `${path} is a directory, not a file`;
  else if (parent !== "directory") problem = `${path}: ${describe(directory, parent, "directory")}`;
  else if (!machine.writable(kind === "missing" ? directory : path))
    problem = `${path} is not writable`;
  if (problem === undefined) return;
  error(
    "not-writable",
    settings.places[field],
    `\`${option}\`: ${problem}`,
    "choose a file that can be written",
  );
}

/** Only root may become somebody else. */
function checkAccounts({ settings, machine, error }: Check): void {
  if (machine.uid === 0) return;
  const help = "start as root, or leave the option out";
  for (const field of ["uid", "gid"] as const) {
    const wanted = settings[field];
    if (wanted === undefined || wanted === machine[field]) continue;
    const message = `\`${field}\`: only root can become ${field} ${wanted}, and this is uid ${machine.uid}`;
    error("not-root", settings.places[field], message, help);
  }
}

/** What is root's alone, beside `uid` and `gid`. */
function checkRights({ settings, machine, error, warn }: Check): void {
  if (machine.uid === 0) return;
  const { privileges, hooks, places } = settings;
  const { immediateUid, immediateGid, chroot, capabilities } = privileges;
  const say = (option: string, field: string, wanted: boolean) => {
    if (!wanted) return;
    const message = `\`${option}\`: only root can do that, and this is uid ${machine.uid}`;
    error(
      "not-root",
      places[`privileges.${field}`],
      message,
      "start as root, or take the line out",
    );
  };
  const isOther = (id: number | undefined, own: number) => id !== undefined && id !== own;
  say("immediate-uid", "immediateUid", isOther(immediateUid, machine.uid));
  say("immediate-gid", "immediateGid", isOther(immediateGid, machine.gid));
  say("chroot", "chroot", chroot !== undefined);
  say("cap", "capabilities", capabilities.length > 0);
  const [first] = hooks.phases["as-root"];
  if (first === undefined) return;
  const message = `the hooks and commands of \`as-root\` are left out: this is uid ${machine.uid}`;
  warn("not-root", first.place, message, "start as root, or write `as-user`");
}

function checkChroot({ settings, machine, error }: Check): void {
  const { chroot } = settings.privileges;
  if (chroot === undefined) return;
  const kind = machine.kind(chroot);
  if (kind === "directory") return;
  const message = `\`chroot\`: ${describe(chroot, kind, "directory")}`;
  const help = "make it, with all that the application needs: Python's standard library too";
  error("chroot", settings.places["privileges.chroot"], message, help);
}

/** As uWSGI: the kernel would shorten the queue without a word. Inherited sockets have the queue of whoever bound them. */
function checkListen({ settings, machine, warn, error }: Check): void {
  if (settings.sockets.every(({ address }) => address.kind === "fd")) return;
  const limit = Number(machine.readText("/proc/sys/net/core/somaxconn") ?? Number.NaN);
  if (!(settings.listen > limit)) return;
  const message = `\`listen = ${settings.listen}\` is above the kernel's net.core.somaxconn, which is ${limit}`;
  const help = `write \`${limit}\` or less, or raise the limit with \`sysctl net.core.somaxconn=${settings.listen}\``;
  (settings.lenient ? warn : error)("listen", settings.places["listen"], message, help);
}

/** The kernel takes any number and gives what it allows, without a word. */
function checkSocketOptions({ settings, machine, warn }: Check): void {
  const { sendBuffer, receiveBuffer, fastOpen } = settings.socketOptions;
  const { places } = settings;
  const kernel = (name: string) =>
    Number(machine.readText(`/proc/sys/net/${name.replaceAll(".", "/")}`) ?? Number.NaN);
  const checkBuffer = (option: string, place: Place | undefined, value: number, limit: string) => {
    const most = kernel(limit);
    if (!(value > most)) return;
    const message = `\`${option} = ${value}\` is above the kernel's net.${limit}, and ${most} will be used`;
    const help = `write \`${most}\` or less, or raise the limit with \`sysctl net.${limit}=${value}\``;
    warn("socket-buffer", place, message, help);
  };
  checkBuffer("socket-sndbuf", places["socketOptions.sendBuffer"], sendBuffer, "core.wmem_max");
  checkBuffer(
    "socket-rcvbuf",
    places["socketOptions.receiveBuffer"],
    receiveBuffer,
    "core.rmem_max",
  );
  const servers = 2; // tcp(7): the bit of net.ipv4.tcp_fastopen that lets servers take them
  if (fastOpen === 0 || ((kernel("ipv4.tcp_fastopen") || servers) & servers) !== 0) return;
  const message =
    "`tcp-fast-open` has no effect: the kernel's net.ipv4.tcp_fastopen does not let servers do it";
  const help = "switch it on with `sysctl net.ipv4.tcp_fastopen=3`, or take the line out";
  warn("tcp-fast-open", places["socketOptions.fastOpen"], message, help);
}

/** Only root may give a file away. */
function checkSocketOwner({ settings, machine, error }: Check): void {
  const { owner } = settings.socketOptions;
  const isPath = settings.sockets.some(({ address }) => address.kind === "unix");
  if (owner === undefined || !isPath || machine.uid === 0 || machine.uid === owner.uid) return;
  const message = `\`chown-socket\`: only root can give a socket to user ${owner.uid}, and this is uid ${machine.uid}`;
  const help = "start as root, or leave the option out and use `chmod-socket`";
  error("not-root", settings.places["socketOptions.owner"], message, help);
}

function describe(path: string, kind: string, wanted: "file" | "directory"): string {
  if (kind === "missing") return `${path} does not exist`;
  if (kind === "denied") return `${path} may not be looked at`;
  return `${path} is not a ${wanted === "file" ? "file" : "directory"}`;
}
