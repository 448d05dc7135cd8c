/** A request that another server answers: the part of a core is played by a connection to it. */
import { connect, type Socket } from "node:net";
import type { Address } from "../../../options/address.ts";
import { Flag } from "../../protocol/frame.ts";
import { chunk } from "../../protocol/response.ts";
import { AnswerReader } from "../../routing/upstream-response.ts";
import type { Exchange, Holder } from "../exchange/exchange.ts";

/** For the connection to be made. */
const CONNECT_MS = 10_000;
/** Without a byte of the answer once the request is out; also between two of its parts. */
const ANSWER_MS = 60_000;
const NOTHING = Buffer.alloc(0);

/** What to send, and where. */
export interface UpstreamRequest {
  readonly address: Exclude<Address, { kind: "abstract" }>;
  readonly head: Buffer;
  /** The body goes on in chunks. */
  readonly chunked: boolean;
  readonly headOnly: boolean;
}

/** One request on its own connection. */
export class Upstream implements Holder {
  readonly worker = { id: 0, pid: process.pid, requests: 0, tx: 0 };
  readonly index = 0;
  writeErrors = 0;
  readErrors = 0;
  readonly #socket: Socket;
  readonly #exchange: Exchange;
  readonly #reader: AnswerReader;
  readonly #chunked: boolean;
  readonly #complain: (message: string) => void;
  #timer: NodeJS.Timeout;
  #paused = false;
  #over = false;
  /** What is known of the answer but not said: a core's last part says that it is the last. */
  #head: { readonly status: number; readonly flags: number; readonly head: Buffer } | undefined;

  /** @param complain logs what goes wrong, for the person who configured it */
  constructor(request: UpstreamRequest, exchange: Exchange, complain: (message: string) => void) {
    this.#exchange = exchange;
    this.#chunked = request.chunked;
    this.#complain = complain;
    this.#reader = new AnswerReader(request.headOnly);
    const { address } = request;
    const to = address.kind === "tcp" ? { host: address.host, port: address.port } : address;
    const socket = connect(to);
    this.#socket = socket;
    this.#timer = setTimeout(() => this.#fail(504, "it does not answer"), CONNECT_MS);
    socket.on("connect", () => this.#wait());
    socket.on("data", (data) => this.#received(data));
    socket.on("drain", () => this.#exchange.coreDrained());
    socket.on("end", () => this.#ended());
    socket.on("error", (error) => this.#fail(502, error.message));
    socket.on("close", () => this.#ended());
    socket.write(request.head);
  }

  get bodyBacklog(): number {
    return this.#socket.writableLength;
  }

  sendBody(part: Buffer, flags: number): void {
    if (this.#over) return;
    if (flags & Flag.abort) {
      this.#close();
      return;
    }
    if (part.length > 0) this.#socket.write(this.#chunked ? chunk(part, false) : Buffer.from(part));
    if (flags & Flag.final && this.#chunked) this.#socket.write(chunk(NOTHING, true));
    this.#wait();
  }

  abandoned(): void {
    this.#close();
  }

  pause(): void {
    this.#paused = true;
    clearTimeout(this.#timer); // it is the client that is slow
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#paused || this.#over) return;
    this.#paused = false;
    this.#wait();
    this.#socket.resume();
  }

  #wait(): void {
    if (this.#over || this.#paused || this.#socket.connecting) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#fail(504, "it does not answer"), ANSWER_MS);
  }

  #received(data: Buffer): void {
    if (this.#over) return;
    this.#wait();
    const parts: Buffer[] = [];
    const sound = this.#reader.push(data, {
      head: (status, flags, head) => {
        this.#head = { status, flags, head };
      },
      body: (bytes) => void parts.push(bytes),
    });
    if (!sound && this.#head === undefined && !this.#reader.begun) {
      this.#fail(502, "what it sends is not an answer of HTTP");
      return;
    }
    this.#say(Buffer.concat(parts), sound ? 0 : Flag.abort, !sound || this.#reader.done);
  }

  #ended(): void {
    if (this.#over) return;
    const whole = this.#reader.end();
    if (!this.#reader.begun) this.#fail(502, "it closed the connection without an answer");
    else this.#say(NOTHING, whole ? 0 : Flag.abort, true);
  }

  #say(body: Buffer, flags: number, complete: boolean): void {
    const exchange = this.#exchange;
    const head = this.#head;
    this.#head = undefined;
    const { waiting } = exchange;
    const all = flags | (complete ? Flag.final : 0);
    if (exchange.abandoned || exchange.answered) {
      this.#close();
      return;
    }
    if (head) waiting.answer(head.status, head.flags | all, head.head, body, complete);
    else if (body.length > 0 || complete) waiting.data(all, body, complete);
    if (!complete) return;
    this.#close();
    exchange.finished();
  }

  #fail(status: number, reason: string): void {
    if (this.#over) return;
    const exchange = this.#exchange;
    this.#close();
    this.#complain(`a request was routed to another server, and ${reason}`);
    if (exchange.abandoned || exchange.answered) return;
    exchange.waiting.fail(status);
    exchange.finished();
  }

  #close(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#socket.destroy();
  }
}
