/**
 * FastCGI 1.0: records of an eight-byte header (version, type, u16 request, u16 length, padding, reserved),
 * content and padding, all big-endian. Strategy: the reader goes over what came, wherever it was split,
 * and names what it meets; content is handed out as it comes, so a record is never held as a whole.
 */
import type { CgiVariables } from "./cgi-variables.ts";

/** Types of records (FastCGI 1.0, 8). */
export const RecordType = {
  beginRequest: 1,
  abortRequest: 2,
  endRequest: 3,
  params: 4,
  stdin: 5,
  stdout: 6,
  data: 8,
  getValues: 9,
  getValuesResult: 10,
  unknownType: 11,
} as const;

/** Why a request ended (END_REQUEST's protocolStatus). */
export const ProtocolStatus = {
  requestComplete: 0,
  cannotMultiplex: 1,
  overloaded: 2,
  unknownRole: 3,
} as const;

/** The only role that an application of WSGI has. */
export const RESPONDER = 1;
/** BEGIN_REQUEST's flag: the application does not close the connection. */
export const KEEP_CONNECTION = 1;
/** Bytes of BEGIN_REQUEST's content. */
export const BEGIN_BYTES = 8;

const VERSION = 1;
const HEADER = 8;
/** Bytes of content that one record can have. */
const LARGEST_CONTENT = 65_535;

/** What `RecordReader.next` met. */
export const Met = {
  /** The end of what came. */
  nothing: 0,
  /** A header: `type`, `id` and `length` are the record's. */
  header: 1,
  /** Some of the record's content: `part`. */
  content: 2,
  /** The record's end; of an empty one right after its header. */
  end: 3,
  /** What cannot be a record. */
  fault: 4,
} as const;
export type Met = (typeof Met)[keyof typeof Met];

const NOTHING = Buffer.alloc(0);

/** Reads records out of bytes that come in any pieces. */
export class RecordReader {
  type = 0;
  id = 0;
  /** Bytes of content. */
  length = 0;
  /** The content that was met last, only lent. */
  part: Buffer = NOTHING;
  readonly #header = Buffer.alloc(HEADER);
  #headerBytes = 0;
  #left = 0;
  #padding = 0;
  #state: "header" | "content" | "padding" = "header";
  #data: Buffer = NOTHING;
  #at = 0;

  /** Takes more bytes; `next` then goes over them. */
  feed(data: Buffer): void {
    this.#data = data;
    this.#at = 0;
  }

  /** Nothing of a record has come that is not complete. */
  get between(): boolean {
    return this.#state === "header" && this.#headerBytes === 0;
  }

  /** Goes on to whatever is next. */
  next(): Met {
    switch (this.#state) {
      case "header":
        return this.#readHeader();
      case "content":
        return this.#readContent();
      case "padding": {
        const skipped = Math.min(this.#padding, this.#data.length - this.#at);
        this.#padding -= skipped;
        this.#at += skipped;
        if (this.#padding > 0) return Met.nothing;
        this.#state = "header";
        return this.#readHeader();
      }
    }
  }

  #readHeader(): Met {
    const header = this.#header;
    const had = this.#headerBytes;
    const count = this.#data.copy(header, had, this.#at);
    this.#at += count;
    this.#headerBytes += count;
    // The first byte tells a stranger, who may never send eight.
    if (this.#headerBytes > 0 && header[0] !== VERSION) return Met.fault;
    if (this.#headerBytes < HEADER) return Met.nothing;
    this.#headerBytes = 0;
    this.type = header.readUInt8(1);
    this.id = header.readUInt16BE(2);
    this.length = this.#left = header.readUInt16BE(4);
    this.#padding = header.readUInt8(6);
    this.#state = "content";
    return Met.header;
  }

  #readContent(): Met {
    if (this.#left === 0) {
      this.#state = "padding";
      return Met.end;
    }
    const count = Math.min(this.#left, this.#data.length - this.#at);
    if (count === 0) return Met.nothing;
    this.part = this.#data.subarray(this.#at, this.#at + count);
    this.#at += count;
    this.#left -= count;
    return Met.content;
  }
}

/**
 * Reads name-value pairs (FastCGI 1.0, 3.4): two lengths of one byte, or of four with the first bit set,
 * then the name and the value.
 * @param add takes the offsets of a pair; false ends the reading
 * @returns false when they are not well-formed, or `add` said so
 */
export function readPairs(
  block: Buffer,
  add: (name: number, nameEnd: number, valueEnd: number) => boolean,
): boolean {
  let at = 0;
  while (at < block.length) {
    const nameLength = pairLength(block, at);
    if (nameLength < 0) return false;
    at += (block[at] as number) < 0x80 ? 1 : 4;
    const valueLength = pairLength(block, at);
    if (valueLength < 0) return false;
    at += (block[at] as number) < 0x80 ? 1 : 4;
    const nameEnd = at + nameLength;
    const valueEnd = nameEnd + valueLength;
    if (valueEnd > block.length || !add(at, nameEnd, valueEnd)) return false;
    at = valueEnd;
  }
  return true;
}

/** Reads the variables of a complete PARAMS stream; false when they are not well-formed. */
export function readParams(block: Buffer, variables: CgiVariables): boolean {
  variables.begin(block.length);
  const taken = readPairs(block, (name, nameEnd, valueEnd) =>
    variables.add(block, name, nameEnd, nameEnd, valueEnd),
  );
  if (taken) variables.complete();
  return taken;
}

/** A length at an offset, or -1 when it is not all there. */
function pairLength(block: Buffer, at: number): number {
  const first = block[at];
  if (first === undefined) return -1;
  if (first < 0x80) return first;
  return at + 4 > block.length ? -1 : block.readUInt32BE(at) - 0x80000000;
}

/** Records with this content; none for no content, because an empty record would end a stream. */
export function records(type: number, id: number, content: Buffer): Buffer {
  const count = Math.ceil(content.length / LARGEST_CONTENT);
  const result = Buffer.allocUnsafe(content.length + count * HEADER);
  let at = 0;
  for (let from = 0; from < content.length; from += LARGEST_CONTENT) {
    const length = Math.min(LARGEST_CONTENT, content.length - from);
    writeRecordHeader(result, at, type, id, length);
    content.copy(result, at + HEADER, from, from + length);
    at += HEADER + length;
  }
  return result;
}

/** The record that ends a request. */
export function endRequest(id: number, status: number): Buffer {
  const record = Buffer.alloc(HEADER + 8);
  writeRecordHeader(record, 0, RecordType.endRequest, id, 8);
  record.writeUInt8(status, HEADER + 4);
  return record;
}

/** The end of the answer's stream, and of the request. */
export function endAnswer(id: number): Buffer {
  const stdout = Buffer.alloc(HEADER);
  writeRecordHeader(stdout, 0, RecordType.stdout, id, 0);
  return Buffer.concat([stdout, endRequest(id, ProtocolStatus.requestComplete)]);
}

/** The answer to a management record of a type that is not known. */
export function unknownType(type: number): Buffer {
  const record = Buffer.alloc(HEADER + 8);
  writeRecordHeader(record, 0, RecordType.unknownType, 0, 8);
  record.writeUInt8(type, HEADER);
  return record;
}

/**
 * The answer to GET_VALUES.
 * @param asked its content: names without values
 * @param known short names and values, of ASCII
 * @returns undefined when what was asked is not well-formed
 */
export function valuesResult(
  asked: Buffer,
  known: ReadonlyMap<string, string>,
): Buffer | undefined {
  const pairs: Buffer[] = [];
  const names = new Set<string>();
  const taken = readPairs(asked, (name, nameEnd) => {
    names.add(asked.toString("latin1", name, nameEnd));
    return true;
  });
  if (!taken) return undefined;
  for (const name of names) {
    const value = known.get(name);
    if (value === undefined) continue; // as the specification has it, what is not known is left out
    pairs.push(Buffer.from([name.length, value.length]), Buffer.from(name + value, "latin1"));
  }
  const content = Buffer.concat(pairs);
  if (content.length > 0) return records(RecordType.getValuesResult, 0, content);
  const empty = Buffer.alloc(HEADER);
  writeRecordHeader(empty, 0, RecordType.getValuesResult, 0, 0);
  return empty;
}

function writeRecordHeader(
  target: Buffer,
  at: number,
  type: number,
  id: number,
  length: number,
): void {
  target.writeUInt8(VERSION, at);
  target.writeUInt8(type, at + 1);
  target.writeUInt16BE(id, at + 2);
  target.writeUInt16BE(length, at + 4);
  target.writeUInt16BE(0, at + 6);
}
