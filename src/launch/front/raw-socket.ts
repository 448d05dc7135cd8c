/**
 * What the front uses of Node's sockets beyond the documented calls. By those each read takes a buffer of
 * 64 KiB of its own and each write goes through a stream's queue, which together cost a quarter of the
 * front's time for a small request. The calls here are what Node's own streams call (`useUserBuffer` is
 * behind the documented option `onread`); where one is missing, the documented way is taken.
 */
import { type Server, Socket } from "node:net";

/** Takes what a socket received, which is only lent for the call. */
export type Receive = (data: Buffer) => void;

/** On the socket itself, so that no connection needs functions of its own. */
const RECEIVER = Symbol("receiver");
interface Receiver extends Socket {
  [RECEIVER]?: { receive(data: Buffer): void };
}

/** Who writes, and hears when bytes that had to wait are taken. */
export interface Writer {
  /** @param status 0, or a negative error number: then nothing more will be taken */
  taken(bytes: number, status: number): void;
}

/** What Node keeps of a write that the kernel did not take at once. */
interface WriteRequest {
  buffer?: Buffer;
  bytes?: number;
  writer?: Writer;
  oncomplete?: (this: WriteRequest, status: number) => void;
  /** UNUSED until Node has taken it for a write. */
  getAsyncId(): number;
}

const UNUSED = -1;

/** The handle of a connection, as far as it is used. */
export interface Handle {
  /** 0, or a negative error number. Takes over `data` until the write is complete. */
  writeBuffer(request: WriteRequest, data: Buffer): number;
  /** Bytes that wait for the kernel, exact also in the middle of a write. */
  readonly writeQueueSize?: number;
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
 * @param opened gets each new socket, and says with `receiveFor` who takes what it receives
 * @returns false when this Node has no such way: then the server's "connection" listeners get them
 */
export function acceptRaw(
  server: Server,
  options: { allowHalfOpen: boolean; noDelay: boolean },
  opened: (socket: Socket) => void,
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
    const { allowHalfOpen } = options;
    const socketOptions: object = {
      ...{ handle: client, allowHalfOpen, readable: true, writable: true, onread: SHARED },
    };
    opened(new Socket(socketOptions));
  };
  return true;
}

/** Node's sockets call this with themselves as `this`. */
function received(this: Receiver, count: number): boolean {
  this[RECEIVER]?.receive(RECEIVED.subarray(0, count));
  return true;
}

const SHARED = { buffer: RECEIVED, callback: received };

/** Says who takes what a socket of `acceptRaw` receives. To be called while it is `opened`. */
export function receiveFor(socket: Socket, receiver: { receive(data: Buffer): void }): void {
  (socket as Receiver)[RECEIVER] = receiver;
}

/** What became of `writeRaw`. */
export const Wrote = {
  /** The kernel has all of it. */
  all: 0,
  /** Node keeps the rest and will tell the writer. */
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
 * Writes past the socket's stream, behind what was written so before. Only for an open socket whose stream
 * has nothing queued.
 * @param data is Node's from now on, until it was taken
 * @param writer is told after `Wrote.part`, once, when all of `data` is taken or lost
 * @returns one of Wrote
 */
export function writeRaw(handle: Handle, data: Buffer, writer: Writer): number {
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
  request.bytes = data.length;
  request.writer = writer;
  request.oncomplete = completed;
  return Wrote.part;
}

/** Node calls it with the request as `this`. */
function completed(this: WriteRequest, status: number): void {
  this.writer?.taken(this.bytes ?? 0, status);
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
