/** Rows of the option table. TLS, and HTTP/2 over it. */
import { enableTlsv1, https2, httpToHttps, sni, sslOption, tlsSocket } from "../apply/tls.ts";
import type { HonouredOption } from "../option.ts";
import { applyTo, flag, flagWith, integer, text, within } from "../option.ts";

/** `CERT,KEY[,CIPHERS[,CLIENT_CA]]`; the last may begin with `!`. */
const identityPattern = "[^,]+,[^,]+(,[^,]*(,!?[^,!][^,]*)?)?$";
const identityForm = "CERT,KEY[,CIPHERS[,CLIENT_CA]]";
const largest = 2_147_483_647;

/** In the order of the documentation. */
export const tlsRows: readonly HonouredOption[] = [
  ...(["https", "https-socket"] as const).map((name) =>
    text({
      name,
      summary:
        "Address on which to serve HTTP over TLS, with a certificate, its key and perhaps a client CA.",
      expected: `\`ADDRESS,${identityForm}\` such as \`:443,site.crt,site.key\``,
      pattern: `^[^,]+,${identityPattern}`,
      repeats: true,
      apply: tlsSocket(name),
    }),
  ),
  text({
    name: "https2",
    summary: "Address on which to serve HTTP/2 and HTTP/1.1 over TLS, as pairs.",
    expected: "pairs such as `addr=:443,cert=site.crt,key=site.key`",
    pattern: "^[^=,]+=[^,]*(,[^=,]+=[^,]*)*$",
    repeats: true,
    apply: https2,
  }),
  flag(
    "https-http2",
    within("tls", "http2"),
    "Offer HTTP/2 on `https` and `https-socket` as well, to clients that ask by ALPN.",
  ),
  text({
    name: "http-to-https",
    summary:
      "Address on which HTTP requests are sent on to https; the port goes into the Location.",
    expected: "an address such as `:80`, or `:8080,8443` for another port than 443",
    pattern: "^[^,]+(,\\d{1,5})?$",
    repeats: true,
    apply: httpToHttps,
  }),
  ...(["sni", "sni-regexp"] as const).map((name) =>
    text({
      name,
      summary:
        name === "sni"
          ? "Certificate for clients that ask for a name."
          : "Certificate for clients that ask for a name that a regular expression matches.",
      expected: `\`${name === "sni" ? "example.org" : "\\.example\\.org$"} ${identityForm}\``,
      pattern: `^[^ ]+ ${identityPattern}`,
      repeats: true,
      apply: sni(name === "sni" ? "name" : "regexp"),
    }),
  ),
  text({
    name: "sni-dir",
    summary: "Directory with NAME.crt, NAME.key and perhaps NAME.ca of names; relative to chdir.",
    expected: "a directory",
    apply: applyTo(within("tls", "sniDir")),
  }),
  text({
    name: "sni-dir-ciphers",
    summary: "Ciphers for the names of `sni-dir`, as OpenSSL writes them.",
    expected: "a list of ciphers such as `HIGH:!aNULL`",
    apply: applyTo(within("tls", "sniDirCiphers")),
  }),
  flag(
    "https-export-cert",
    within("tls", "exportCert"),
    "Give the application a client's certificate as PEM in `HTTPS_CC`.",
  ),
  text({
    name: "https-session-context",
    summary: "Text that servers must share to resume each other's TLS sessions.",
    expected: "a text",
    apply: applyTo(within("tls", "sessionContext")),
  }),
  integer(
    "ssl-sessions-timeout",
    within("tls", "sessionTimeout"),
    { minimum: 0, maximum: largest, default: 300 },
    "Seconds for which a TLS session can be resumed.",
    "seconds",
  ),
  integer(
    "ssl-verify-depth",
    within("tls", "verifyDepth"),
    { minimum: 0, maximum: 100, default: 1 },
    "Certificates that may stand between a client's and the one of the client CA.",
  ),
  flagWith(
    "ssl-enable-tlsv1",
    "supported",
    "Let clients use TLS 1.0 and 1.1, which are broken.",
    enableTlsv1,
    false,
  ),
  text({
    name: "ssl-option",
    summary: "Bits of OpenSSL's SSL_OP_ to set, as a decimal number.",
    expected: "a decimal number",
    pattern: "^\\d{1,10}$",
    repeats: true,
    apply: sslOption,
  }),
  flag("ssl-verbose", within("tls", "verbose"), "Log every TLS handshake that fails, and why."),
];
