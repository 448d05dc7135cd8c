/** An HTTP connection on a socket that only sends clients on to https. */

import { Flag } from "../../protocol/frame.ts";
import { findHeadEnd } from "../../protocol/head-bytes.ts";
import type { HeadParser } from "../../protocol/http-head.ts";
import { ownAnswer, Persistence } from "../../protocol/response.ts";
import type { ConnectionTimeouts } from "../transport/attended.ts";
import type { Channel } from "../transport/channel.ts";
import { Connection, type FrontContext } from "./connection.ts";

/** A Host field: a name, an IPv4 address or an IPv6 one in brackets, and perhaps a port. */
const HOST = /\r\nhost:[ \t]*([\w.-]+|\[[\da-f:.]+\])(?::\d*)?[ \t]*\r\n/i;

/** One connection: one request, one 301, the end. */
export class RedirectConnection extends Connection {
  readonly #parser: HeadParser;
  readonly #port: string;
  #data: Buffer | undefined;
  #answered = false;

  /** @param port of the https server, empty for the usual one */
  constructor(
    context: FrontContext,
    channel: Channel,
    timeouts: ConnectionTimeouts,
    parser: HeadParser,
    port: string,
  ) {
    super(context, channel, timeouts);
    this.#parser = parser;
    this.#port = port;
    this.deadline = Date.now() + timeouts.headMs;
  }

  protected received(part: Buffer): void {
    if (this.#answered) return; // a body that nobody wants
    const data = Buffer.concat(this.#data === undefined ? [part] : [this.#data, part]);
    this.#data = data;
    const { bufferSize } = this.context;
    const end = findHeadEnd(data, 0, bufferSize);
    if (end === -1) this.#answer(400);
    else if ((end === 0 ? data.length : end) > bufferSize) this.#answer(431);
    else if (end > 0) this.#head(data, end);
  }

  protected halfClosed(): void {
    this.close();
  }

  drain(): void {
    if (this.#data === undefined) this.socket.destroySoon();
  }

  protected answered(): void {
    this.close();
  }

  protected timedOut(): void {
    if (this.#data === undefined) this.close();
    else this.#answer(408);
  }

  protected idleDeadline(): number {
    return 0;
  }

  #head(data: Buffer, end: number): void {
    const parser = this.#parser;
    const problem = parser.parse(data, 0, end);
    const text = data.toString("latin1", 0, end);
    const host = HOST.exec(text)?.[1];
    const target = text.slice(parser.targetStart, parser.targetEnd);
    if (problem !== 0) this.#answer(problem);
    // Without a name there is nowhere to send to; an absolute target names another server.
    else if (host === undefined || !target.startsWith("/")) this.#answer(400);
    else {
      const port = this.#port === "" ? "" : `:${this.#port}`;
      this.#answer(301, `Location: https://${host}${port}${target}\r\n`);
    }
  }

  #answer(status: number, fields = ""): void {
    this.#answered = true;
    this.#data = undefined;
    this.writer.begin(Persistence.close, this.#parser.method === "HEAD" && status === 301, true);
    const { head, body } = ownAnswer(status, fields);
    this.answer(status, Flag.length, head, body, true);
  }
}
