/** Binds listening sockets without listening: the master owns them, the front listens and accepts. */
import { spawn } from "node:child_process";
import { lookup } from "node:dns/promises";
import { chmodSync, linkSync, lstatSync, renameSync, rmSync, type Stats, statSync } from "node:fs";
import { connect } from "node:net";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Address } from "../../options/address.ts";
import type { Place } from "../../source.ts";
import { errorCode, errorText, StartFailure } from "../start-failure.ts";
import { bindPath, bindTcp, receivedHandle, type ServerHandle } from "./server-handle.ts";

/** A socket that is bound, and what is to be undone at its end. */
export interface Bound {
  readonly handle: ServerHandle;
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
  readonly address: Address;
  /** The address as it was written. */
  readonly text: string;
  readonly place: Place | undefined;
  /** Permission bits for a Unix socket's path; undefined leaves the umask's. */
  readonly mode: number | undefined;
  /** The interpreter: abstract sockets are bound by it. */
  readonly python: string;
}

/** The longest path of a Unix socket, bytes: sun_path of unix(7) less its end. */
export const longestPathBytes = 107;
/** A peer that does not answer a local connection in this time is taken for alive, milliseconds. */
const probeTimeoutMs = 1_000;

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
  }
}

async function bindTcpAddress(
  order: BindOrder,
  { host, port, family }: Extract<Address, { kind: "tcp" }>,
): Promise<Bound> {
  const literal = await literalHost(order, host, family);
  const handle = bindTcp(literal, port, family);
  if (typeof handle === "string") throw refused(order, tcpReason(handle, literal, port));
  return { handle, release: () => closed(handle) };
}

/** uWSGI takes a name as well as an address, and nothing for "all addresses". */
async function literalHost(order: BindOrder, host: string, family: 4 | 6): Promise<string> {
  if (host === "" || host === "*") return family === 6 ? "::" : "0.0.0.0";
  try {
    return (await lookup(host, { family })).address;
  } catch (error) {
    throw refused(order, `the host name ${host} has no IPv${family} address (${errorCode(error)})`);
  }
}

function tcpReason(code: string, host: string, port: number): string {
  switch (code) {
    case "EADDRINUSE":
      return `port ${port} is in use by another program (\`ss -ltnp 'sport = :${port}'\` tells which); stop it or choose another port`;
    case "EADDRNOTAVAIL":
      return `no network interface of this machine has the address ${host}`;
    case "EACCES":
      return `only root may use port ${port} (ports below 1024)`;
    default:
      return code;
  }
}

async function bindUnix(order: BindOrder, path: string): Promise<Bound> {
  const length = Buffer.byteLength(path);
  if (length > longestPathBytes)
    throw refused(
      order,
      `the path has ${length} bytes, a Unix socket's may have ${longestPathBytes}`,
    );
  await clearPath(order, path);
  const handle = bindPath(path);
  if (typeof handle === "string") throw refused(order, pathReason(handle, path));
  const bound = statSync(path);
  const release = (remove: boolean) => releasePath(handle, path, remove ? bound : undefined);
  try {
    if (order.mode !== undefined) chmodSync(path, order.mode);
  } catch (error) {
    release(true);
    throw refused(order, `chmod-socket: ${errorText(error)}`);
  }
  return { handle, release };
}

/** Makes room at a path: a socket that nobody answers on is stale; anything else stays. */
async function clearPath(order: BindOrder, path: string): Promise<void> {
  const present = lstatSync(path, { throwIfNoEntry: false });
  if (present === undefined) return;
  if (!present.isSocket()) {
    const reason = "there is something that is not a socket; move it away or choose another path";
    throw refused(order, reason);
  }
  if (await answers(path))
    throw refused(order, "a running server answers on this socket; stop it or choose another path");
  try {
    rmSync(path, { force: true });
  } catch (error) {
    throw refused(order, `cannot replace the stale socket: ${errorText(error)}`);
  }
}

/** Whether something listens on a Unix socket's path. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    const settle = (alive: boolean) => {
      socket.destroy();
      resolve(alive);
    };
    socket.setTimeout(probeTimeoutMs, () => settle(true));
    socket.once("connect", () => settle(true));
    // EAGAIN: its queue is full, so there is somebody. ENOENT: it went away just now.
    socket.once("error", (error) => settle(!["ECONNREFUSED", "ENOENT"].includes(errorCode(error))));
  });
}

function pathReason(code: string, path: string): string {
  const directory = dirname(path);
  // libuv says EACCES for a directory that is missing, too.
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory())
    return `the directory ${directory} does not exist; make it (mkdir -p) or choose another path`;
  if (code === "EACCES") return `this user may not write to the directory ${directory}`;
  return code;
}

/**
 * Closing the handle unlinks the path, whatever is there by then. What is to stay gets a second name
 * for that moment.
 * @param ours the file that may go; undefined keeps any
 */
function releasePath(
  handle: ServerHandle,
  path: string,
  ours: Stats | undefined,
): string | undefined {
  const present = lstatSync(path, { throwIfNoEntry: false });
  const goes = ours !== undefined && present?.ino === ours.ino && present.dev === ours.dev;
  const spare = `${path}.${process.pid}`;
  const saved = present !== undefined && !goes && attempt(() => linkSync(path, spare));
  handle.close();
  if (saved) attempt(() => renameSync(spare, path));
  // libuv says nothing when it may not unlink, as after uid = … in a directory of root's.
  return goes && lstatSync(path, { throwIfNoEntry: false })?.ino === ours.ino
    ? `cannot remove the socket ${path}: uid ${process.getuid?.()} may not write to its directory`
    : undefined;
}

function closed(handle: ServerHandle): undefined {
  handle.close();
}

/** False where the system refuses: then it refuses the unlinking as well, and nothing is lost. */
function attempt(act: () => void): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}

/** Node cannot bind an abstract name exactly; Python can, and passes the descriptor on. */
function bindAbstract(order: BindOrder, name: string): Promise<Bound> {
  const script = fileURLToPath(
    new URL("../../../python/tsuwsgi/bind_abstract.py", import.meta.url),
  );
  return new Promise((resolve, reject) => {
    const child = spawn(order.python, [script, name], {
      stdio: ["ignore", "pipe", "inherit", "ipc"],
      // Out of the process group: a signal to that, as by Ctrl-C, is for the master alone.
      detached: true,
    });
    let handle: ServerHandle | undefined;
    let said = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (said += text));
    child.on("message", (_message, received: unknown) => {
      handle = receivedHandle(received);
    });
    child.once("error", (error) => reject(refused(order, errorText(error))));
    child.once("close", (code) => {
      const bound = handle;
      if (bound) return resolve({ handle: bound, release: () => closed(bound) });
      reject(refused(order, said.trim() || `${order.python} ended with exit code ${code}`));
    });
  });
}

function refused({ text, place }: BindOrder, reason: string): StartFailure {
  return new StartFailure(`cannot bind ${text}: ${reason}`, place);
}
