/** How `logger` and its like are read: `name engine:argument`. */
import type { Given } from "../draft.ts";
import type { DatagramAddress, LogEngine, LoggerSetting } from "../log-settings.ts";
import type { Apply } from "../option.ts";

/** Why a value is not taken. */
interface Refusal {
  readonly problem: string;
  readonly help: string;
}

/** Numbers of syslog(3)'s facilities, by the names that uWSGI knows. */
const facilities: Readonly<Record<string, number>> = {
  kern: 0,
  user: 1,
  mail: 2,
  daemon: 3,
  auth: 4,
  security: 4,
  syslog: 5,
  lpr: 6,
  news: 7,
  uucp: 8,
  cron: 9,
  authpriv: 10,
  ftp: 11,
  ...Object.fromEntries(Array.from({ length: 8 }, (_, number) => [`local${number}`, 16 + number])),
};

/** Where log servers listen. */
const syslogPort = 514;
/** Facility daemon, severity notice: uWSGI's number for `rsyslog`. */
const rsyslogPriority = 29;

/**
 * Adds a logger.
 * @param field which loggers
 * @param engine the engine, where the option's name says it
 */
export function logger(field: "loggers" | "requestLoggers", engine?: string): Apply<string> {
  return (draft, value, given) => {
    const read = engine === undefined ? readLogger(value) : withEngine(engine, value, undefined);
    if ("problem" in read) {
      refuse(given, read);
      return;
    }
    draft.places[`log.${field}.${draft.log[field].length}`] = given.place;
    draft.log[field].push(read);
  };
}

function refuse(given: Given, { problem, help }: Refusal): void {
  const { key, value } = given.entry;
  const message = `\`${key} = ${value}\`: ${problem}`;
  given.report({ rule: "invalid-value", severity: "error", message, span: given.span, help });
}

/** As uWSGI: a name is what stands before the first blank, if it is made of letters and digits only. */
function readLogger(value: string): LoggerSetting | Refusal {
  const named = /^([A-Za-z0-9]*) (.*)$/s.exec(value);
  const id = named?.[1];
  const rest = named?.[2] ?? value;
  const colon = rest.indexOf(":");
  const name = colon < 0 ? rest : rest.slice(0, colon);
  const argument = colon < 0 ? "" : rest.slice(colon + 1);
  return withEngine(name, argument, id);
}

function withEngine(
  name: string,
  argument: string,
  id: string | undefined,
): LoggerSetting | Refusal {
  const read = readers.get(name);
  if (read === undefined) {
    return {
      problem: `there is no logger \`${name}\``,
      help: `the loggers are ${[...readers.keys()].join(", ")}; what others do a program can that \`pipe\` starts`,
    };
  }
  const engine = read(argument);
  return "problem" in engine ? engine : { id, engine };
}

const readers: ReadonlyMap<string, (argument: string) => LogEngine | Refusal> = new Map([
  ["file", readFile],
  ["fd", readDescriptor],
  ["stdio", (): LogEngine => ({ kind: "stdio" })],
  ["socket", readSocket],
  ["syslog", readSyslog],
  ["rsyslog", readRsyslog],
  ["pipe", readPipe],
  ["systemd", (): LogEngine => ({ kind: "systemd" })],
]);

/** A path, or with any `=` uWSGI's `logfile=…,maxsize=…,backupname=…`. */
function readFile(argument: string): LogEngine | Refusal {
  const help = "write `file:/path`, or `file:logfile=/path,maxsize=bytes,backupname=/path`";
  if (argument === "") return { problem: "the file is missing", help };
  if (!argument.includes("="))
    return { kind: "file", path: argument, maxSize: 0, backupName: undefined };
  const pairs = new Map<string, string>();
  for (const part of argument.split(",")) {
    const [, key = "", value = ""] = /^([^=]*)=(.*)$/s.exec(part) ?? [];
    if (!["logfile", "maxsize", "backupname"].includes(key) || value === "")
      return { problem: `\`${part}\` is not understood`, help };
    pairs.set(key, value);
  }
  const path = pairs.get("logfile");
  const size = pairs.get("maxsize") ?? "0";
  if (path === undefined) return { problem: "`logfile` is missing", help };
  if (!/^\d{1,15}$/.test(size)) return { problem: `maxsize is not a number of bytes`, help };
  return { kind: "file", path, maxSize: Number(size), backupName: pairs.get("backupname") };
}

function readDescriptor(argument: string): LogEngine | Refusal {
  if (/^\d{1,6}$/.test(argument)) return { kind: "fd", fd: Number(argument) };
  const help = "write `fd:2` for standard error";
  return { problem: "the number of a descriptor is expected", help };
}

function readSocket(argument: string): LogEngine | Refusal {
  const [, address = "", prefix = ""] = /^([^,]*)(?:,(.*))?$/s.exec(argument) ?? [];
  const to = datagramAddress(address, undefined);
  if (to !== undefined) return { kind: "socket", to, prefix };
  const help = "write `socket:host:port` for UDP, or `socket:/path` for a Unix datagram socket";
  return { problem: `\`${address}\` is not an address`, help };
}

function readSyslog(argument: string): LogEngine | Refusal {
  const [, name = "", facility] = /^([^,]*)(?:,(.*))?$/s.exec(argument) ?? [];
  const number = facilities[facility ?? "daemon"];
  if (number !== undefined) return { kind: "syslog", name: name || "uwsgi", facility: number };
  return {
    problem: `\`${facility}\` is not a facility of syslog`,
    help: `write one of ${Object.keys(facilities).join(", ")}`,
  };
}

/** `address,name,priority`; without a port it is 514. */
function readRsyslog(argument: string): LogEngine | Refusal {
  const [address = "", name, priority = String(rsyslogPriority)] = argument.split(",");
  const to = datagramAddress(address, syslogPort);
  const help = "write `rsyslog:host:port,name,priority`";
  if (to === undefined) return { problem: `\`${address}\` is not an address`, help };
  if (!/^\d{1,3}$/.test(priority) || Number(priority) > 191)
    return { problem: "the priority is not a number from 0 to 191", help };
  return { kind: "rsyslog", to, name, priority: Number(priority) };
}

function readPipe(command: string): LogEngine | Refusal {
  if (command !== "") return { kind: "pipe", command };
  return { problem: "the command is missing", help: "write `pipe:command with arguments`" };
}

/** A path begins with `/` or has no colon; the rest is `host:port`. */
function datagramAddress(text: string, port: number | undefined): DatagramAddress | undefined {
  const colon = text.lastIndexOf(":");
  if (text.startsWith("/") || (colon < 0 && port === undefined))
    return text === "" ? undefined : { kind: "unix", path: text };
  const host = (colon < 0 ? text : text.slice(0, colon)).replace(/^\[(.*)\]$/, "$1");
  const digits = colon < 0 ? String(port) : text.slice(colon + 1);
  const number = /^\d{1,5}$/.test(digits) ? Number(digits) : 0;
  const isHost = /^([\w.-]+|[\da-fA-F:.]+)$/.test(host);
  if (!isHost || number < 1 || number > 65535) return undefined;
  return { kind: "udp", host, port: number };
}
