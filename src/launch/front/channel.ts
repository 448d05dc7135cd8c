/** A connection of the front, a client's or a core's: bytes in, bytes out, and what is still on its way. */
import { createServer, type Server, type Socket } from "node:net";
import { acceptRaw, type Handle, type Receive, rawHandle, Wrote, writeRaw } from "./raw-socket.ts";

/** A stream socket. Beginning, end and errors are the socket's own events. */
export class Channel {
  readonly socket: Socket;
  /** Takes what comes in; the bytes are only lent for the call. */
  receive: Receive = () => {};
  /** Called when the kernel has taken all that had to wait. */
  drained: () => void = () => {};
  readonly #handle: Handle | undefined;
  /** Bytes that wait outside the socket's stream. */
  #left = 0;
  #waiting = false;
  #idle: (() => void)[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    // The handle of a socket with TLS is not the kernel's, and takes no bytes past the stream.
    this.#handle = "encrypted" in socket ? undefined : rawHandle(socket);
    socket.on("close", () => this.#release());
  }

  /** Bytes that the kernel has not taken yet. */
  get pending(): number {
    return this.#left + this.socket.writableLength;
  }

  /** The connection is gone. */
  get closed(): boolean {
    return this.socket.destroyed;
  }

  /** Sends bytes, which are the channel's from now on. */
  write(data: Buffer): void {
    if (data.length === 0) return;
    const { socket } = this;
    const wrote = this.#writeRaw(data);
    if (wrote === Wrote.all) return;
    if (wrote === Wrote.failed) {
      socket.destroy();
      return;
    }
    if (wrote === Wrote.part) this.#left = data.length;
    else socket.write(data, this.#written);
    this.#waiting = this.pending > 0;
  }

  /** Resolves when nothing is pending, or the connection is closed. */
  idle(): Promise<void> {
    if (this.pending === 0 || this.socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
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

  #writeRaw(data: Buffer): number {
    const { socket } = this;
    if (this.#handle === undefined || !socket.writable || this.pending > 0) return Wrote.nothing;
    return writeRaw(this.#handle, data, this.#taken);
  }

  readonly #taken = (status: number) => {
    this.#left = 0;
    if (status < 0) this.socket.destroy();
    this.#written();
  };

  readonly #written = () => {
    if (!this.#waiting || this.pending > 0 || this.socket.destroyed) return;
    this.#waiting = false;
    this.drained();
    this.#release();
  };

  #release(): void {
    const idle = this.#idle;
    if (idle.length === 0) return;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }
}

/** A server whose connections are channels. */
export class ChannelServer {
  readonly #server: Server;
  readonly #options: { allowHalfOpen: boolean; noDelay: boolean };
  readonly #opened: (channel: Channel) => void;

  /** @param opened gets each new connection */
  constructor(
    options: { allowHalfOpen: boolean; noDelay: boolean },
    opened: (channel: Channel) => void,
  ) {
    this.#options = options;
    this.#opened = opened;
    this.#server = createServer(options, (socket) => {
      const receive = this.#open(socket);
      socket.on("data", receive);
    });
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
        acceptRaw(server, this.#options, (socket) => this.#open(socket));
        resolve();
      });
    });
  }

  /** Accepts no more; what was accepted goes on. */
  close(): void {
    this.#server.close();
  }

  #open(socket: Socket): Receive {
    const channel = new Channel(socket);
    this.#opened(channel);
    return (data) => channel.receive(data);
  }
}
