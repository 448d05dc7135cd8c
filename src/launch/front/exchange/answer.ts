/** Puts an answer on a client's socket: framing, Date, Connection, back-pressure. */
import { withoutFields } from "../../protocol/answer-head.ts";
import { Flag } from "../../protocol/frame.ts";
import {
  CHUNKED_FIELD,
  chunk,
  type HeadTails,
  HTTP_PREFIX,
  joinAnswer,
  NO_FIELD,
  ownAnswer,
  Persistence,
} from "../../protocol/response.ts";
import type { Memory } from "../transport/memory.ts";

/** Where the bytes of answers go: a channel, or what puts them into a protocol's own frames. */
export interface AnswerSink {
  /** Bytes that nobody has taken yet, and where those of all connections are added up. */
  readonly pending: number;
  readonly memory: Memory | undefined;
  /** Takes over the bytes. */
  write(data: Buffer): void;
}

/** Once no more than this of an answer waits for a slow client its core goes on. */
const AHEAD_BYTES = 1024 * 1024;
/** With more than this the core has to wait too. Apart, or it would stop and go with every read. */
const BEHIND_BYTES = AHEAD_BYTES + 256 * 1024;
/** With more than this of earlier answers still to be taken, the connection's next request has to wait. */
const NEXT_ABOVE_BYTES = 64 * 1024;
const NOTHING = Buffer.alloc(0);

/** Statuses that have no body and no length (RFC 9110 15.3.5, 15.4.5). */
function bodiless(status: number): boolean {
  return status === 204 || status === 304;
}

/** Writes one answer after the other on a socket. */
export class AnswerWriter {
  /** Whether the connection has to be closed to end the answer, or because it was asked for. */
  mustClose = false;
  /** Only the end of the connection ends the answer: neither a length nor chunks do. */
  unframed = false;
  /** The answer is broken off, and nothing that was sent shows it. */
  cutShort = false;
  /** The head is out. */
  begun = false;
  status = 0;
  /** Of the last answer: fields, bytes of head, bytes of body. For the access log. */
  fields = 0;
  headBytes = 0;
  bodyBytes = 0;
  /** What heads begin with. */
  prefix = HTTP_PREFIX;
  readonly #sink: AnswerSink;
  readonly #tails: HeadTails;
  readonly #counts: boolean;
  #persistence: Persistence = Persistence.close;
  #isHead = false;
  #chunks = false;
  #chunked = false;
  #noBody = false;

  /** @param counts whether `fields` is wanted */
  constructor(sink: AnswerSink, tails: HeadTails, counts: boolean) {
    this.#counts = counts;
    this.#sink = sink;
    this.#tails = tails;
  }

  /**
   * A new request.
   * @param persistence how the connection goes on, if the answer's framing allows it
   * @param isHead the answer has no body
   * @param chunks the client understands them (HTTP/1.1)
   */
  begin(persistence: Persistence, isHead: boolean, chunks: boolean): void {
    this.#persistence = persistence;
    this.#isHead = isHead;
    this.#chunks = chunks;
    this.begun = false;
    this.unframed = false;
    this.cutShort = false;
    this.mustClose = persistence === Persistence.close || persistence === Persistence.none;
  }

  /** Bytes that the client has not taken yet are too many: the core should pause. */
  get behind(): boolean {
    const { pending, memory } = this.#sink;
    return pending > 0 && (pending > BEHIND_BYTES || memory?.full === true);
  }

  /** There is room again for what the core has. */
  get ahead(): boolean {
    const { pending, memory } = this.#sink;
    return pending === 0 || (pending <= AHEAD_BYTES && memory?.full !== true);
  }

  /** Too much of earlier answers is left for another: its core would have to wait for this client. */
  get crowded(): boolean {
    const { pending, memory } = this.#sink;
    return pending > 0 && (pending > NEXT_ABOVE_BYTES || memory?.full === true);
  }

  /** The head and the first part of the body; `complete`: that is all. */
  answer(status: number, flags: number, head: Buffer, body: Buffer, complete: boolean): void {
    const { removed } = this.#tails;
    if (removed === undefined) {
      this.#answer(status, flags, head, body, complete);
      return;
    }
    const left = withoutFields(head, flags, removed);
    this.#answer(status, left.flags, left.head, body, complete);
  }

  #answer(status: number, flags: number, head: Buffer, body: Buffer, complete: boolean): void {
    this.begun = true;
    this.status = status;
    this.#noBody = this.#isHead || bodiless(status);
    this.#chunked = false;
    let framing = NO_FIELD;
    if ((flags & Flag.length) === 0 && !this.#noBody) {
      if (this.#chunks) {
        this.#chunked = true;
        framing = CHUNKED_FIELD;
      } else {
        this.unframed = true;
        this.mustClose = true;
        this.cutShort = (flags & Flag.abort) !== 0;
      }
    }
    if (flags & (Flag.close | Flag.abort)) this.mustClose = true;
    const web = this.#persistence !== Persistence.none;
    const persistence = web && this.mustClose ? Persistence.close : this.#persistence;
    // Behind a web server, which has its own, neither is added.
    const date = web && (flags & Flag.date) === 0;
    const server = web && (flags & Flag.server) === 0;
    const tail = this.#tails.tail(persistence, date, server, Date.now());
    let part = this.#noBody ? NOTHING : body;
    this.bodyBytes = part.length;
    this.headBytes = head.length + framing.length + tail.length + this.prefix.length;
    if (this.#chunked) part = chunk(part, complete && !(flags & Flag.abort));
    this.#sink.write(joinAnswer(this.prefix, head, framing, tail, part));
    if (this.#counts) this.fields = countLines(head) - 1;
  }

  /**
   * More of the body.
   * @param kept `part` stays as it is until nothing is pending; else it is only lent
   */
  data(flags: number, part: Buffer, complete: boolean, kept: boolean): void {
    if (flags & Flag.abort) {
      this.mustClose = true;
      this.cutShort = this.unframed;
    }
    if (this.#noBody) return;
    this.bodyBytes += part.length;
    if (this.#chunked) this.#sink.write(chunk(part, complete && !(flags & Flag.abort)));
    else this.#sink.write(kept ? part : Buffer.from(part));
  }

  /** An answer of the front's own. `fields` are more header lines, each with its CRLF. */
  own(status: number, fields = ""): void {
    const { head, body } = ownAnswer(status, fields);
    this.answer(status, Flag.length, head, body, true);
  }
}

function countLines(head: Buffer): number {
  let count = 0;
  for (let at = head.indexOf(10); at >= 0; at = head.indexOf(10, at + 1)) count++;
  return count;
}
