/** Gateway protocols with one request a connection: a head, as many bytes of body as it says, one answer, the end. */
import type { Channel } from "../transport/channel.ts";
import type { FrontContext } from "./connection.ts";
import { GatewayConnection, type GatewayListener } from "./gateway.ts";

/** What became of reading a head: more bytes are needed, or it was refused. */
export const HeadState = { incomplete: 0, refused: -1 } as const;

/** One connection, so one request. */
export abstract class OneRequestConnection extends GatewayConnection {
  #rest: Buffer | undefined;
  #bodyLeft = 0;
  #done = false;

  constructor(context: FrontContext, channel: Channel, listener: GatewayListener) {
    super(context, channel, listener);
    this.deadline = Date.now() + this.timeouts.headMs;
  }

  /**
   * Reads the head at the beginning of what came so far into `variables`.
   * @returns the head's bytes, or one of HeadState
   */
  protected abstract readHead(data: Buffer): number;

  protected received(data: Buffer): void {
    if (this.exchange && this.#bodyLeft > 0) {
      this.#body(data);
      return;
    }
    if (this.exchange || this.#done) return; // nothing may follow a request
    // Copied, because it is only lent: what is not used now stays.
    const rest = Buffer.concat(this.#rest === undefined ? [data] : [this.#rest, data]);
    this.#rest = rest;
    const bytes = this.readHead(rest);
    if (bytes > 0) this.#start(bytes, rest.subarray(bytes));
  }

  protected halfClosed(): void {
    if (!this.exchange || this.#bodyLeft > 0) this.socket.destroy();
  }

  drain(): void {
    if (!this.exchange && this.#rest === undefined) this.close();
  }

  protected idleDeadline(): number {
    if (this.bodyPaused) return 0;
    return this.exchange && this.#bodyLeft > 0 ? Date.now() + this.timeouts.bodyMs : 0;
  }

  #start(headBytes: number, rest: Buffer): void {
    const { contentLength } = this.variables;
    this.deadline = 0;
    this.#rest = undefined;
    const hasBody = contentLength > 0;
    const exchange = this.begin(headBytes, hasBody);
    if (exchange === undefined || !hasBody) return;
    this.#bodyLeft = contentLength;
    this.deadline = Date.now() + this.timeouts.bodyMs;
    if (rest.length > 0) this.#body(rest);
  }

  #body(data: Buffer): void {
    const take = Math.min(data.length, this.#bodyLeft);
    this.#bodyLeft -= take;
    this.deadline = this.#bodyLeft > 0 ? Date.now() + this.timeouts.bodyMs : 0;
    this.exchange?.body(take === data.length ? data : data.subarray(0, take));
    if (this.#bodyLeft === 0) this.exchange?.endBody(false);
  }

  protected override own(status: number, fields = ""): void {
    this.#done = true;
    this.#rest = undefined;
    super.own(status, fields);
  }

  protected answered(): void {
    this.#done = true;
    this.close();
  }
}
