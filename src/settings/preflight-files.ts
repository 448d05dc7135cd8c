/** Whether the files and sockets that a server makes can be made. */
import { Buffer } from "node:buffer";
import { dirname } from "node:path";
import { maxUnixPathBytes } from "../options/address.ts";
import type { Place } from "../source.ts";
import { type Check, describe } from "./preflight-check.ts";
import type { LogTarget } from "./settings.ts";

export function checkSockets(check: Check): void {
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

export function checkPidfile(check: Check, field: "pidfile" | "safePidfile"): void {
  const path = check.settings[field];
  if (path !== undefined)
    checkFile(check, field === "pidfile" ? "pidfile" : "safe-pidfile", field, path);
}

/** Pidfiles that are written late, FIFOs, and files to lock. */
export function checkInstance(check: Check): void {
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

export function checkLog(check: Check, field: "daemonize" | "logto"): void {
  const target: LogTarget | undefined = check.settings[field];
  if (target?.kind === "file") checkFile(check, field, field, target.path);
}

/** A file that is to be written: it can be, or can be made. */
export function checkFile(
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
