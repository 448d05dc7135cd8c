/** Binds listening sockets without listening: the master owns them, the front listens and accepts. */
import { lookup } from "node:dns/promises";
import { chmodSync, chownSync, closeSync, fstatSync, statSync } from "node:fs";
import { networkInterfaces } from "node:os";
import {
  type Address,
  formatAddress,
  type ListenAddress,
  maxUnixPathBytes,
} from "../../../options/address.ts";
import type { SocketOptions } from "../../../settings/socket-settings.ts";
import type { Place } from "../../../source.ts";
import { errorCode, errorText, StartFailure } from "../../start-failure.ts";
import { holderText, portHolder, unixHolder } from "./holder.ts";
import { bindPath, bindTcp, type ServerHandle } from "./server-handle.ts";
import {
  bindBySystem,
  lookAtDescriptor,
  type SystemAddress,
  type SystemRefusal,
  systemOptions,
} from "./system-socket.ts";
import { clearPath, pathReason, releasePath } from "./unix-path.ts";

/** A socket that is bound, and what is to be undone at its end. */
export interface Bound {
  readonly handle: ServerHandle;
  /** Where it is bound really: with the port that was assigned, and of what was inherited. */
  readonly address: Address;
  /** The same for people: as it was written, but for what only the start could know. */
  readonly name: string;
  /** It was bound by whoever started the server. */
  readonly inherited: boolean;
  /**
   * Closes our descriptor.
   * @param remove true removes the path of a Unix socket if it is still the one that was bound; false
   *   leaves whatever is there, as uWSGI without vacuum
   * @returns a note for the log when the path could not be removed
   */
  readonly release: (remove: boolean) => string | undefined;
}

/** What a socket is bound for. */
export interface BindOrder {
  readonly address: ListenAddress;
  /** The address as it was written. */
  readonly text: string;
  readonly place: Place | undefined;
  /** Permission bits for a Unix socket's path; undefined leaves the umask's. */
  readonly mode: number | undefined;
  /** What is asked of the system; undefined: nothing. */
  readonly options: SocketOptions | undefined;
  /** The interpreter: what Node cannot do is done by it. */
  readonly python: string;
}

/**
 * Binds one address.
 * @throws StartFailure when it cannot be bound
 */
export async function bind(order: BindOrder): Promise<Bound> {
  const { address } = order;
  switch (address.kind) {
    case "tcp":
      return await bindTcpAddress(order, address);
    case "unix":
      return await bindUnix(order, address.path);
    case "abstract":
      return await bindAbstract(order, address.name);
    case "fd":
      return await takeDescriptor(order, address.fd);
  }
}

/**
 * Why a descriptor is no socket that was passed on to this process.
 * @returns undefined when it is one
 */
export function descriptorFault(fd: number): string | undefined {
  try {
    if (fstatSync(fd).isSocket()) return undefined;
  } catch {
    // Nothing is open by that number.
  }
  return `descriptor ${fd} is no socket; whoever starts the server has to open one and pass it on`;
}

async function bindTcpAddress(
  order: BindOrder,
  { host, port, family }: Extract<Address, { kind: "tcp" }>,
): Promise<Bound> {
  const literal = await literalHost(order, host, family);
  const system: SystemAddress = { family: family === 6 ? "inet6" : "inet", host: literal, port };
  const handle = await bindWith(order, system, () => bindTcp(literal, port, family));
  if ("error" in handle) throw refused(order, tcpReason(handle.error, literal, port));
  const given = handle.port?.() ?? port;
  return {
    handle,
    address: { kind: "tcp", host: literal, port: given, family },
    // What only the start could know: the address that fits a pattern, the port that was assigned.
    name: host.endsWith(".*") ? `${literal}:${given}` : order.text.replace(/:0+$/, `:${given}`),
    inherited: false,
    release: () => closed(handle),
  };
}

/** uWSGI takes a name as well as an address, and nothing for "all addresses". */
async function literalHost(order: BindOrder, host: string, family: 4 | 6): Promise<string> {
  if (host === "" || host === "*") return family === 6 ? "::" : "0.0.0.0";
  if (host.endsWith("*")) return interfaceAddress(order, host);
  try {
    return (await lookup(host, { family })).address;
  } catch (error) {
    throw refused(order, `the host name ${host} has no IPv${family} address (${errorCode(error)})`);
  }
}

/** The first address of this machine that begins as the pattern does before its `*`. */
function interfaceAddress(order: BindOrder, pattern: string): string {
  const prefix = pattern.slice(0, -1);
  const own = Object.values(networkInterfaces()).flatMap((of) => of ?? []);
  const found = own.find(({ family, address }) => family === "IPv4" && address.startsWith(prefix));
  if (found) return found.address;
  throw refused(order, `no network interface of this machine has an address ${pattern}`);
}

function tcpReason(code: string, host: string, port: number): string {
  switch (code) {
    case "EADDRINUSE":
      return `port ${port} is in use by ${portUser(port)}; stop it or choose another port`;
    case "EADDRNOTAVAIL":
      return `no network interface of this machine has the address ${host}`;
    case "EACCES":
      return `only root may use port ${port} (ports below 1024)`;
    default:
      return code;
  }
}

/** Another user's processes cannot be looked into. */
function portUser(port: number): string {
  const unknown = `another program (root can see which: \`ss -ltnp 'sport = :${port}'\`)`;
  return holderText(portHolder(port)) ?? unknown;
}

async function bindUnix(order: BindOrder, path: string): Promise<Bound> {
  const length = Buffer.byteLength(path);
  if (length > maxUnixPathBytes)
    throw refused(
      order,
      `the path has ${length} bytes, a Unix socket's may have ${maxUnixPathBytes}`,
    );
  const occupied = await clearPath(path);
  if (occupied !== undefined) throw refused(order, occupied);
  const handle = await bindWith(order, { family: "unix", path }, () => bindPath(path));
  if ("error" in handle) throw refused(order, pathReason(handle.error, path));
  const file = statSync(path);
  const release = (remove: boolean) => releasePath(handle, path, remove ? file : undefined);
  try {
    admit(order, path);
  } catch (error) {
    release(true);
    throw error;
  }
  return { handle, address: { kind: "unix", path }, name: order.text, inherited: false, release };
}

/** Gives a socket's path its permissions and its owner. */
function admit(order: BindOrder, path: string): void {
  const { mode, options } = order;
  const try_ = (option: string, act: () => void) => {
    try {
      act();
    } catch (error) {
      throw refused(order, `${option}: ${errorText(error)}`);
    }
  };
  if (mode !== undefined) try_("chmod-socket", () => chmodSync(path, mode));
  const owner = options?.owner;
  if (owner) try_("chown-socket", () => chownSync(path, owner.uid, owner.gid ?? -1));
}

/** Node pads abstract names with zero bytes, so they are always bound by the system's own call. */
async function bindAbstract(order: BindOrder, name: string): Promise<Bound> {
  const system = { family: "unix", path: `\0${name}` } as const;
  const handle = await bindWith(order, system, undefined);
  if ("error" in handle) {
    const user =
      holderText(unixHolder(`@${name}`)) ?? "another program (root can see which: `ss -lxp`)";
    const inUse = `${user} has a socket of this name; stop it or choose another name`;
    throw refused(order, handle.error === "EADDRINUSE" ? inUse : handle.error);
  }
  const address = { kind: "abstract", name } as const;
  return { handle, address, name: order.text, inherited: false, release: () => closed(handle) };
}

/** Serves what somebody else has bound: it is neither changed nor removed. */
async function takeDescriptor(order: BindOrder, fd: number): Promise<Bound> {
  const fault = descriptorFault(fd);
  if (fault !== undefined) throw refused(order, fault);
  const found = await lookAtDescriptor(fd, order.python);
  if (!("kind" in found)) throw refused(order, refusalText(found));
  const handle = { fd, close: () => closeSync(fd) };
  const name = `${formatAddress(found)} (${order.text})`;
  return { handle, address: found, name, inherited: true, release: () => closed(handle) };
}

/** Binds by Node where that will do, else by the system's own calls. The error is the name of the system's. */
async function bindWith(
  order: BindOrder,
  address: SystemAddress,
  byNode: (() => ServerHandle | string) | undefined,
): Promise<ServerHandle | { readonly error: string }> {
  const options = order.options ? systemOptions(order.options, address.family) : {};
  if (byNode && Object.keys(options).length === 0) {
    const handle = byNode();
    return typeof handle === "string" ? { error: handle } : handle;
  }
  const handle = await bindBySystem(address, options, order.python);
  if ("fd" in handle) return handle;
  if (handle.error === undefined || handle.option !== undefined)
    throw refused(order, refusalText(handle));
  return { error: handle.error };
}

function refusalText({ error, option, reason }: SystemRefusal): string {
  if (option !== undefined) return `the system does not take ${option}: ${error}`;
  return reason ?? error ?? "for no reason that is known";
}

function closed(handle: ServerHandle): undefined {
  handle.close();
}

function refused({ text, place }: BindOrder, reason: string): StartFailure {
  return new StartFailure(`cannot bind ${text}: ${reason}`, place);
}
