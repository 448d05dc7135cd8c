/** Settings of TLS: certificates, which of them is for whom, and what is refused of a client. */
import { resolve } from "node:path";
import type { Place } from "../source.ts";

/** A certificate with its key. Each text is an absolute path, or the PEM text itself (see isPem). */
export interface TlsIdentity {
  /** The server's certificate, then the ones that lead to its root. */
  readonly certificate: string;
  readonly key: string;
  /** OpenSSL's list for TLS 1.2 and before; undefined is Node's own. */
  readonly ciphers: string | undefined;
  readonly clientCa: ClientCa | undefined;
}

/** Who signs the certificates of clients. */
export interface ClientCa {
  readonly source: string;
  /** A client without a certificate is refused; one with a wrong certificate always is. */
  readonly required: boolean;
}

/** What a socket needs to speak TLS. */
export interface SocketTls {
  readonly identity: TlsIdentity;
  /** Offer HTTP/2 to clients that ask by ALPN. */
  readonly http2: boolean;
}

/** A certificate for clients that ask for a name, on every socket with TLS. */
export interface SniSetting {
  /** The name in lower case, or a regular expression that is found somewhere in it. */
  readonly name: string;
  readonly kind: "name" | "regexp";
  readonly identity: TlsIdentity;
  readonly place: Place;
}

/** What all sockets with TLS share. */
export interface TlsSettings {
  /** In the order written: of several that fit the first is taken, names before regular expressions. */
  readonly sni: readonly SniSetting[];
  /** Directory with NAME.crt, NAME.key and perhaps NAME.ca, for names that `sni` does not have. */
  readonly sniDir: string | undefined;
  readonly sniDirCiphers: string | undefined;
  /** Give the application a client's certificate as PEM, HTTPS_CC. */
  readonly exportCert: boolean;
  /** Offer HTTP/2 on `https` and `https-socket` too. */
  readonly http2: boolean;
  /** Sessions are resumed by servers with the same text only; undefined: each socket has its own. */
  readonly sessionContext: string | undefined;
  /** Seconds for which a session can be resumed. */
  readonly sessionTimeout: number;
  /** Certificates that may stand between a client's and the one of the client CA. */
  readonly verifyDepth: number;
  /** TLS 1.0 and 1.1 too. */
  readonly tlsv1: boolean;
  /** OpenSSL's SSL_OP_ bits to set. */
  readonly options: number;
  /** Log every handshake that fails. */
  readonly verbose: boolean;
}

/** The fields of TlsSettings, writable. */
export type TlsDraft = { -readonly [K in keyof TlsSettings]: TlsSettings[K] } & {
  sni: SniSetting[];
};

/** uWSGI's defaults. */
export function noTls(): TlsDraft {
  return {
    sni: [],
    sniDir: undefined,
    sniDirCiphers: undefined,
    exportCert: false,
    http2: false,
    sessionContext: undefined,
    sessionTimeout: 300,
    verifyDepth: 1,
    tlsv1: false,
    options: 0,
    verbose: false,
  };
}

/** With its paths made absolute: unlike the files of sockets, uWSGI looks into `sni-dir` after `chdir`. */
export function finishTls(tls: TlsDraft, inChdir: (path: string) => string): TlsSettings {
  return { ...tls, sniDir: tls.sniDir === undefined ? undefined : inChdir(tls.sniDir) };
}

/** Whether a text is a certificate or key itself, as `@(file)` puts it into a value, and not a path. */
export function isPem(source: string): boolean {
  return source.startsWith("-----BEGIN ");
}

/** The identity that `CERT,KEY[,CIPHERS[,CLIENT_CA]]` names; files are relative to the start, as in uWSGI. */
export function identityOf(
  certificate: string,
  key: string,
  ciphers: string | undefined,
  clientCa: string | undefined,
  startDirectory: string,
): TlsIdentity {
  const source = (text: string) => (isPem(text) ? text : resolve(startDirectory, text));
  const required = clientCa?.startsWith("!") === true;
  return {
    certificate: source(certificate),
    key: source(key),
    ciphers: ciphers || undefined,
    clientCa: clientCa ? { source: source(clientCa.slice(required ? 1 : 0)), required } : undefined,
  };
}
