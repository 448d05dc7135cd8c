/** Reads the configuration once more for a reload, in a process of its own, and says what cannot change. */
import { fork } from "node:child_process";
import { reloadedLog } from "../../settings/log-settings.ts";
import type { Settings, SocketSetting } from "../../settings/settings.ts";
import { asVassal } from "../emperor/allegiance.ts";
import type { Log } from "../log/log.ts";
import { errorText, spawnText, startMessage } from "../start-failure.ts";
import { type Configuration, configure, sameFront } from "./configuration.ts";
import { openSite } from "./site.ts";
import { readTlsFiles, type TlsFiles } from "./tls-files.ts";

/** How the configuration was read at the start, so that it can be read in the same way again. */
export interface ConfigurationSource {
  /** The program that reads it; it speaks ReadOrder and ReadAnswer over Node's IPC channel. */
  readonly program: string;
  readonly argv: readonly string[];
  /** The directory and environment of the start. */
  readonly cwd: string;
  readonly env: { readonly [name: string]: string | undefined };
}

/** What the program is told, once. */
export interface ReadOrder {
  readonly argv: readonly string[];
}

/** What the program answers, once. */
export interface ReadAnswer {
  /** All findings, as a start prints them. */
  readonly text: string;
  /** Undefined when there is an error among them. */
  readonly read: { readonly settings: Settings; readonly python: string } | undefined;
}

/** Commands of `exec://` and a slow disk count in; milliseconds. */
const readLimitMs = 60_000;

/**
 * Reads the configuration again.
 * @param present the configuration in use
 * @returns the one to go on with, or why that is not possible
 */
export async function followConfiguration(
  source: ConfigurationSource,
  present: Configuration,
  log: Log,
): Promise<{ readonly next: Configuration; readonly newFront: boolean } | { reason: string }> {
  const { forceCwd } = present.settings.control;
  const answer = await read(forceCwd === undefined ? source : { ...source, cwd: forceCwd });
  if (typeof answer === "string") return { reason: answer };
  if (answer.text !== "") log.write(answer.text);
  if (answer.read === undefined) return { reason: "the configuration has errors" };
  const { python } = answer.read;
  const wanted = asVassal(answer.read.settings, process.env);
  const { settings, kept } = keepWhatStays(present.settings, wanted);
  for (const { place, what } of kept)
    log.write(`${place}${what} changed; that needs a restart, and until then the old value counts`);
  try {
    const { tls, sockets } = tlsFilesOf(settings, present, log);
    const parts = { ...present, python, tls, settings: { ...settings, sockets } };
    const candidate = configure(parts);
    if (sameFront(present, candidate)) return { next: candidate, newFront: false };
    const site = await openSite(settings, python);
    return { next: configure({ ...parts, site }), newFront: true };
  } catch (error) {
    return { reason: errorText(error) };
  }
}

/**
 * Settings that a server keeps until it ends, in the words of the configuration: what was made from them is there,
 * and root's rights are gone.
 */
const lasting = {
  master: "`master`",
  chmodSocket: "`chmod-socket`",
  socketOptions: "what is set for the sockets",
  umask: "`umask`",
  pidfile: "`pidfile`",
  safePidfile: "`safe-pidfile`",
  vacuum: "`vacuum`",
  daemonize: "`daemonize`",
  logto: "`logto`",
  stats: "`stats`",
  uid: "`uid`",
  gid: "`gid`",
  privileges: "what the server may do",
  resources: "what the processes may use",
} as const satisfies Partial<{ readonly [field in keyof Settings]: string }>;

/** The same of the settings of an instance. */
const lastingInstance = {
  fifos: "`master-fifo`",
  pidfile2: "`pidfile2`",
  safePidfile2: "`safe-pidfile2`",
  locks: "`flock`",
  lateDaemonLog: "`daemonize2`",
  termReloads: "`die-on-term`",
} as const satisfies Partial<{ readonly [field in keyof Settings["instance"]]: string }>;

function keepWhatStays(
  present: Settings,
  next: Settings,
): { settings: Settings; kept: readonly { place: string; what: string }[] } {
  const kept: { place: string; what: string }[] = [];
  const keep = (field: string, what: string, same: boolean) => {
    if (same) return;
    const place = next.places[field] ?? next.places[`${field}.0`];
    const where = place ? `${place.file}:${place.line}:${place.column}: ` : "";
    kept.push({ place: where, what });
  };
  for (const [field, what] of entries(lasting))
    keep(field, what, equal(present[field], next[field]));
  const { log, kept: ofLog } = reloadedLog(present.log, next.log);
  for (const field of ofLog) keep(`log.${field}`, `the log's ${plainWords(field)}`, false);
  for (const [field, what] of entries(lastingInstance))
    keep(`instance.${field}`, what, equal(present.instance[field], next.instance[field]));
  const { signals } = present.hooks;
  keep("hooks.signals", "what `unix_signal` says", equal(signals, next.hooks.signals));
  const own = present.sockets.filter(isConfigured);
  const same = equal(own.map(identity), next.sockets.map(identity));
  keep("sockets", "the list of sockets", same);
  const stays = Object.fromEntries(entries(lasting).map(([field]) => [field, present[field]]));
  let at = 0;
  // Certificates may be other ones.
  const sockets = present.sockets.map((socket) =>
    same && isConfigured(socket) ? (next.sockets[at++] ?? socket) : socket,
  );
  // Descriptors have other numbers in a daemon.
  const bound = sockets.map((socket, index) => ({
    ...socket,
    address: present.sockets[index]?.address ?? socket.address,
  }));
  const { instance } = present;
  const hooks = { ...next.hooks, signals };
  return { settings: { ...next, ...stays, log, instance, hooks, sockets: bound }, kept };
}

/** Not passed by systemd without being in the configuration. */
function isConfigured({ place }: SocketSetting): boolean {
  return !place.file.startsWith("(systemd");
}

function identity({ protocol, text, tls }: SocketSetting): readonly unknown[] {
  return [protocol, text, tls === undefined];
}

/** A key that only root may read cannot be read again: the one that is known stays. */
function tlsFilesOf(
  settings: Settings,
  present: Configuration,
  log: Log,
): { tls: TlsFiles; sockets: readonly SocketSetting[] } {
  try {
    return { tls: readTlsFiles(settings), sockets: settings.sockets };
  } catch (error) {
    log.write(`${errorText(error)}; the certificates in use stay`);
    return { tls: present.tls, sockets: present.settings.sockets };
  }
}

/** `requestEncoders` -> `request encoders`. */
function plainWords(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** Object.entries() with the keys' own type. */
function entries<K extends string, V>(of: { readonly [key in K]: V }): [K, V][] {
  return Object.entries(of) as [K, V][];
}

function equal(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function read(source: ConfigurationSource): Promise<ReadAnswer | string> {
  const { program, argv, cwd, env } = source;
  return new Promise((resolve) => {
    const child = fork(program, [], {
      cwd,
      env: { ...env },
      execArgv: [],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let said = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
    const timer = setTimeout(() => {
      settle(`the configuration was not read within ${readLimitMs / 1000} s`);
    }, readLimitMs);
    const settle = (answer: ReadAnswer | string) => {
      clearTimeout(timer);
      child.kill("SIGKILL");
      resolve(answer);
    };
    // The parse boundary: the program is this package's own.
    child.once("message", (answer) => settle(answer as ReadAnswer));
    child.once("error", (error) =>
      settle(`the configuration cannot be read: ${spawnText(error, cwd)}`),
    );
    child.once("exit", (code, signal) => {
      const status = signal ?? `exit code ${code}`;
      settle(startMessage(`reading the configuration ended (${status})\n${said}`, undefined));
    });
    const order: ReadOrder = { argv };
    child.send(order, () => {}); // One that is gone is told about by its exit.
  });
}
