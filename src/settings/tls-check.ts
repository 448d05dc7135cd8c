/** What can be said about certificates and keys before a start. */

import { createPrivateKey, X509Certificate } from "node:crypto";
import { basename } from "node:path";
import type { Place } from "../source.ts";
import type { Machine } from "./machine.ts";
import type { SayOne } from "./say.ts";
import type { Settings } from "./settings.ts";
import { type ClientCa, isPem, type TlsIdentity } from "./tls-settings.ts";

/** Who hears of faults, and where they are. */
interface At {
  readonly machine: Machine;
  readonly place: Place | undefined;
  readonly error: SayOne;
  readonly warn: SayOne;
}

const PEM_BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/;
const ENCRYPTED = /BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: *4,ENCRYPTED/;
/** Read by users who are neither the owner nor in the group. */
const OTHERS_READ = 0o004;

/**
 * Reports certificates and keys that a start could not use, or that clients would not trust.
 * @param say what is an error, what only a warning
 */
export function checkTls(
  settings: Settings,
  machine: Machine,
  say: { readonly error: SayOne; readonly warn: SayOne },
): void {
  const { error, warn } = say;
  for (const { tls, place } of settings.sockets) {
    if (tls) checkIdentity(tls.identity, { machine, place, error, warn });
  }
  for (const { identity, place } of settings.tls.sni)
    checkIdentity(identity, { machine, place, error, warn });
  const { sniDir } = settings.tls;
  const at = { machine, place: settings.places["tls.sniDir"], error, warn };
  if (sniDir !== undefined) checkDirectory(sniDir, settings.tls.sniDirCiphers, at);
  const first = settings.tls.sni[0]?.place ?? settings.places["tls.sniDir"];
  if (first && !settings.sockets.some(({ tls }) => tls)) {
    const message = "a certificate for a name has no effect: no socket speaks TLS";
    warn("no-effect", first, message, "add `https = :443,CERT,KEY`");
  }
}

/**
 * The identities of `sni-dir` by name: of each NAME.crt with its NAME.key.
 * @param names the files in the directory
 */
export function directoryIdentities(
  directory: string,
  names: readonly string[],
  ciphers: string | undefined,
): { readonly name: string; readonly identity: TlsIdentity }[] {
  const present = new Set(names);
  return names
    .filter((file) => file.endsWith(".crt") && present.has(`${basename(file, ".crt")}.key`))
    .toSorted()
    .map((file) => {
      const name = basename(file, ".crt");
      const path = `${directory}/${name}`;
      const clientCa = present.has(`${name}.ca`)
        ? { source: `${path}.ca`, required: false }
        : undefined;
      const identity = { certificate: `${path}.crt`, key: `${path}.key`, ciphers, clientCa };
      return { name: name.toLowerCase(), identity };
    });
}

function checkDirectory(directory: string, ciphers: string | undefined, at: At): void {
  const names = at.machine.list(directory);
  if (names === undefined) {
    const message = `\`sni-dir\`: cannot read the directory ${directory}`;
    at.error("sni-dir", at.place, message, "make it, or take the line out");
    return;
  }
  for (const { identity } of directoryIdentities(directory, names, ciphers))
    checkIdentity(identity, at);
}

function checkIdentity(identity: TlsIdentity, at: At): void {
  const certificate = checkCertificate(identity.certificate, at);
  checkKey(identity.key, certificate, at);
  if (identity.clientCa) checkClientCa(identity.clientCa, at);
  const { ciphers } = identity;
  const fault = ciphers === undefined ? undefined : at.machine.cipherFault(ciphers);
  if (fault === undefined) return;
  const message = `OpenSSL knows no cipher of \`${ciphers}\` (${fault})`;
  at.error("tls-ciphers", at.place, message, "try the list with `openssl ciphers -v LIST`");
}

function checkCertificate(source: string, at: At): X509Certificate | undefined {
  const text = readSource("the certificate", source, at);
  if (text === undefined) return undefined;
  const certificate = parseCertificate(text);
  if (certificate === undefined) {
    const message = `there is no certificate in ${placeName(source)}`;
    at.error("tls-certificate", at.place, message, pemHelp);
    return undefined;
  }
  const now = Date.now();
  if (Date.parse(certificate.validTo) < now) {
    const message = `the certificate ${nameOf(source)} expired on ${certificate.validTo}`;
    at.warn("tls-expired", at.place, message, "renew it: clients refuse it");
  } else if (Date.parse(certificate.validFrom) > now) {
    const message = `the certificate ${nameOf(source)} is not valid before ${certificate.validFrom}`;
    at.warn("tls-expired", at.place, message, "look at this machine's clock, or wait");
  }
  return certificate;
}

const pemHelp = "write a PEM file, which has a line `-----BEGIN CERTIFICATE-----`";

function checkKey(source: string, certificate: X509Certificate | undefined, at: At): void {
  const text = readSource("the key", source, at);
  if (text === undefined) return;
  const mode = isPem(source) ? 0 : (at.machine.mode(source) ?? 0);
  if ((mode & OTHERS_READ) !== 0) {
    const message = `the key ${source} can be read by every user of this machine`;
    at.warn("tls-key-open", at.place, message, `run \`chmod o-rwx ${source}\``);
  }
  if (ENCRYPTED.test(text)) {
    const message = `the key ${nameOf(source)} is encrypted, and nobody can be asked for its passphrase`;
    const help = `write it without one: \`openssl pkey -in ${isPem(source) ? "KEY" : source} -out FILE\``;
    at.error("tls-key", at.place, message, help);
    return;
  }
  try {
    const key = createPrivateKey(text);
    if (certificate === undefined || certificate.checkPrivateKey(key)) return;
    const message = `the key ${nameOf(source)} does not fit the certificate`;
    at.error("tls-key", at.place, message, "write the key that the certificate was made with");
  } catch {
    const message = `there is no private key in ${placeName(source)}`;
    const help = "write a PEM file, which has a line `-----BEGIN PRIVATE KEY-----`";
    at.error("tls-key", at.place, message, help);
  }
}

function checkClientCa({ source }: ClientCa, at: At): void {
  const text = readSource("the client CA", source, at);
  if (text === undefined || parseCertificate(text) !== undefined) return;
  at.error("tls-certificate", at.place, `there is no certificate in ${placeName(source)}`, pemHelp);
}

function readSource(what: string, source: string, at: At): string | undefined {
  if (isPem(source)) return source;
  const kind = at.machine.kind(source);
  const help = "write the path of a PEM file, absolute or relative to the start";
  let problem: string;
  if (kind === "missing") problem = `${source} does not exist`;
  else if (kind === "denied") problem = `${source} may not be looked at`;
  else if (kind !== "file") problem = `${source} is not a file`;
  else {
    const text = at.machine.readText(source);
    if (text !== undefined) return text;
    problem = `${source} may not be read`;
  }
  at.error("tls-file", at.place, `${what}: ${problem}`, help);
  return undefined;
}

function parseCertificate(text: string): X509Certificate | undefined {
  const block = PEM_BLOCK.exec(text)?.[0];
  if (block === undefined) return undefined;
  try {
    return new X509Certificate(block);
  } catch {
    return undefined;
  }
}

/** A text in the configuration has no name, and is not to be shown. */
function nameOf(source: string): string {
  return isPem(source) ? "written here" : source;
}

function placeName(source: string): string {
  return isPem(source) ? "what is written here" : source;
}
