/** How the options of TLS set the draft. */
import type { Draft, Given } from "../draft.ts";
import type { Apply } from "../option.ts";
import { identityOf, type TlsIdentity } from "../tls-settings.ts";
import { listeningAddress } from "./address.ts";

/** `https = ADDRESS,CERT,KEY[,CIPHERS[,CLIENT_CA]]` and `https-socket`; the schema counted the parts. */
export function tlsSocket(protocol: "https" | "https-socket"): Apply<string> {
  return (draft, value, given) => {
    const [address = "", ...identity] = value.split(",");
    listen(draft, given, protocol, address, commaIdentity(identity, given), false);
  };
}

/** uWSGI's names for the parts of `https2`; `spdy` asked for what HTTP/2 came from. */
const parts: Readonly<Record<string, string>> = {
  addr: "addr",
  cert: "cert",
  crt: "cert",
  key: "key",
  ciphers: "ciphers",
  clientca: "clientca",
  client_ca: "clientca",
  spdy: "spdy",
};

/** `https2 = addr=…,cert=…,key=…[,ciphers=…][,clientca=…][,spdy=…]`: HTTP/2 for clients that know it. */
export const https2: Apply<string> = (draft, value, given) => {
  const found = new Map<string, string>();
  for (const pair of value.split(",")) {
    const at = pair.indexOf("=");
    const name = parts[pair.slice(0, at)];
    if (name !== undefined) found.set(name, pair.slice(at + 1));
    else refuse(given, `\`${pair.slice(0, at)}\` is no part of it`);
  }
  const missing = ["addr", "cert", "key"].filter((name) => !found.get(name));
  if (missing.length > 0) {
    refuse(given, `${missing.map((name) => `\`${name}=…\``).join(" and ")} is missing`, "error");
    return;
  }
  const identity = identityOf(
    found.get("cert") ?? "",
    found.get("key") ?? "",
    found.get("ciphers"),
    found.get("clientca"),
    given.startDirectory,
  );
  listen(draft, given, "https", found.get("addr") ?? "", identity, true);
};

/** `http-to-https = ADDRESS[,PORT]`: the port is that of the address to go to, if it has one. */
export const httpToHttps: Apply<string> = (draft, value, given) => {
  const [address = "", port = ""] = value.split(",");
  const parsed = listeningAddress(address, given);
  if (!parsed) return;
  const { place } = given;
  const protocol = "http-to-https";
  draft.sockets.push({ protocol, address: parsed, text: address, place, redirectPort: port });
};

/** `sni = NAME CERT,KEY[,CIPHERS[,CLIENT_CA]]`, or with a regular expression in place of the name. */
export function sni(kind: "name" | "regexp"): Apply<string> {
  return (draft, value, given) => {
    const at = value.indexOf(" ");
    const name = value.slice(0, at);
    const fault = kind === "regexp" ? patternFault(name) : undefined;
    if (fault !== undefined) {
      refuse(given, `\`${name}\` is no regular expression: ${fault}`, "error");
      return;
    }
    const identity = commaIdentity(value.slice(at + 1).split(","), given);
    const asked = kind === "name" ? name.toLowerCase() : name;
    draft.tls.sni.push({ name: asked, kind, identity, place: given.place });
  };
}

/** `ssl-option = NUMBER`: each adds its bits. */
export const sslOption: Apply<string> = (draft, value, given) => {
  const bits = Number(value);
  if (bits > 0x7fff_ffff) refuse(given, `${value} has more than 31 bits`, "error");
  else draft.tls.options |= bits;
  draft.places["tls.options"] = given.place;
};

/** `ssl-enable-tlsv1`: allowed, not without a word. */
export const enableTlsv1: Apply<boolean> = (draft, value, given) => {
  draft.tls.tlsv1 = value;
  draft.places["tls.tlsv1"] = given.place;
  if (!value) return;
  given.report({
    rule: "old-tls",
    severity: "warning",
    message: `\`${given.entry.key}\` lets clients use TLS 1.0 and 1.1, which are broken (RFC 8996)`,
    span: given.span,
    help: "take the line out: every browser since 2014 has TLS 1.2",
  });
};

function commaIdentity(
  [certificate = "", key = "", ciphers, clientCa]: readonly string[],
  { startDirectory }: Given,
): TlsIdentity {
  return identityOf(certificate, key, ciphers, clientCa, startDirectory);
}

function listen(
  draft: Draft,
  given: Given,
  protocol: "https" | "https-socket",
  text: string,
  identity: TlsIdentity,
  http2: boolean,
): void {
  const address = listeningAddress(text, given);
  if (!address) return;
  draft.sockets.push({ protocol, address, text, place: given.place, tls: { identity, http2 } });
}

function patternFault(pattern: string): string | undefined {
  try {
    new RegExp(pattern);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^.*\/: /, "") : String(error);
  }
}

function refuse(given: Given, problem: string, severity?: "error"): void {
  given.report({
    rule: "invalid-value",
    severity: severity ?? (given.lenient ? "warning" : "error"),
    message: `\`${given.entry.key}\`: ${problem}`,
    span: given.span,
    help: given.entry.key === "https2" ? keyvalForm : "write it as docs/options.md shows",
  });
}

const keyvalForm =
  "write `addr=:443,cert=FILE,key=FILE`, and perhaps `ciphers=…` and `clientca=FILE`";
