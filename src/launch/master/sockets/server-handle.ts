/**
 * Node's undocumented way to bind without listening, and the little of its handles that is used.
 * It is old and stable: node:cluster shares its sockets by it. Nothing else of the project touches it.
 */
import * as net from "node:net";
import { getSystemErrorName } from "node:util";

/** A bound socket that does not listen. Closing the handle of a Unix socket that Node bound unlinks its path. */
export interface ServerHandle {
  readonly fd: number;
  /** The port that a TCP socket is bound to. */
  readonly port?: () => number | undefined;
  close(): void;
}

/** What of a handle is used here only. */
interface NativeHandle extends ServerHandle {
  getsockname?(out: object): number;
  listen(backlog: number): number;
  onconnection: (error: number, client: unknown) => void;
}

type CreateHandle = (host: string, port: number, type: 4 | 6 | -1) => NativeHandle | number;

/**
 * Binds a TCP address.
 * @param host a literal address of the family
 * @returns the handle, or the name of the error, e.g. EADDRINUSE
 */
export function bindTcp(host: string, port: number, family: 4 | 6): ServerHandle | string {
  const handle = createHandle(host, port, family);
  if (typeof handle === "number") return getSystemErrorName(handle);
  // libuv keeps "address in use" for the next call on the socket.
  const status = handle.getsockname?.({}) ?? 0;
  if (status === 0) return withPort(handle);
  handle.close();
  return getSystemErrorName(status);
}

/** Binds a Unix socket path; see bindTcp. */
export function bindPath(path: string): ServerHandle | string {
  const handle = createHandle(path, -1, -1);
  return typeof handle === "number" ? getSystemErrorName(handle) : handle;
}

/** Takes a handle that came over an IPC channel; undefined when it is none. */
export function receivedHandle(value: unknown): ServerHandle | undefined {
  return isHandle(value) ? withPort(value) : undefined;
}

/** Adds how its port is found. */
function withPort(handle: NativeHandle): ServerHandle {
  return Object.assign(handle, {
    port: () => {
      const name: { port?: number } = {};
      handle.getsockname?.(name);
      return name.port;
    },
  });
}

/**
 * Listens on a bound socket and accepts in this process.
 * @returns the name of the error when listening failed, else undefined
 */
export function accept(
  bound: ServerHandle,
  backlog: number,
  onConnection: (socket: net.Socket) => void,
): string | undefined {
  if (!isHandle(bound)) return "EBADF";
  bound.onconnection = (error, client) => {
    if (error === 0 && isHandle(client)) onConnection(socketOf(client));
  };
  const status = bound.listen(backlog);
  return status === 0 ? undefined : getSystemErrorName(status);
}

function createHandle(host: string, port: number, type: 4 | 6 | -1): NativeHandle | number {
  // The boundary to what Node's types do not know.
  const { _createServerHandle } = net as unknown as { _createServerHandle: CreateHandle };
  return _createServerHandle(host, port, type);
}

function socketOf(handle: NativeHandle): net.Socket {
  const options: object = { handle, allowHalfOpen: false, readable: true, writable: true };
  return new net.Socket(options);
}

function isHandle(value: unknown): value is NativeHandle {
  return (
    typeof value === "object" &&
    value !== null &&
    "fd" in value &&
    typeof value.fd === "number" &&
    value.fd >= 0 &&
    "close" in value &&
    typeof value.close === "function"
  );
}
