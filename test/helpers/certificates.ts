/** Certificates for tests, made with openssl; `needs("openssl")` goes before. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** A certificate with its key; paths. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** What a certificate is to be. */
export interface Wanted {
  /** OpenSSL's form, `/O=Org/CN=name`. */
  readonly subject: string;
  /** Who signs it; itself unless given. */
  readonly issuer?: Certificate;
  /** It may sign others. */
  readonly authority?: boolean;
  readonly days?: number;
}

/** Makes certificates in a directory, with keys on the curve P-256. */
export class CertificateMaker {
  readonly #directory: string;
  #count = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  make(wanted: Wanted): Certificate {
    const path = join(this.#directory, `certificate-${this.#count++}`);
    const made = { certificate: `${path}.pem`, key: `${path}.key` };
    const { subject, issuer, authority = false, days = 30 } = wanted;
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", made.key);
    openssl(...["req", "-new", "-key", made.key, "-subj", subject, "-out", `${path}.csr`, "-utf8"]);
    const name = /CN=([\w.-]+)/.exec(subject)?.[1] ?? "localhost";
    const extensions = `basicConstraints=critical,CA:${authority ? "TRUE" : "FALSE"}\nsubjectAltName=DNS:${name},IP:127.0.0.1\n`;
    writeFileSync(`${path}.ext`, extensions);
    const by = issuer
      ? ["-CA", issuer.certificate, "-CAkey", issuer.key, "-CAcreateserial"]
      : ["-signkey", made.key];
    openssl(
      ...["x509", "-req", "-in", `${path}.csr`, ...by, "-days", String(days)],
      ...["-extfile", `${path}.ext`, "-out", made.certificate],
    );
    return made;
  }
}

/** Runs openssl; its complaints are the failure's text. */
export function openssl(...args: readonly string[]): string {
  return execFileSync("openssl", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}
