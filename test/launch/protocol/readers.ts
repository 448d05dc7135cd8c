/** The parsers of src/launch/protocol, each as a function from pieces of bytes to what was read. */
import { CgiVariables } from "../../../src/launch/protocol/cgi-variables.ts";
import { ChunkedDecoder } from "../../../src/launch/protocol/chunked.ts";
import { FRAME_HEADER, FrameReader } from "../../../src/launch/protocol/frame.ts";
import { findHeadEnd } from "../../../src/launch/protocol/head-bytes.ts";
import { HeadParser } from "../../../src/launch/protocol/http-head.ts";
import {
  PACKET_HEADER,
  packetHead,
  readPacket as readBlock,
} from "../../../src/launch/protocol/uwsgi.ts";
import { lend } from "../../helpers/delivery.ts";
import { unmarshal } from "../../helpers/marshal.ts";

/** What a parser made of bytes; comparable. */
export type Read =
  | { readonly kind: "more" }
  | { readonly kind: "refused"; readonly why: number | string }
  | {
      readonly kind: "read";
      readonly what: unknown;
      /** Offset of the first byte that does not belong to it. */
      readonly end: number;
    };

/** Turns pieces into a result. */
export type Reader = (pieces: readonly Buffer[]) => Read;

const LIMIT_BYTES = 8192;
const MORE: Read = { kind: "more" };

/** Gathers pieces until `look` comes to something. */
function gathering(look: (data: Buffer, seen: number) => Read): Reader {
  return (pieces) => {
    let data = Buffer.alloc(0);
    for (const piece of pieces) {
      const seen = data.length;
      data = Buffer.concat([data, piece]);
      const found = look(data, seen);
      if (found.kind !== "more") return found;
    }
    return MORE;
  };
}

const heads = new HeadParser();

/** A head: its environ and what the parser tells of it. */
export const readHead: Reader = gathering((data, seen) => {
  const end = findHeadEnd(data, 0, LIMIT_BYTES, seen);
  if (end < 0) return { kind: "refused", why: 400 };
  if (end === 0) return MORE;
  const why = heads.parse(data, 0, end);
  if (why !== 0) return { kind: "refused", why };
  heads.writer.end();
  const { method, http10, keepAlive, contentLength, chunked, expectContinue, writer } = heads;
  const environ = unmarshal(writer.frame().subarray(FRAME_HEADER));
  const path = data.toString("latin1", heads.pathStart, heads.pathEnd);
  const what = { environ, method, path, http10, keepAlive, contentLength, chunked, expectContinue };
  return { kind: "read", what, end: heads.end };
});

/** A chunked body. */
export const readChunked: Reader = (pieces) => {
  const decoder = new ChunkedDecoder();
  let body = "";
  let end = 0;
  for (const piece of pieces) {
    const used = decoder.push(piece, 0, (part) => {
      body += part.toString("latin1");
    });
    if (used < 0) return { kind: "refused", why: 400 };
    end += used;
    if (decoder.done) return { kind: "read", what: body, end };
  }
  return MORE;
};

const packets = new CgiVariables();

/** A uwsgi packet. */
export const readPacket: Reader = gathering((data) => {
  const head = packetHead(data);
  if (head === undefined || data.length < PACKET_HEADER + head.size) return MORE;
  const end = PACKET_HEADER + head.size;
  if (!readBlock(data.subarray(PACKET_HEADER, end), packets)) return { kind: "refused", why: 400 };
  packets.writer.end();
  const { method, uri, path, protocol, remoteAddress, contentLength, writer } = packets;
  const environ = unmarshal(writer.frame().subarray(FRAME_HEADER));
  const what = { head, environ, method, uri, path, protocol, remoteAddress, contentLength };
  return { kind: "read", what, end };
});

/** Frames from a core; `end` is not told, for they go on. */
export const readFrames: Reader = (pieces) => {
  const seen: unknown[] = [];
  let body = "";
  const part = (flags: number, bytes: Buffer, left: number) => {
    body += bytes.toString("latin1");
    if (left > 0) return;
    seen.push(["body", flags, body]);
    body = "";
  };
  const reader = new FrameReader({
    hello: (payload) => seen.push(["hello", payload.toString("latin1")]),
    skipped: (number) => seen.push(["skipped", number]),
    deadline: (number, seconds) => seen.push(["deadline", number, seconds]),
    answer: (number, status, flags, head, bytes, left) => {
      seen.push(["answer", number, status, flags, head.toString("latin1")]);
      part(flags, bytes, left);
    },
    data: part,
    file: (number, status, flags, head, place) => {
      seen.push(["file", number, status, flags, head.toString("latin1"), place]);
    },
  });
  try {
    lend(pieces, (piece) => reader.push(piece));
  } catch (error) {
    // What came before a broken frame depends on nothing but the bytes; the message has the number.
    const why = error instanceof Error ? error.message : String(error);
    if (
      !/^(answer head of|hello of|frame of unknown kind|(skipped|deadline|worn) frame of|a file('s| without))/.test(
        why,
      )
    )
      throw error;
    return { kind: "refused", why: JSON.stringify([seen, why]) };
  }
  return { kind: "read", what: [seen, body], end: 0 };
};
