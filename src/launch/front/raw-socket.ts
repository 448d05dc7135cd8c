/**
 * What the front uses of Node's sockets beyond the documented calls. By those each read takes a buffer of
 * 64 KiB of its own and each write goes through a stream's queue, which together cost a quarter of the
 * front's time for a small request. The calls here are what Node's own streams call (`useUserBuffer` is
 * behind the documented option `onread`); where one is missing, the documented way is taken.
 */
import { type Server, Socket } from "node:net";

/** Takes what a socket received, which is only lent for the call. */
export type Receive = (data: Buffer) => void;

/** What Node keeps of a write that the kernel did not take at once. */
interface WriteRequest {
  buffer?: Buffer;
  oncomplete?: (status: number) => void;
  /** UNUSED until Node has taken it for a write. */
  getAsyncId(): number;
}

const UNUSED = -1;

/** The handle of a connection, as far as it is used. */
export interface Handle {
  /** 0, or a negative error number. Takes over `data` until the write is complete. */
  writeBuffer(request: WriteRequest, data: Buffer): number;
  setNoDelay?(on: boolean): void;
}

interface ListeningHandle {
  onconnection: (this: ListeningHandle, status: number, client: unknown) => void;
}

/** All sockets read into this: what is not used up in the call is copied by who wants it. */
const RECEIVED = Buffer.allocUnsafeSlow(64 * 1024);

/** Node's class of write requests, once one of them was seen. */
let Request: (new () => WriteRequest) | undefined;
/** One that no write needed, for the next. */
let spare: WriteRequest | undefined;

/**
 * Lets a listening server's connections read into one buffer. To be called once the server listens; errors
 * of accepting still go to the server's listeners.
 * @param opened gets each new socket and tells who takes what it receives
 * @returns false when this Node has no such way: then the server's "connection" listeners get them
 */
export function acceptRaw(
  server: Server,
  options: { allowHalfOpen: boolean; noDelay: boolean },
  opened: (socket: Socket) => Receive,
): boolean {
  const { _handle: listening } = server as unknown as { _handle?: ListeningHandle | null };
  if (typeof listening?.onconnection !== "function") return false;
  const usual = listening.onconnection;
  listening.onconnection = function (status, client) {
    if (status || !isHandle(client)) {
      usual.call(this, status, client);
      return;
    }
    if (options.noDelay) client.setNoDelay?.(true);
    let receive: Receive | undefined;
    const socketOptions: object = {
      ...{ handle: client, allowHalfOpen: options.allowHalfOpen, readable: true, writable: true },
      onread: {
        buffer: RECEIVED,
        callback: (count: number) => {
          receive?.(RECEIVED.subarray(0, count));
          return true;
        },
      },
    };
    receive = opened(new Socket(socketOptions));
  };
  return true;
}

/** What became of `writeRaw`. */
export const Wrote = {
  /** The kernel has all of it. */
  all: 0,
  /** Node keeps the rest and will call `done`. */
  part: 1,
  /** There is no such way, or not yet: nothing was done. */
  nothing: 2,
  /** The connection is broken. */
  failed: 3,
} as const;

/** The handle of a connected socket, if it can be written to past the stream. */
export function rawHandle(socket: Socket): Handle | undefined {
  const { _handle: handle } = socket as unknown as { _handle?: unknown };
  return isHandle(handle) ? handle : undefined;
}

/**
 * Writes past the socket's stream. Only for an open socket whose stream has nothing queued.
 * @param data is Node's from now on
 * @param done is called after `Wrote.part`: with 0 when the kernel has taken the rest, else with an error number
 * @returns one of Wrote
 */
export function writeRaw(handle: Handle, data: Buffer, done: (status: number) => void): number {
  if (Request === undefined) {
    learnRequest(handle);
    return Wrote.nothing;
  }
  const request = spare ?? new Request();
  spare = undefined;
  if (handle.writeBuffer(request, data) !== 0) return Wrote.failed;
  // That nothing is queued would not tell: the rest may have gone out at once, and Node call back later.
  if (request.getAsyncId() === UNUSED) {
    spare = request;
    return Wrote.all;
  }
  request.buffer = data;
  request.oncomplete = done;
  return Wrote.part;
}

/** Looks at the request that the next write through the socket's stream makes. */
function learnRequest(handle: Handle): void {
  if (Object.hasOwn(handle, "writeBuffer")) return; // it looks already
  const { writeBuffer } = handle;
  handle.writeBuffer = (request, data) => {
    Reflect.deleteProperty(handle, "writeBuffer");
    const made = request.constructor;
    if (isRequest(made)) Request = made;
    return writeBuffer.call(handle, request, data);
  };
}

function isRequest(made: unknown): made is new () => WriteRequest {
  if (typeof made !== "function" || made.name !== "WriteWrap") return false;
  const request: unknown = Reflect.construct(made, []);
  return (
    typeof request === "object" &&
    request !== null &&
    "getAsyncId" in request &&
    typeof request.getAsyncId === "function" &&
    request.getAsyncId() === UNUSED
  );
}

function isHandle(value: unknown): value is Handle {
  return (
    typeof value === "object" &&
    value !== null &&
    "writeBuffer" in value &&
    typeof value.writeBuffer === "function" &&
    "useUserBuffer" in value &&
    typeof value.useUserBuffer === "function"
  );
}
