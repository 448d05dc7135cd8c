/** A uwsgi-protocol connection, as nginx's uwsgi_pass opens it: one packet, a body, one answer, the end. */
import { Persistence } from "../protocol/response.ts";
import {
  looksLikeHttp,
  PACKET_HEADER,
  type PacketHead,
  type PacketParser,
  packetHead,
} from "../protocol/uwsgi.ts";
import type { Channel } from "./channel.ts";
import { Connection, type ConnectionTimeouts, type FrontContext } from "./connection.ts";
import { Exchange, isSafe, type RequestInfo } from "./exchange.ts";

/** Python's modifier, and the old one for "manage the script name", which nginx configurations still send. */
const MODIFIERS = new Set([0, 30]);

/** One connection, so one request. */
export class UwsgiConnection extends Connection {
  readonly #parser: PacketParser;
  readonly #complain: (message: string) => void;
  #rest: Buffer | undefined;
  #head: PacketHead | undefined;
  #bodyLeft = 0;
  #done = false;

  /** @param complain logs what a peer does wrong, for the person who configured it */
  constructor(
    context: FrontContext,
    channel: Channel,
    timeouts: ConnectionTimeouts,
    parser: PacketParser,
    complain: (message: string) => void,
  ) {
    super(context, channel, timeouts);
    this.#parser = parser;
    this.#complain = complain;
    this.deadline = Date.now() + this.timeouts.headMs;
  }

  protected received(data: Buffer): void {
    if (this.exchange && this.#bodyLeft > 0) {
      this.#body(data);
      return;
    }
    if (this.exchange || this.#done) return; // nothing may follow a request
    // Copied, because it is only lent: what is not used now stays.
    this.#rest = Buffer.concat(this.#rest === undefined ? [data] : [this.#rest, data]);
    this.#packet(this.#rest);
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

  protected timedOut(): void {
    this.socket.destroy();
  }

  #packet(data: Buffer): void {
    this.#head ??= packetHead(data);
    const head = this.#head;
    if (head === undefined) return;
    if (looksLikeHttp(data)) {
      this.#complain(
        "an HTTP request came to a uwsgi socket: use http-socket for it, or uwsgi_pass instead of proxy_pass in nginx",
      );
      this.#refuse(400);
      return;
    }
    if (!MODIFIERS.has(head.modifier1)) {
      this.#complain(
        `a uwsgi packet asks for modifier ${head.modifier1}; only 0 (Python) is served`,
      );
      this.#refuse(501);
      return;
    }
    if (head.size > this.context.bufferSize) {
      this.#complain(
        `a request's variables have ${head.size} bytes, more than buffer-size = ${this.context.bufferSize}`,
      );
      this.#refuse(431);
      return;
    }
    const end = PACKET_HEADER + head.size;
    if (data.length < end) return;
    this.deadline = 0;
    if (!this.#parser.parse(data.subarray(PACKET_HEADER, end))) {
      this.#complain("a uwsgi packet is not well-formed");
      this.#refuse(400);
      return;
    }
    this.#begin(head, data.subarray(end));
  }

  #begin(head: PacketHead, rest: Buffer): void {
    const { context } = this;
    const parser = this.#parser;
    this.#rest = undefined;
    this.writer.begin(Persistence.none, parser.method === "HEAD", false);
    if (context.limitPost > 0 && parser.contentLength > context.limitPost) {
      this.#refuse(413);
      return;
    }
    const { writer } = parser;
    const hasBody = parser.contentLength > 0;
    if (!hasBody) writer.end();
    const environ = writer.frame();
    const exchange = new Exchange(
      context.dispatcher,
      this,
      environ,
      isSafe(parser.method),
      !hasBody,
      context.log === undefined ? undefined : this.#describe(head.size, environ),
    );
    this.exchange = exchange;
    const { method, path } = parser;
    context.intake?.consider({ method, path, exchange, sink: this.channel });
    if (exchange.answered) return;
    if (hasBody) {
      this.#bodyLeft = parser.contentLength;
      this.deadline = Date.now() + this.timeouts.bodyMs;
      if (rest.length > 0) this.#body(rest);
    } else {
      exchange.submit();
    }
  }

  #describe(bytes: number, environ: Buffer): RequestInfo {
    const parser = this.#parser;
    const address = parser.remoteAddress;
    return {
      method: parser.method,
      uri: parser.uri || parser.path,
      protocol: parser.protocol,
      remoteAddress: this.context.log?.clientOf(address, environ) ?? address,
      vars: parser.writer.count,
      bytes,
    };
  }

  #body(data: Buffer): void {
    const take = Math.min(data.length, this.#bodyLeft);
    this.#bodyLeft -= take;
    this.deadline = this.#bodyLeft > 0 ? Date.now() + this.timeouts.bodyMs : 0;
    this.exchange?.body(take === data.length ? data : data.subarray(0, take));
    if (this.#bodyLeft === 0) this.exchange?.endBody(false);
  }

  #refuse(status: number): void {
    this.#done = true;
    this.#rest = undefined;
    this.writer.begin(Persistence.none, false, false);
    this.own(status);
  }

  protected answered(): void {
    this.#done = true;
    this.close();
  }
}
