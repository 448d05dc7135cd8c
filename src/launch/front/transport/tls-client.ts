/** The client's side of a TLS connection: whether its certificate is accepted, and what the application sees. */
import type { X509Certificate } from "node:crypto";
import type { DetailedPeerCertificate, TLSSocket } from "node:tls";
import type { FrontTls, TlsMaterial } from "../../messages.ts";
import { marshalPair, marshalText } from "../../protocol/environ.ts";

/** Variables of a connection that came over TLS, for its requests' environs. */
export interface SecureVars {
  /** Keys and values, marshalled. */
  readonly marshalled: Buffer;
  readonly count: number;
}

/** A certificate that is longer is refused: each request of its connection carries it twice. */
const CERTIFICATE_BYTES = 16 * 1024;
/** Certificates of a chain that are looked at; ssl-verify-depth is at most 100. */
const CHAIN_LENGTH = 128;

const PLAIN = Buffer.concat([marshalPair("HTTPS", "on"), marshalPair("wsgi.url_scheme", "https")]);
const ANONYMOUS: SecureVars = { marshalled: PLAIN, count: 2 };

/**
 * Why a client is refused after the handshake, undefined when it is not. As in uWSGI a certificate may be
 * left out where it is not required, but one that is shown has to be right.
 */
export function clientFault(
  socket: TLSSocket,
  clientCa: TlsMaterial["clientCa"],
  verifyDepth: number,
): string | undefined {
  if (clientCa === undefined) return undefined;
  // Before anything asks for an X509Certificate, which takes the chain out of the connection (Node 20).
  const certificate: Partial<DetailedPeerCertificate> = socket.getPeerCertificate(true);
  if (certificate.raw === undefined)
    return clientCa.required ? "the client has no certificate" : undefined;
  if (!socket.authorized) return `the client's certificate: ${socket.authorizationError}`;
  if (certificate.raw.length > CERTIFICATE_BYTES) return "the client's certificate is too long";
  if (intermediates(certificate) > verifyDepth)
    return "the client's certificate chain is longer than ssl-verify-depth";
  return undefined;
}

/** Certificates between the first of a chain and its root; Infinity when it does not lead to one. */
function intermediates(leaf: Partial<DetailedPeerCertificate>): number {
  let at = leaf;
  for (let length = 1; length <= CHAIN_LENGTH; length++) {
    const { issuerCertificate } = at;
    if (issuerCertificate === at) return Math.max(0, length - 2);
    if (issuerCertificate === undefined) break;
    at = issuerCertificate;
  }
  return Number.POSITIVE_INFINITY;
}

/** HTTPS, and what uWSGI tells of a client's certificate. */
export function secureVars(socket: TLSSocket, { exportCert }: FrontTls): SecureVars {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return ANONYMOUS;
  const pairs = [
    PLAIN,
    pair("HTTPS_CLIENT_CERTIFICATE", certificate.raw.toString("latin1")),
    pair("HTTPS_DN", distinguishedName(certificate)),
  ];
  if (exportCert) pairs.push(pair("HTTPS_CC", certificate.toString()));
  return { marshalled: Buffer.concat(pairs), count: 1 + pairs.length };
}

function pair(name: string, value: string): Buffer {
  return Buffer.concat([marshalText(name), marshalText(value)]);
}

/**
 * The subject in OpenSSL's old form, `/O=Name/CN=name`, with bytes that are not printable ASCII as `\xNN`. A
 * slash in a value is escaped like that too: OpenSSL leaves it, and a name could look like two.
 */
export function distinguishedName({ subject }: Pick<X509Certificate, "subject">): string {
  return (subject ?? "")
    .split("\n")
    .flatMap((line) => line.split(/(?<!\\) \+ /)) // several attributes at one level
    .filter((line) => line !== "")
    .map((line) => {
      const at = line.indexOf("=");
      return `/${line.slice(0, at)}=${escaped(unescaped(line.slice(at + 1)))}`;
    })
    .join("");
}

/** Takes back Node's escapes of RFC 2253: `\,` and, for a byte, `\0A`. */
function unescaped(value: string): Buffer {
  const bytes: number[] = [];
  const source = Buffer.from(value);
  for (let at = 0; at < source.length; at++) {
    const byte = source.readUInt8(at);
    if (byte !== 0x5c || at + 1 === source.length) {
      bytes.push(byte);
      continue;
    }
    const hex = source.toString("latin1", at + 1, at + 3);
    if (/^[\dA-F]{2}$/i.test(hex)) {
      bytes.push(Number.parseInt(hex, 16));
      at += 2;
    } else {
      bytes.push(source.readUInt8(++at));
    }
  }
  return Buffer.from(bytes);
}

function escaped(bytes: Buffer): string {
  return Array.from(bytes, (byte) =>
    byte < 0x20 || byte > 0x7e || byte === 0x2f
      ? `\\x${byte.toString(16).toUpperCase().padStart(2, "0")}`
      : String.fromCharCode(byte),
  ).join("");
}
