/** A FastCGI connection, as nginx's fastcgi_pass opens it: requests one after the other, if the peer wants that. */
import {
  BEGIN_BYTES,
  endRequest,
  KEEP_CONNECTION,
  Met,
  ProtocolStatus,
  RESPONDER,
  RecordReader,
  RecordType,
  readParams,
  unknownType,
  valuesResult,
} from "../../protocol/fastcgi.ts";
import { Flag } from "../../protocol/frame.ts";
import { MAX_WAITING } from "../cores/dispatch.ts";
import { RecordOutput } from "../exchange/record-output.ts";
import type { Channel } from "../transport/channel.ts";
import type { FrontContext } from "./connection.ts";
import { GatewayConnection, type GatewayListener } from "./gateway.ts";
import { isCapital } from "./scgi.ts";

/** Bytes of a record that is read as a whole: BEGIN_REQUEST and GET_VALUES. */
const CONTROL_BYTES = 1024;
const NOTHING = Buffer.alloc(0);
/** What GET_VALUES can ask for. */
const VALUES = new Map([
  ["FCGI_MAX_CONNS", String(MAX_WAITING)],
  ["FCGI_MAX_REQS", String(MAX_WAITING)],
  ["FCGI_MPXS_CONNS", "0"],
]);

/** Where the content of the present record goes. */
type Taker = "control" | "params" | "stdin" | "nobody";

/**
 * One connection with one request at a time. Its states: idle, reading the variables (`params`), waiting for
 * the first record of the body (`known`), reading the body, waiting for the answer (`wait`). Records of other
 * requests than the one in hand are skipped, as the specification has it; so is what is left of a body after
 * an early answer.
 */
export class FastcgiConnection extends GatewayConnection {
  readonly #reader = new RecordReader();
  readonly #output: RecordOutput;
  #state: "idle" | "params" | "known" | "body" | "wait" = "idle";
  #taker: Taker = "nobody";
  /** The request in hand; 0: none. */
  #id = 0;
  #keep = false;
  /** PARAMS so far, or the content of a control record. */
  #gathered = NOTHING;
  #gatheredBytes = 0;
  #paramBytes = 0;
  /** The body's bytes, by CONTENT_LENGTH (-1: it says nothing) and so far. */
  #declared = -1;
  #bodySeen = 0;
  /** No record has come yet. */
  #fresh = true;
  /** The answer was broken off, so that its end must not look like one. */
  #broken = false;

  constructor(context: FrontContext, channel: Channel, listener: GatewayListener) {
    const output = new RecordOutput(channel);
    super(context, channel, listener, output);
    this.#output = output;
    this.deadline = Date.now() + this.timeouts.headMs;
  }

  protected received(data: Buffer): void {
    const reader = this.#reader;
    reader.feed(data);
    while (!this.closing && !this.socket.destroyed) {
      switch (reader.next()) {
        case Met.nothing:
          return;
        case Met.header:
          this.#header();
          break;
        case Met.content:
          this.#content(reader.part);
          break;
        case Met.end:
          this.#end();
          break;
        case Met.fault:
          this.#notFastcgi(data);
          return;
      }
    }
  }

  protected halfClosed(): void {
    if (this.#state === "wait") return; // the answer still goes out: answered() closes then
    if (this.#state === "idle" && this.#reader.between) this.close();
    else this.socket.destroy();
  }

  drain(): void {
    // Nothing of the peer's is unread, so there is no reset and no need to wait for it.
    if (this.#state === "idle" && this.#reader.between) this.socket.destroySoon();
  }

  protected idleDeadline(): number {
    if (this.#state === "wait" || this.bodyPaused) return 0;
    if (this.#state === "idle") return Date.now() + this.timeouts.idleMs;
    return Date.now() + (this.#state === "params" ? this.timeouts.headMs : this.timeouts.bodyMs);
  }

  override answer(
    status: number,
    flags: number,
    head: Buffer,
    body: Buffer,
    complete: boolean,
  ): void {
    this.#last(flags, complete);
    super.answer(status, flags, head, body, complete);
  }

  override data(flags: number, part: Buffer, complete: boolean, kept = false): void {
    this.#last(flags, complete);
    super.data(flags, part, complete, kept);
  }

  #last(flags: number, complete: boolean): void {
    if (flags & Flag.abort) this.#broken = true;
    else if (complete) this.#output.holdLast();
  }

  protected answered(): void {
    if (this.#broken) {
      this.socket.destroy();
      return;
    }
    if (this.#output.id === 0) {
      this.close();
      return;
    }
    this.#output.end();
    this.#finish();
  }

  /** The request in hand is over. */
  #finish(): void {
    this.#id = 0;
    this.#state = "idle";
    this.#taker = "nobody";
    this.#gathered = NOTHING;
    if (!this.#keep || this.context.parting || this.ended) this.close();
    else this.deadline = Date.now() + this.timeouts.idleMs;
  }

  /** Decides about a record by its header. */
  #header(): void {
    const { type, id, length } = this.#reader;
    const ours = id === this.#id && id !== 0;
    this.#taker = "nobody";
    this.#fresh = false;
    if (type === RecordType.beginRequest || (id === 0 && type === RecordType.getValues)) {
      this.#taker = "control";
      this.#gather(length, CONTROL_BYTES);
    } else if (ours && type === RecordType.params && this.#state === "params") {
      this.#taker = "params";
    } else if (ours && type === RecordType.stdin && this.#state === "body") {
      this.#taker = "stdin";
    } else if (ours && type === RecordType.stdin && this.#state === "known") {
      this.#start(length);
    } else if (ours && type === RecordType.abortRequest) {
      this.#abort();
    } else if (ours && (type === RecordType.params || type === RecordType.stdin)) {
      this.#fault("its records come in the wrong order");
    } else if (id === 0) {
      this.#reply(unknownType(type));
    }
  }

  /** Makes room for content that is read as a whole. */
  #gather(length: number, limit: number): void {
    if (length > limit) {
      this.#fault(`a record of type ${this.#reader.type} has ${length} bytes`);
      return;
    }
    this.#gathered = Buffer.allocUnsafe(length);
    this.#gatheredBytes = 0;
  }

  #content(part: Buffer): void {
    switch (this.#taker) {
      case "control":
        part.copy(this.#gathered, this.#gatheredBytes);
        this.#gatheredBytes += part.length;
        break;
      case "params":
        this.#params(part);
        break;
      case "stdin":
        this.#body(part);
        break;
      case "nobody":
        break;
    }
  }

  #end(): void {
    const { type, id, length } = this.#reader;
    switch (this.#taker) {
      case "control":
        if (type === RecordType.getValues) this.#values();
        else this.#beginRequest(id);
        break;
      case "params":
        if (length > 0) break;
        this.#state = "known";
        this.deadline = Date.now() + this.timeouts.bodyMs;
        break;
      case "stdin":
        if (length === 0) this.#bodyDone();
        break;
      case "nobody":
        break;
    }
  }

  #values(): void {
    const result = valuesResult(this.#gathered, VALUES);
    if (result === undefined) this.#fault("a GET_VALUES record is not well-formed");
    else this.#reply(result);
  }

  #beginRequest(id: number): void {
    const content = this.#gathered;
    this.#gathered = NOTHING;
    if (id === 0 || content.length !== BEGIN_BYTES) {
      this.#fault("a BEGIN_REQUEST record is not well-formed");
    } else if (id === this.#id) {
      this.#fault("a request begins twice");
    } else if (this.#id !== 0 || this.writer.crowded) {
      this.#reply(endRequest(id, ProtocolStatus.cannotMultiplex));
    } else if (content.readUInt16BE(0) !== RESPONDER) {
      this.#reply(endRequest(id, ProtocolStatus.unknownRole));
    } else {
      this.#id = id;
      this.#output.id = id;
      this.#keep = (content.readUInt8(2) & KEEP_CONNECTION) !== 0;
      this.#state = "params";
      this.#paramBytes = 0;
      this.#bodySeen = 0;
      this.deadline = Date.now() + this.timeouts.headMs;
    }
  }

  #params(part: Buffer): void {
    const { bufferSize } = this.context;
    const bytes = this.#paramBytes + part.length;
    if (bytes > bufferSize) {
      this.complain(`a request's variables have more than buffer-size = ${bufferSize} bytes`);
      this.#refuse(431);
      return;
    }
    if (bytes > this.#gathered.length) {
      const room = Buffer.allocUnsafe(Math.min(bufferSize, Math.max(bytes, 2 * this.#paramBytes)));
      this.#gathered.copy(room, 0, 0, this.#paramBytes);
      this.#gathered = room;
    }
    part.copy(this.#gathered, this.#paramBytes);
    this.#paramBytes = bytes;
  }

  /** The first record of the body, which is empty where there is none: now the request is known. */
  #start(length: number): void {
    const block = this.#gathered.subarray(0, this.#paramBytes);
    const { variables } = this;
    this.#gathered = NOTHING;
    if (!readParams(block, variables)) {
      this.complain("the variables of a FastCGI request are not well-formed");
      this.#refuse(400);
      return;
    }
    if (!variables.has("PATH_INFO")) {
      this.complain(
        "a request has no PATH_INFO, so it is taken for `/`; add `fastcgi_param PATH_INFO $document_uri;` in nginx",
      );
    }
    this.#declared = variables.contentLength;
    const hasBody = length > 0;
    if (hasBody ? this.#declared === 0 : this.#declared > 0) {
      this.#refuseBody();
      return;
    }
    this.#state = hasBody ? "body" : "wait";
    this.#taker = hasBody ? "stdin" : "nobody";
    this.deadline = this.idleDeadline();
    this.begin(this.#paramBytes, hasBody);
  }

  #body(part: Buffer): void {
    const { limitPost } = this.context;
    this.#bodySeen += part.length;
    if (this.#declared >= 0 && this.#bodySeen > this.#declared) {
      this.#refuseBody();
    } else if (limitPost > 0 && this.#bodySeen > limitPost) {
      this.#refuse(413);
    } else {
      this.deadline = this.idleDeadline();
      this.exchange?.body(part);
    }
  }

  #bodyDone(): void {
    if (this.#declared > this.#bodySeen) {
      this.#refuseBody();
      return;
    }
    this.#state = "wait";
    this.deadline = 0;
    this.exchange?.endBody(this.#declared < 0);
  }

  #refuseBody(): void {
    this.complain("a FastCGI request's body has not as many bytes as its CONTENT_LENGTH says");
    this.#refuse(400);
  }

  /** The peer's own client has gone. */
  #abort(): void {
    this.exchange?.abandon();
    this.exchange = undefined;
    this.#reply(endRequest(this.#id, ProtocolStatus.requestComplete));
    this.#finish();
  }

  #refuse(status: number): void {
    this.#taker = "nobody";
    this.refuse(status);
  }

  /** Sends a record that belongs to no answer. */
  #reply(record: Buffer): void {
    // A peer that asks and asks without taking the answers is not to fill the memory.
    if (this.writer.crowded) this.socket.destroy();
    else this.channel.write(record);
  }

  /** What cannot be answered, because it is not known where the next record begins or whose it is. */
  #fault(what: string): void {
    this.complain(`a FastCGI connection is ended: ${what}`);
    this.socket.destroy();
  }

  #notFastcgi(data: Buffer): void {
    if (!this.#fresh || !isCapital(data[0])) {
      this.#fault("what came is no record of FastCGI 1.0");
      return;
    }
    this.refuseHttp("FastCGI");
  }
}
