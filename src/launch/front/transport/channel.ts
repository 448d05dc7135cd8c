/** A connection of the front, a client's or a core's: bytes in, bytes out, and what is still on its way. */
import { createServer, type Server, type Socket } from "node:net";
import type { Memory } from "./memory.ts";
import { acceptRaw, type RawOwner, RawSocket, type Transport, Wrote } from "./raw-socket.ts";

/** Who uses a channel and hears of what happens on it. */
export interface ChannelUser {
  /** Bytes came; they are only lent for the call. */
  bytesCame(data: Buffer): void;
  /** The peer will send no more. */
  endCame(): void;
  /** The kernel has taken some of what had to wait. */
  someTaken(): void;
  /** The kernel has taken all that had to wait. */
  allTaken(): void;
  /** The connection is closed. */
  gone(): void;
}

/** On a stream itself, so that all of them share the same listeners. */
const CHANNEL = Symbol("channel");
interface Owned extends Socket {
  [CHANNEL]?: Channel;
}

/** A connection, by its handle alone or as a stream. */
export class Channel implements RawOwner {
  readonly socket: Transport;
  /** Where bytes that wait are added up with those of others. */
  memory: Memory | undefined;
  readonly #raw: RawSocket | undefined;
  readonly #stream: Socket | undefined;
  #user: ChannelUser | undefined;
  /** Bytes that the kernel has not taken. */
  #left = 0;
  #idle: (() => void)[] | undefined;

  /** @param socket nobody else reads or writes it */
  constructor(socket: RawSocket | Socket) {
    this.socket = socket;
    if (socket instanceof RawSocket) {
      this.#raw = socket;
      socket.owner = this;
    } else {
      this.#stream = socket;
      (socket as Owned)[CHANNEL] = this;
      socket.on("data", onData).on("end", onEnd).on("close", onClose);
      // A reset or a timeout: "close" follows and cleans up.
      socket.on("error", ignore);
    }
  }

  /** Says who hears of everything from now on. */
  use(user: ChannelUser): void {
    this.#user = user;
  }

  /** Bytes that the kernel has not taken yet. */
  get pending(): number {
    return this.#left;
  }

  /** The same, exact in the middle of a write where Node tells it. To see whether anything is taken at all. */
  get unsent(): number {
    return this.#raw?.unsent ?? this.#left;
  }

  /** The connection is gone. */
  get closed(): boolean {
    return this.socket.destroyed;
  }

  /** Sends bytes, which are the channel's until they are no longer pending. */
  write(data: Buffer): void {
    if (data.length === 0) return;
    const raw = this.#raw;
    if (raw === undefined) {
      if (this.#stream !== undefined) this.#writeStream(this.#stream, data);
      return;
    }
    if (!raw.writable) return;
    const wrote = raw.write(data);
    if (wrote === Wrote.part) this.#wait(data.length);
    else if (wrote === Wrote.failed) raw.destroy();
  }

  /** Resolves when nothing is pending, or the connection is closed. */
  idle(): Promise<void> {
    if (this.#left === 0 || this.socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle ??= [];
      this.#idle.push(resolve);
    });
  }

  /**
   * Closes so that the other side does not take it for an orderly end: by a reset where there is one (Unix
   * sockets have none), over TLS without its closing alert.
   */
  reset(): void {
    const { socket } = this;
    if ("encrypted" in socket || socket.remoteAddress === undefined) socket.destroy();
    else socket.resetAndDestroy();
  }

  /** The kernel has taken bytes that had to wait, or never will. */
  taken(bytes: number, status: number): void {
    if (this.#left === 0) return; // closed meanwhile
    this.#forget(bytes);
    if (status < 0) this.socket.destroy();
    if (this.socket.destroyed) return;
    this.#user?.someTaken();
    if (this.#left > 0 || this.socket.destroyed) return;
    this.#user?.allTaken();
    this.#release();
  }

  /** Bytes came; they are only lent for the call. */
  receive(data: Buffer): void {
    this.#user?.bytesCame(data);
  }

  /** The peer will send no more. */
  endCame(): void {
    this.#user?.endCame();
  }

  /** The socket is closed. */
  gone(): void {
    this.#forget(this.#left);
    this.#user?.gone();
    this.#release();
  }

  #writeStream(socket: Socket, data: Buffer): void {
    const { length } = data;
    let waits = false;
    socket.write(data, (error) => {
      if (waits) this.taken(length, error ? -1 : 0);
    });
    waits = socket.writableLength > 0 && !socket.destroyed;
    if (waits) this.#wait(length);
  }

  #wait(bytes: number): void {
    this.#left += bytes;
    if (this.memory !== undefined) this.memory.bytes += bytes;
  }

  #forget(bytes: number): void {
    this.#left -= bytes;
    if (this.memory !== undefined) this.memory.bytes -= bytes;
  }

  #release(): void {
    const idle = this.#idle;
    if (idle === undefined) return;
    this.#idle = undefined;
    for (const resolve of idle) resolve();
  }
}

function onClose(this: Owned): void {
  this[CHANNEL]?.gone();
}

function onData(this: Owned, data: Buffer): void {
  this[CHANNEL]?.receive(data);
}

function onEnd(this: Owned): void {
  this[CHANNEL]?.endCame();
}

function ignore(): void {}

/** A server whose connections are channels. */
export class ChannelServer {
  readonly #server: Server;
  readonly #options: { readonly noDelay: boolean };
  readonly #opened: (channel: Channel) => void;

  /** @param opened gets each new connection */
  constructor(options: { readonly noDelay: boolean }, opened: (channel: Channel) => void) {
    this.#options = options;
    this.#opened = opened;
    this.#server = createServer({ ...options, allowHalfOpen: true }, (socket) =>
      opened(new Channel(socket)),
    );
  }

  /**
   * Listens on a bound socket.
   * @param failed hears of each connection that could not be accepted
   * @throws Error when it cannot listen
   */
  listen(fd: number, backlog: number, failed: (error: Error) => void): Promise<void> {
    const server = this.#server;
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      // With a descriptor Node reads the backlog from this place only, not from the options.
      server.listen({ fd }, backlog, () => {
        server.off("error", reject);
        server.on("error", failed);
        acceptRaw(server, this.#options, (socket) => this.#opened(new Channel(socket)));
        resolve();
      });
    });
  }

  /** Accepts no more; what was accepted goes on. */
  close(): void {
    this.#server.close();
  }
}
