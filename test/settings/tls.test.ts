/** The options of TLS: their forms, and what is said about certificates before a start. */
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { nodeMachine } from "../../src/commands/machine.ts";
import { collector } from "../../src/diagnostic.ts";
import { preflight } from "../../src/settings/preflight.ts";
import { settle } from "../../src/settings/settle.ts";
import { type Certificate, CertificateMaker, openssl } from "../helpers/certificates.ts";
import { needs } from "../helpers/needs.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { resolvedFrom } from "./resolved.ts";
import { settled } from "./settled.ts";

const app = "module = app\n";

function tlsOf(line: string) {
  const { settings, said } = settled(`${app}${line}`);
  expect(said.filter((one) => one.includes(" error "))).toEqual([]);
  return settings.sockets[0];
}

describe("https and https-socket", () => {
  test.each(["https", "https-socket"])("%s names two files, relative to the start", (name) => {
    expect(tlsOf(`chdir = /elsewhere\n${name} = :443,site.crt,/etc/site.key`)).toMatchObject({
      protocol: name,
      address: { kind: "tcp", port: 443 },
      text: ":443",
      tls: {
        http2: false,
        identity: {
          certificate: "/start/site.crt",
          key: "/etc/site.key",
          ciphers: undefined,
          clientCa: undefined,
        },
      },
    });
  });

  test("ciphers and a client CA may follow", () => {
    const { ciphers, clientCa } = tlsOf("https = :443,c,k,HIGH,ca.pem")?.tls?.identity ?? {};
    expect([ciphers, clientCa]).toEqual(["HIGH", { source: "/start/ca.pem", required: false }]);
    const strict = tlsOf("https = :443,c,k,,!ca.pem")?.tls?.identity;
    expect([strict?.ciphers, strict?.clientCa]).toEqual([
      undefined,
      { source: "/start/ca.pem", required: true },
    ]);
  });

  test("a PEM text is no path", () => {
    const line = "https = :443,-----BEGIN CERTIFICATE-----x,-----BEGIN PRIVATE KEY-----y";
    expect(tlsOf(line)?.tls?.identity.key).toBe("-----BEGIN PRIVATE KEY-----y");
  });

  test.each([
    "https = :443",
    "https = :443,cert",
    "https = :443,cert,",
    "https = ,cert,key",
    "https = :443,c,k,HIGH,",
    "https = :443,c,k,HIGH,!",
    "https = :443,c,k,HIGH,ca,more",
    "https = nowhere:99999,c,k",
    "http-to-https = :80,x",
    "http-to-https = :80,443,1",
    "sni = example.org",
    "sni = example.org cert",
    "sni-regexp = (x c,k",
    "ssl-option = 0x4000",
    "ssl-option = 9999999999",
    "https2 = :443,c,k",
    "https2 = addr=:443,cert=c",
    "https2 = addr=:443,cert=c,key=",
    "https2 = addr=:443,cert=c,key=k,what=x",
    "ssl-enable3 = true",
  ])("%s is an error at its place", (line) => {
    const { said } = settled(`http = :80\n${app}${line}`);
    expect(said.filter((one) => / error /.test(one)).map((one) => one.split(":")[1])).toContain(
      "3",
    );
  });
});

describe("https2", () => {
  test("takes uWSGI's keys, in any order, and means HTTP/2", () => {
    const line = "https2 = key=k,crt=c,spdy=1,addr=:443,client_ca=!ca,ciphers=HIGH";
    expect(tlsOf(line)).toMatchObject({
      protocol: "https",
      text: ":443",
      tls: {
        http2: true,
        identity: {
          certificate: "/start/c",
          key: "/start/k",
          ciphers: "HIGH",
          clientCa: { source: "/start/ca", required: true },
        },
      },
    });
  });
});

test("http-to-https has an address, and perhaps a port to send to", () => {
  expect(tlsOf("http-to-https = :80")).toMatchObject({ text: ":80", redirectPort: "" });
  expect(tlsOf("http-to-https = :80,8443")).toMatchObject({ text: ":80", redirectPort: "8443" });
});

test("the shared settings", () => {
  const { settings } = settled(
    [
      ...["http = :80", "module = app", "chdir = /c", "sni = Example.ORG c,k,HIGH"],
      ...["sni-regexp = ^A\\. c,k", "sni-dir = names", "sni-dir-ciphers = LOW"],
      ...["https-export-cert = true", "https-http2 = true", "https-session-context = x"],
      ...["ssl-session-timeout = 60", "ssl-verify-depth = 3", "ssl-option = 4"],
      ...["ssl-option = 16384", "ssl-enable-tlsv1 = true", "ssl-verbose = true"],
    ].join("\n"),
  );
  const { sni, ...rest } = settings.tls;
  expect(sni.map(({ name, kind }) => [name, kind])).toEqual([
    ["example.org", "name"],
    ["^A\\.", "regexp"],
  ]);
  expect(rest).toEqual({
    ...{ sniDir: "/c/names", sniDirCiphers: "LOW", exportCert: true, http2: true },
    ...{ sessionContext: "x", sessionTimeout: 60, verifyDepth: 3, options: 16388 },
    ...{ tlsv1: true, verbose: true },
  });
});

test("TLS 1.0 is not enabled without a word", () => {
  const { said } = settled(`http = :80\n${app}ssl-enable-tlsv1 = true`);
  expect(said).toEqual([expect.stringContaining("warning old-tls")]);
});

needs("openssl")("certificates and keys before a start", () => {
  const directory = temporaryDirectory({ "app.py": "application = print\n", "text.pem": "text" });
  let own: Certificate;
  let other: Certificate;
  let old: Certificate;

  beforeAll(() => {
    const maker = new CertificateMaker(directory);
    own = maker.make({ subject: "/CN=own" });
    other = maker.make({ subject: "/CN=other" });
    old = maker.make({ subject: "/CN=old", days: -1 });
    openssl(
      ...["pkey", "-in", own.key, "-aes128", "-passout", "pass:x"],
      ...["-out", `${directory}/locked.key`],
    );
    writeFileSync(`${directory}/open.key`, readFileSync(own.key));
    chmodSync(`${directory}/open.key`, 0o644);
    chmodSync(own.key, 0o600);
    chmodSync(`${directory}/text.pem`, 0o600);
  });

  function saidOf(line: string): string[] {
    const resolved = resolvedFrom(`wsgi-file = app.py\n${line}`);
    const { report, found } = collector();
    const stdout = '{"is":"parsed","callable":"yes","names":[]}';
    const machine = { ...nodeMachine(), run: () => ({ status: 0, stdout, stderr: "" }) };
    const host = {
      cwd: () => directory,
      readText: machine.readText,
      list: () => undefined,
      kindOf: () => undefined,
    };
    preflight(
      settle(resolved, host, () => {}),
      resolved,
      machine,
      report,
    );
    return found.map(({ rule, severity, span }) =>
      `${severity} ${rule} ${span ? "" : "nowhere"}`.trim(),
    );
  }

  test("what fits is not talked about", () => {
    expect(saidOf(`https = :0,${own.certificate},${own.key},HIGH,${other.certificate}`)).toEqual(
      [],
    );
  });

  test.each<[string, () => string, string]>([
    ["a file that is missing", () => `no.pem,${own.key}`, "error tls-file"],
    ["a directory", () => `${directory},${own.key}`, "error tls-file"],
    ["a text that is no certificate", () => `text.pem,${own.key}`, "error tls-certificate"],
    ["a text that is no key", () => `${own.certificate},text.pem`, "error tls-key"],
    ["a key of another", () => `${own.certificate},${other.key}`, "error tls-key"],
    ["a locked key", () => `${own.certificate},locked.key`, "error tls-key"],
    ["an expired certificate", () => `${old.certificate},${old.key}`, "warning tls-expired"],
    ["a key that all can read", () => `${own.certificate},open.key`, "warning tls-key-open"],
    ["ciphers that are none", () => `${own.certificate},${own.key},NONE`, "error tls-ciphers"],
    [
      "a client CA that is none",
      () => `${own.certificate},${own.key},,text.pem`,
      "error tls-certificate",
    ],
  ])("%s", (_, identity, expected) => {
    expect(saidOf(`https = :0,${identity()}`)).toEqual([expected]);
    expect(
      saidOf(`https = :0,${own.certificate},${own.key}\nsni = a.example ${identity()}`),
    ).toEqual([expected]);
  });

  test("a directory of names", () => {
    const socket = `https = :0,${own.certificate},${own.key}\n`;
    expect(saidOf(`${socket}sni-dir = nowhere`)).toEqual(["error sni-dir"]);
    writeFileSync(`${directory}/a.example.crt`, readFileSync(own.certificate));
    writeFileSync(`${directory}/a.example.key`, readFileSync(other.key), { mode: 0o600 });
    expect(saidOf(`${socket}sni-dir = .`)).toEqual(["error tls-key"]);
    expect(saidOf("http = :0\nsni-dir = .")).toEqual(
      ["warning no-effect", "error tls-key"].toSorted(),
    );
  });
});
