/** Lines as datagrams over UDP. */
import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { Losses, noFile, type Sink } from "./sink.ts";

/** The largest datagram that is sent, bytes: what IPv4 carries is 65,507. */
export const datagramBytes = 60 * 1024;
/** Datagrams on their way to the kernel, or waiting for the name of the server to be looked up. */
const MAX_PENDING = 4_096;

/** Sends each line as one datagram. What an unreachable server does not get is lost, as UDP does. */
export class UdpSink implements Sink {
  readonly batches = false;
  readonly shared = undefined;
  readonly crowded = false;
  readonly flush = noFile.flush;
  readonly rotate = noFile.rotate;
  readonly reopen = noFile.reopen;
  readonly #socket: Socket;
  readonly #losses = new Losses();
  readonly #host: string;
  readonly #port: number;
  #pending = 0;
  #idle = () => {};

  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
    this.#socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
    this.#socket.on("error", () => {});
    this.#socket.unref();
  }

  write(line: Buffer): void {
    if (this.#pending >= MAX_PENDING) {
      this.#losses.add(line, "the log server cannot be reached");
      return;
    }
    const { notice } = this.#losses;
    this.#losses.told();
    if (notice) this.#send(notice);
    this.#send(line.subarray(0, datagramBytes));
  }

  async close(): Promise<void> {
    if (this.#pending > 0) await new Promise<void>((done) => (this.#idle = done));
    this.#socket.close();
  }

  #send(line: Buffer): void {
    this.#pending++;
    const sent = () => {
      if (--this.#pending === 0) this.#idle();
    };
    try {
      this.#socket.send(line, this.#port, this.#host, sent);
    } catch {
      sent(); // The socket is closed: the server is at its end.
    }
  }
}
