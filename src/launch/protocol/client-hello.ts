/**
 * The beginning of a TLS connection, looked at before TLS: whether it is one at all, and which name the
 * client asks for (RFC 8446 4.1.2, RFC 6066 3). What is odd about a hello is left to OpenSSL to refuse.
 */

/** A record's header: type, version, length. */
const RECORD_HEADER = 5;
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const HOST_NAME = 0;
/** Bytes of a hello that are waited for; OpenSSL takes no longer one in a record. */
export const HELLO_BYTES = 17 * 1024;

/** What the first bytes say. */
export type Hello =
  /** More bytes are needed. */
  | { readonly kind: "part" }
  /** This is not TLS. */
  | { readonly kind: "other" }
  /** `name` in lower case, undefined when none is asked for. */
  | { readonly kind: "tls"; readonly name: string | undefined };

const PART: Hello = { kind: "part" };
const NAMELESS: Hello = { kind: "tls", name: undefined };

/** Looks at all bytes that have come. */
export function readHello(data: Buffer): Hello {
  if (data.length > 0 && data[0] !== HANDSHAKE) return { kind: "other" };
  const message = handshakeBytes(data);
  if (message.length >= 4) {
    if (message[0] !== CLIENT_HELLO) return NAMELESS;
    const end = 4 + message.readUIntBE(1, 3);
    if (message.length >= end) return { kind: "tls", name: nameIn(message.subarray(4, end)) };
  }
  return data.length > HELLO_BYTES ? NAMELESS : PART;
}

/** The payload of the records that came; a hello may be cut into several. */
function handshakeBytes(data: Buffer): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  while (at + RECORD_HEADER <= data.length && data[at] === HANDSHAKE) {
    const size = data.readUInt16BE(at + 3);
    parts.push(data.subarray(at + RECORD_HEADER, at + RECORD_HEADER + size));
    at += RECORD_HEADER + size;
  }
  const [first] = parts;
  return parts.length === 1 && first !== undefined ? first : Buffer.concat(parts);
}

/** Walks over a hello's fields; undefined where one does not fit. */
function nameIn(hello: Buffer): string | undefined {
  let at = 2 + 32; // version, random
  const skip = (sizeBytes: number): boolean => {
    if (at + sizeBytes > hello.length) return false;
    at += sizeBytes + hello.readUIntBE(at, sizeBytes);
    return at <= hello.length;
  };
  if (!skip(1) || !skip(2) || !skip(1)) return undefined; // session, ciphers, compression
  at += 2; // length of all extensions
  while (at + 4 <= hello.length) {
    const type = hello.readUInt16BE(at);
    const start = at + 4;
    const end = start + hello.readUInt16BE(at + 2);
    if (end > hello.length) return undefined;
    if (type === SERVER_NAME) return hostName(hello.subarray(start, end));
    at = end;
  }
  return undefined;
}

function hostName(list: Buffer): string | undefined {
  if (list.length < 5 || list[2] !== HOST_NAME) return undefined;
  const end = 5 + list.readUInt16BE(3);
  return end > list.length || end === 5 ? undefined : list.toString("latin1", 5, end).toLowerCase();
}
