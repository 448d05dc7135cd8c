/** Puts answers into FastCGI records. */
import { endAnswer, RecordType, records } from "../../protocol/fastcgi.ts";
import type { Channel } from "../transport/channel.ts";
import type { Memory } from "../transport/memory.ts";
import type { AnswerSink } from "./answer.ts";
import type { FileSink } from "./file-answer.ts";

/** Stands between an answer's writer and the channel. */
export class RecordOutput implements AnswerSink, FileSink {
  /** The request that is answered; 0: what is written goes out as it is. */
  id = 0;
  readonly #channel: Channel;
  #held: Buffer | undefined;
  #holds = false;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  get pending(): number {
    return this.#channel.pending;
  }

  get memory(): Memory | undefined {
    return this.#channel.memory;
  }

  get closed(): boolean {
    return this.#channel.closed;
  }

  idle(): Promise<void> {
    return this.#channel.idle();
  }

  /** The next write is an answer's last, and `end` follows: they go out together. */
  holdLast(): void {
    this.#holds = true;
  }

  write(data: Buffer): void {
    const framed = this.id === 0 ? data : records(RecordType.stdout, this.id, data);
    if (this.#holds) this.#held = framed;
    else this.#channel.write(framed);
  }

  /** Ends the answer. */
  end(): void {
    const last = endAnswer(this.id);
    this.#channel.write(this.#held === undefined ? last : Buffer.concat([this.#held, last]));
    this.#held = undefined;
    this.#holds = false;
  }
}
