/**
 * Connections that are no streams. Around every connection Node builds a net.Socket, a stream of some sixty
 * fields and listeners; each read takes a buffer of 64 KiB of its own and each write goes through a queue.
 * To accept a connection, answer and close it took 56 µs that way, and 22 µs by the handle alone (Node 20,
 * `ab` without keep-alive). The handle's methods are those that net.Socket itself calls. They are not
 * documented, and neither is the array in which the handle leaves how much it has read, so all of that is
 * in this file; where a Node lacks any of it, `acceptRaw` says so and streams do the work.
 */
import type { Server } from "node:net";

/** What the front asks of a connection; a net.Socket does it too. */
export interface Transport {
  readonly destroyed: boolean;
  /** Our half is closed, or will be. */
  readonly writableEnded: boolean;
  /** Undefined for a Unix socket, and where the peer has gone already. */
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  /** Stops reading. */
  pause(): unknown;
  /** Goes on reading. */
  resume(): unknown;
  /** Closes our half once everything is written. */
  end(): unknown;
  /** Closes both halves; what is not written is lost. */
  destroy(): unknown;
  /** Closes both halves once everything is written. */
  destroySoon(): unknown;
  /** Closes a TCP connection by a reset. */
  resetAndDestroy(): unknown;
}

/** Who hears of what happens on a raw socket. */
export interface RawOwner {
  /** Bytes came; they are only lent for the call. */
  receive(data: Buffer): void;
  /** The peer will send no more. */
  endCame(): void;
  /** Bytes of a write that had to wait are taken, or lost where the status is negative. */
  taken(bytes: number, status: number): void;
  /** Closed. Comes once and last. */
  gone(): void;
}

/** What became of a write. */
export const Wrote = {
  /** The kernel has all of it. */
  all: 0,
  /** The rest waits; the owner will be told. */
  part: 1,
  /** The connection is broken. */
  failed: 2,
} as const;

interface Request {
  oncomplete?: (this: this, status: number) => void;
}

interface WriteRequest extends Request {
  /** Kept until the kernel has it. */
  buffer?: Buffer;
  socket?: RawSocket;
  /** UNUSED until Node has taken it for a write. */
  getAsyncId(): number;
}

interface ShutdownRequest extends Request {
  socket?: RawSocket;
}

const UNUSED = -1;
/** The end of the stream, as libuv has it on all systems. */
const UV_EOF = -4095;

/** The handle of a connection, as far as it is used. */
interface Handle {
  /** Called when something was read, or the reading has ended. */
  onread?: (this: Handle) => void;
  /** Whose handle it is. */
  rawSocket?: RawSocket;
  readStart(): number;
  readStop(): number;
  useUserBuffer(buffer: Buffer): void;
  /** 0, or a negative error number. Takes over `data` until the write is complete. */
  writeBuffer(request: WriteRequest, data: Buffer): number;
  /** Bytes that wait for the kernel. */
  readonly writeQueueSize: number;
  shutdown(request: ShutdownRequest): number;
  close(closed: () => void): void;
  reset?(closed: () => void): number;
  setNoDelay?(on: boolean): void;
  getpeername?(name: { address?: string; port?: number }): number;
}

interface ListeningHandle {
  onconnection: (this: ListeningHandle, status: number, client: unknown) => void;
}

/** What `process.binding("stream_wrap")` has for us. */
interface StreamBinding {
  readonly WriteWrap: new () => WriteRequest;
  readonly ShutdownWrap: new () => ShutdownRequest;
  readonly streamBaseState: Int32Array;
  readonly kReadBytesOrError: number;
}

const binding = streamBinding();

/** All sockets read into this: what is not used up in the call is copied by who wants it. */
const RECEIVED = Buffer.allocUnsafeSlow(64 * 1024);

/** One that no write needed, for the next. */
let spare: WriteRequest | undefined;

/**
 * Takes a listening server's connections over. To be called once the server listens; errors of accepting
 * still go to the server's listeners.
 * @param opened gets each new socket and has to give it an owner
 * @returns false when this Node has no such way: then the server's "connection" listeners get them
 */
export function acceptRaw(
  server: Server,
  options: { readonly noDelay: boolean },
  opened: (socket: RawSocket) => void,
): boolean {
  const { _handle: listening } = server as unknown as { _handle?: ListeningHandle | null };
  if (binding === undefined || typeof listening?.onconnection !== "function") return false;
  const usual = listening.onconnection;
  listening.onconnection = function (status, client) {
    if (status || !isHandle(client)) {
      usual.call(this, status, client);
      return;
    }
    if (options.noDelay) client.setNoDelay?.(true);
    const socket = new RawSocket(client);
    opened(socket);
    socket.resume();
  };
  return true;
}

/** A connection by its handle alone. */
export class RawSocket implements Transport {
  owner: RawOwner | undefined;
  destroyed = false;
  readonly #handle: Handle;
  #peer: { address?: string; port?: number } | undefined;
  #reading = false;
  /** Our half is closed, or will be when everything is written. */
  #ended = false;
  #shutDown = false;
  #peerEnded = false;
  #closeWhenWritten = false;

  /** @param handle of a connection that nobody else uses */
  constructor(handle: Handle) {
    this.#handle = handle;
    handle.rawSocket = this;
    handle.useUserBuffer(RECEIVED);
    handle.onread = onRead;
  }

  get remoteAddress(): string | undefined {
    return this.#name().address;
  }

  get remotePort(): number | undefined {
    return this.#name().port;
  }

  /** Bytes that wait for the kernel, exact also in the middle of a write. */
  get unsent(): number {
    return this.destroyed ? 0 : this.#handle.writeQueueSize;
  }

  get writableEnded(): boolean {
    return this.#ended;
  }

  /** May be written to. */
  get writable(): boolean {
    return !this.#ended && !this.destroyed;
  }

  pause(): void {
    if (!this.#reading || this.destroyed) return;
    this.#reading = false;
    this.#handle.readStop();
  }

  resume(): void {
    if (this.#reading || this.#peerEnded || this.destroyed) return;
    this.#reading = true;
    if (this.#handle.readStart() !== 0) this.destroy();
  }

  /**
   * Writes, behind what was written before. Only while `writable`.
   * @param data is Node's until it is taken
   * @returns one of Wrote
   */
  write(data: Buffer): number {
    const request = spare ?? newWriteRequest();
    spare = undefined;
    if (this.#handle.writeBuffer(request, data) !== 0) return Wrote.failed;
    // That nothing is queued would not tell: the rest may have gone out at once, and Node call back later.
    if (request.getAsyncId() === UNUSED) {
      spare = request;
      return Wrote.all;
    }
    request.buffer = data;
    request.socket = this;
    request.oncomplete = onWritten;
    return Wrote.part;
  }

  /** A write that had to wait is over. */
  written(bytes: number, status: number): void {
    if (this.destroyed) return;
    this.owner?.taken(bytes, status);
    if (status < 0) this.destroy();
    else if (this.#closeWhenWritten && this.unsent === 0) this.destroy();
  }

  end(): void {
    if (!this.writable) return;
    this.#ended = true;
    // The kernel's half is closed behind what waits for it.
    if (requestShutdown(this.#handle, this) !== 0) this.wasShutDown();
  }

  /** Our half is closed. */
  wasShutDown(): void {
    this.#shutDown = true;
    if (this.#peerEnded) this.destroy();
  }

  /** Something was read, or the reading ended: the number of bytes, or a negative error number. */
  wasRead(count: number): void {
    if (count > 0) {
      this.owner?.receive(RECEIVED.subarray(0, count));
    } else if (count === UV_EOF) {
      this.pause();
      this.#peerEnded = true;
      this.owner?.endCame();
      if (this.#shutDown) this.destroy();
    } else if (count < 0) {
      this.destroy();
    }
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.#handle.close(() => this.owner?.gone());
  }

  destroySoon(): void {
    if (this.unsent === 0) this.destroy();
    else this.#closeWhenWritten = true;
  }

  resetAndDestroy(): void {
    const { reset } = this.#handle;
    if (this.destroyed) return;
    if (reset === undefined || reset.call(this.#handle, () => this.owner?.gone()) !== 0) {
      this.destroy();
    } else {
      this.destroyed = true;
    }
  }

  #name(): { address?: string; port?: number } {
    if (this.#peer === undefined) {
      this.#peer = {};
      if (!this.destroyed) this.#handle.getpeername?.(this.#peer);
    }
    return this.#peer;
  }
}

/** Node calls it with the handle as `this`. */
function onRead(this: Handle): void {
  this.rawSocket?.wasRead(binding?.streamBaseState[binding.kReadBytesOrError] ?? UV_EOF);
}

/** Node calls it with the request as `this`. */
function onWritten(this: WriteRequest, status: number): void {
  this.socket?.written(this.buffer?.length ?? 0, status);
}

function onShutDown(this: ShutdownRequest): void {
  this.socket?.wasShutDown();
}

function newWriteRequest(): WriteRequest {
  if (binding === undefined) throw new Error("there are raw sockets without what they need");
  return new binding.WriteWrap();
}

function requestShutdown(handle: Handle, socket: RawSocket): number {
  if (binding === undefined) return UV_EOF;
  const request = new binding.ShutdownWrap();
  request.socket = socket;
  request.oncomplete = onShutDown;
  return handle.shutdown(request);
}

/** The parse boundary: nothing of it is promised by Node. */
function streamBinding(): StreamBinding | undefined {
  const { binding: open } = process as unknown as { binding?: (name: string) => unknown };
  try {
    const found = open?.call(process, "stream_wrap");
    return isStreamBinding(found) && isWriteRequest(new found.WriteWrap()) ? found : undefined;
  } catch {
    return undefined;
  }
}

function isStreamBinding(found: unknown): found is StreamBinding {
  if (typeof found !== "object" || found === null) return false;
  const { WriteWrap, ShutdownWrap, streamBaseState, kReadBytesOrError } = found as Record<
    string,
    unknown
  >;
  return (
    typeof WriteWrap === "function" &&
    typeof ShutdownWrap === "function" &&
    streamBaseState instanceof Int32Array &&
    typeof kReadBytesOrError === "number"
  );
}

function isWriteRequest(made: object): boolean {
  return (
    "getAsyncId" in made && typeof made.getAsyncId === "function" && made.getAsyncId() === UNUSED
  );
}

const METHODS = ["readStart", "readStop", "useUserBuffer", "writeBuffer", "shutdown", "close"];

function isHandle(value: unknown): value is Handle {
  if (typeof value !== "object" || value === null) return false;
  const found = value as Record<string, unknown>;
  return METHODS.every((name) => typeof found[name] === "function");
}
