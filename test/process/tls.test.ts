/** TLS through the built command, with OpenSSL, curl and Python as clients. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { type Certificate, CertificateMaker, openssl } from "../helpers/certificates.ts";
import { HttpConnection, request } from "../helpers/http.ts";
import { needs } from "../helpers/needs.ts";
import { freePorts } from "../helpers/ports.ts";
import { launch, type Program } from "../helpers/process.ts";
import { projectPath, runTsuwsgi, startServer } from "../helpers/server.ts";
import { open } from "../helpers/target.ts";
import { allOf, jsonOf, openTls, tlsRequest } from "../helpers/tls.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";
import { byTitle } from "./processes.ts";

const run = promisify(execFile);
const directory = temporaryDirectory();
const maker = () => new CertificateMaker(directory);
const echo = projectPath("test/apps/echo.py");

needs("openssl")("TLS", () => {
  let server: Program;
  const certificates: { [name: string]: Certificate } = {};
  let plain = 0;
  let usual = 0;
  let optional = 0;
  let required = 0;
  let named = 0;
  let onward = 0;
  let elsewhere = 0;

  beforeAll(async () => {
    const make = maker();
    const root = make.make({ subject: "/CN=root", authority: true });
    const middle = make.make({ subject: "/CN=middle", authority: true, issuer: root });
    const lower = make.make({ subject: "/CN=lower", authority: true, issuer: middle });
    Object.assign(certificates, {
      ...{ root, middle, lower, site: make.make({ subject: "/CN=site" }) },
      shop: make.make({ subject: "/CN=shop.example" }),
      wild: make.make({ subject: "/CN=wild" }),
      listed: make.make({ subject: "/CN=listed.example" }),
      client: make.make({ subject: "/O=Org/CN=client one", issuer: root }),
      deep: make.make({ subject: "/CN=deep", issuer: middle }),
      deeper: make.make({ subject: "/CN=deeper", issuer: lower }),
      stranger: make.make({ subject: "/CN=stranger" }),
    });
    const ports = await freePorts(7);
    [plain = 0, usual = 0, optional = 0, required = 0, named = 0, onward = 0, elsewhere = 0] =
      ports;
    const { site, shop, wild, listed } = certificates;
    writeFileSync(`${directory}/listed.example.crt`, readFileSync(listed?.certificate ?? ""));
    writeFileSync(`${directory}/listed.example.key`, readFileSync(listed?.key ?? ""));
    const pair = (one: Certificate | undefined) => `${one?.certificate},${one?.key}`;
    writeFileSync(
      `${directory}/tls.ini`,
      [
        ...["[uwsgi]", `http = 127.0.0.1:${plain}`, `https = 127.0.0.1:${usual},${pair(site)}`],
        `https = 127.0.0.1:${optional},${pair(site)},,${root.certificate}`,
        `https-socket = 127.0.0.1:${required},${pair(site)},HIGH,!${root.certificate}`,
        `https = 127.0.0.1:${named},${pair(wild)}`,
        `sni = shop.example ${pair(shop)}`,
        `sni-regexp = \\.shop\\.example$ ${pair(shop)}`,
        `sni-dir = ${directory}`,
        `http-to-https = 127.0.0.1:${onward}`,
        `http-to-https = 127.0.0.1:${elsewhere},8443`,
        ...["https-export-cert = true", "ssl-verbose = true", "master = true", "need-app = true"],
        `static-map = /static=${directory}`,
        `wsgi-file = ${echo}`,
      ].join("\n"),
    );
    server = await startServer([`${directory}/tls.ini`], { http: plain });
    await until("all sockets", () => server.stderr().includes("tsuwsgi is ready"));
  });

  const identity = (name: string) => {
    const { certificate = "", key = "" } = certificates[name] ?? {};
    return { cert: readFileSync(certificate), key: readFileSync(key) };
  };

  test("an application sees that it is https, and cannot be told otherwise", async () => {
    const headers = [
      ["HTTPS", "off"],
      ["HTTPS_DN", "/CN=admin"],
      ["HTTPS-DN", "/CN=admin"],
      ["X-Forwarded-Proto", "http"],
    ] as const;
    const said = jsonOf(await tlsRequest(usual, { path: "/a?b", headers }));
    expect(said).toMatchObject({
      ...{ HTTPS: "on", "wsgi.url_scheme": "https", SERVER_PORT: String(usual) },
      ...{ SERVER_PROTOCOL: "HTTP/1.1", PATH_INFO: "/a", REMOTE_ADDR: "127.0.0.1" },
    });
    expect(said).not.toHaveProperty("HTTPS_DN");
    expect(JSON.parse((await request(plain)).text())).not.toHaveProperty("HTTPS");
  });

  test("the connection is kept, and bodies of some megabytes come and go whole", async () => {
    const socket = await openTls(usual);
    const body = Buffer.alloc(5_000_000, "0123456789abcdef-");
    const head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n";
    socket.write(`${head}\r\n`);
    socket.write(body);
    socket.write(`${head}Connection: close\r\n\r\n`);
    socket.write(body);
    const answers = await allOf(socket);
    const sum = createHash("sha256").update(body).digest("hex");
    expect(answers.split(`"body.sha256": "${sum}"`)).toHaveLength(3);
  });

  test("files are sent over it", async () => {
    const large = Buffer.alloc(3_000_000, 7);
    writeFileSync(`${directory}/large.bin`, large);
    const answer = await tlsRequest(usual, { path: "/static/large.bin" });
    expect(answer.slice(answer.indexOf("\r\n\r\n") + 4)).toBe(large.toString("latin1"));
  });

  test("TLS 1.2 and 1.3 are spoken, older ones are not", async () => {
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      const socket = await openTls(usual, { minVersion: version, maxVersion: version });
      expect(socket.getProtocol()).toBe(version);
      socket.destroy();
    }
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" } as const;
    await expect(openTls(usual, old)).rejects.toThrow(/version|handshake/);
  });

  test("a socket without http2 does not offer it", async () => {
    const socket = await openTls(usual, { ALPNProtocols: ["h2", "http/1.1"] });
    expect(socket.alpnProtocol).toBe("http/1.1");
    socket.destroy();
  });

  test.each([undefined, "TLSv1.2" as const])("sessions are resumed (%s)", async (maxVersion) => {
    const options = maxVersion === undefined ? {} : { maxVersion };
    const first = await openTls(usual, options);
    // TLS 1.3 sends it after the handshake.
    const session =
      first.getProtocol() === "TLSv1.3"
        ? await new Promise<Buffer>((resolve) => first.once("session", resolve))
        : first.getSession();
    if (session === undefined) throw new Error("no session");
    first.destroy();
    const second = await openTls(usual, { ...options, session });
    expect(second.isSessionReused()).toBe(true);
    second.destroy();
    // Another socket is another server.
    const other = await openTls(named, { ...options, session });
    expect(other.isSessionReused()).toBe(false);
    other.destroy();
  });

  describe("a name that is asked for chooses the certificate", () => {
    test.each([
      ["shop.example", "shop.example"],
      ["SHOP.example", "shop.example"],
      ["www.shop.example", "shop.example"],
      ["listed.example", "listed.example"],
      ["other.example", "wild"],
    ])("%s gets %s", async (servername, subject) => {
      const socket = await openTls(named, { servername });
      expect(socket.getPeerCertificate().subject.CN).toBe(subject);
      socket.destroy();
    });

    test("and none gets the socket's own", async () => {
      const socket = await openTls(named);
      expect(socket.getPeerCertificate().subject.CN).toBe("wild");
      socket.destroy();
    });
  });

  describe("certificates of clients", () => {
    test("are told to the application", async () => {
      const client = certificates["client"]?.certificate ?? "";
      const said = jsonOf(await tlsRequest(optional, {}, identity("client")));
      expect(said["HTTPS_DN"]).toBe("/O=Org/CN=client one");
      expect(said["HTTPS_CC"]).toBe(openssl("x509", "-in", client));
      const der = Buffer.from(String(said["HTTPS_CLIENT_CERTIFICATE"]), "latin1").toString(
        "base64",
      );
      expect(String(said["HTTPS_CC"]).replaceAll("\n", "")).toContain(der);
    });

    test("may be left out where they are not required", async () => {
      expect(jsonOf(await tlsRequest(optional))).not.toHaveProperty("HTTPS_DN");
    });

    test("are let in where they are required", async () => {
      const said = jsonOf(await tlsRequest(required, {}, identity("client")));
      expect(said["HTTPS_DN"]).toBe("/O=Org/CN=client one");
    });

    // With TLS 1.3 a client has finished its handshake before it hears that it is refused.
    const refused = async (port: number, options: object) => {
      const answer = await tlsRequest(port, {}, options).catch(() => "");
      expect(answer).toBe("");
    };

    test("have to be there, and right, where they are required", async () => {
      await refused(required, {});
      await refused(required, identity("stranger"));
      await refused(required, { maxVersion: "TLSv1.2" });
      await until("the log", async () => {
        await refused(required, {});
        return server.stderr().includes("did not return a certificate");
      });
    });

    test("have to be right where they are shown", async () => {
      // One complaint a second is logged.
      await until("the log", async () => {
        await refused(optional, identity("stranger"));
        return /TLS with 127\.0\.0\.1: the client's certificate: /.test(server.stderr());
      });
    });

    test("may have one between them and the root, not two", async () => {
      const withChain = (name: string, ...chain: string[]) => {
        const own = identity(name);
        return {
          ...own,
          cert: Buffer.concat([own.cert, ...chain.map((one) => identity(one).cert)]),
        };
      };
      const said = jsonOf(await tlsRequest(required, {}, withChain("deep", "middle")));
      expect(said["HTTPS_DN"]).toBe("/CN=deep");
      await refused(required, withChain("deeper", "lower", "middle"));
    });

    test("are shown anew on every connection: there is no session to resume", async () => {
      const options = { ...identity("client"), maxVersion: "TLSv1.2" } as const;
      const first = await openTls(required, options);
      const session = first.getSession();
      first.destroy();
      const second = await openTls(required, { ...options, ...(session ? { session } : {}) });
      expect(second.isSessionReused()).toBe(false);
      second.destroy();
      const newer = await openTls(required, identity("client"));
      newer.on("session", (ticket) => (tickets = [...tickets, ticket]));
      let tickets: Buffer[] = [];
      newer.end("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      await allOf(newer);
      for (const ticket of tickets) {
        const again = await openTls(required, { ...identity("client"), session: ticket });
        expect(again.isSessionReused()).toBe(false);
        again.destroy();
      }
    });
  });

  describe("what is not TLS", () => {
    test("a plain request gets a 400, and the log says why", async () => {
      const message = "a plain HTTP request came to a TLS socket";
      await until("the log", async () => {
        await request(usual);
        return server.stderr().includes(message);
      });
      const response = await request(usual, { path: "/" });
      expect([response.status, response.text()]).toEqual([
        400,
        expect.stringContaining("https://"),
      ]);
    });

    test("noise is closed, and costs nothing else", async () => {
      const connection = await HttpConnection.open(usual);
      connection.send("\0\0\0\0");
      await connection.closed().catch(() => {});
      const broken = await HttpConnection.open(usual);
      broken.send("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00");
      await broken.closed().catch(() => {});
      expect(await tlsRequest(usual)).toContain("200 OK");
    });

    test("half a hello holds up nobody", async () => {
      const sockets = await Promise.all(Array.from({ length: 20 }, () => open(usual)));
      for (const socket of sockets) socket.write("\x16\x03\x01\x02\x00\x01");
      expect(await tlsRequest(usual)).toContain("200 OK");
      for (const socket of sockets) socket.destroy();
    });

    test("a hello in pieces is one", async () => {
      const raw = await open(usual);
      raw.setNoDelay(true);
      const { connect } = await import("node:tls");
      const { Duplex } = await import("node:stream");
      const pieces = new Duplex({
        read() {},
        write(chunk: Buffer, _encoding, done) {
          for (const byte of chunk) raw.write(Buffer.from([byte]));
          done();
        },
      });
      raw.on("data", (data) => pieces.push(data));
      const socket = connect({ socket: pieces, rejectUnauthorized: false });
      socket.on("error", () => {});
      await new Promise((resolve) => socket.once("secureConnect", resolve));
      expect(socket.getPeerCertificate().subject.CN).toBe("site");
      raw.destroy();
    });
  });

  describe("http-to-https", () => {
    test.each([
      ["example.org", "https://example.org/x%20y?z=1"],
      ["example.org:8080", "https://example.org/x%20y?z=1"],
      ["[::1]:8080", "https://[::1]/x%20y?z=1"],
    ])("sends %s on", async (host, location) => {
      const headers = [["Host", host]] as const;
      const response = await request(onward, { path: "/x%20y?z=1", headers });
      expect([response.status, response.header("location")]).toEqual([301, location]);
    });

    test("to another port if there is one, whatever the method", async () => {
      const headers = [["Host", "a.example"]] as const;
      const wanted = { method: "POST", path: "/", headers, body: "x".repeat(100_000) };
      const response = await request(elsewhere, wanted);
      expect([response.status, response.header("location")]).toEqual([
        301,
        "https://a.example:8443/",
      ]);
      const head = await request(elsewhere, { method: "HEAD", path: "/y", headers });
      expect([head.status, head.body.length]).toEqual([301, 0]);
    });

    test.each([
      "GET /\r\n\r\n",
      "GET / HTTP/1.0\r\n\r\n",
      "GET http://evil.example/ HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n",
    ])("refuses %j", async (text) => {
      const connection = await HttpConnection.open(onward);
      connection.send(text);
      const answer = await connection.read();
      expect([answer.status, answer.header("location")]).toEqual([400, undefined]);
      await connection.closed();
    });
  });

  needs("curl")("other clients", () => {
    test("curl verifies, and keeps to HTTP/1.1", async () => {
      const root = certificates["site"]?.certificate ?? "";
      const args = ["-sS", "-m", "15", "--cacert", root, "--resolve", `site:${usual}:127.0.0.1`];
      const { stdout } = await run("curl", [
        ...args,
        "-w",
        "%{http_version}",
        `https://site:${usual}/`,
      ]);
      expect(stdout.endsWith("1.1")).toBe(true);
    });

    test("Python", async () => {
      const code = `
import http.client, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[2])
context.check_hostname = False
c = http.client.HTTPSConnection("127.0.0.1", int(sys.argv[1]), context=context, timeout=15)
for n in range(3):
    c.request("POST", "/", b"x" * 300000)
    assert b'"body.size": 300000' in c.getresponse().read()
print("fine")`;
      const site = certificates["site"]?.certificate ?? "";
      const { stdout } = await run("/usr/bin/python3", ["-c", code, String(usual), site]);
      expect(stdout).toBe("fine\n");
    });

    test("openssl s_client gets an orderly end", async () => {
      const answer = await new Promise<string>((resolve, reject) => {
        const child = execFile(
          "openssl",
          ["s_client", "-connect", `127.0.0.1:${usual}`, "-ign_eof", "-quiet"],
          { timeout: 15_000 },
          (error, stdout) => (error ? reject(error) : resolve(stdout)),
        );
        child.stdin?.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      });
      expect(answer).toContain("200 OK");
    });
  });
});

needs("openssl")("the life of a server with TLS", () => {
  test("a broken-off answer is no orderly end", async () => {
    const [port = 0] = await freePorts(1);
    const site = maker().make({ subject: "/CN=site" });
    const app = projectPath("test/apps/wsgi_behaviours.py");
    const { certificate, key } = site;
    const server = await startServer(
      [
        ...["--https", `127.0.0.1:${port},${certificate},${key}`],
        ...["--wsgi-file", app, "--master"],
      ],
      { accepts: port },
    );
    const code = `
import socket, ssl, sys
context = ssl._create_unverified_context()
context.options &= ~0x80 # OP_IGNORE_UNEXPECTED_EOF
raw = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=15)
c = context.wrap_socket(raw, suppress_ragged_eofs=False)
c.sendall(b"GET /endless HTTP/1.0\\r\\n\\r\\n")
print(c.recv(5), flush=True)
while c.recv(65536): pass
print("an orderly end")`;
    const client = launch("/usr/bin/python3", ["-c", code, String(port)]);
    await until("the answer to begin", () => client.stdout().includes("HTTP/"));
    process.kill(byTitle(server, "tsuwsgi worker"), "SIGKILL");
    expect((await client.exit).code).toBe(1);
    expect(client.stderr()).toMatch(/SSLEOFError|UNEXPECTED_EOF|ConnectionResetError/);
    // A key that is no more there, or that nobody could read any more, is not needed for a new front.
    chmodSync(key, 0);
    process.kill(byTitle(server, "tsuwsgi front"), "SIGKILL");
    await until("the next front", async () => (await tlsRequest(port)).includes("200 OK"));
    // An idle connection does not hold up the end.
    const idle = await openTls(port);
    // A reset is an end too: the client answers the closing alert, and nobody is there.
    const closed = allOf(idle).catch(() => "");
    expect(await server.stop()).toMatchObject({ code: 0 });
    expect(await closed).toBe("");
    await server.assertGone();
  });

  test.skipIf(process.getuid?.() !== 0)(
    "a key that only root can read is read as root",
    async () => {
      const [port = 0] = await freePorts(1);
      const { certificate, key } = maker().make({ subject: "/CN=site" });
      chmodSync(key, 0o400);
      chmodSync(directory, 0o755);
      const server = await startServer(
        [
          ...["--https", `127.0.0.1:${port},${certificate},${key}`, "--uid", "nobody"],
          ...["--gid", "nogroup", "--wsgi-file", echo, "--master"],
        ],
        { accepts: port },
      );
      expect(await tlsRequest(port)).toContain("200 OK");
      await server.stop();
    },
  );

  test("faults stop the start, with their places", async () => {
    const ini = `${directory}/faults.ini`;
    writeFileSync(ini, `[uwsgi]\nhttps = :0,no.pem,no.key\nwsgi-file = ${echo}\n`);
    const { code, stderr } = await runTsuwsgi([ini]);
    expect(code).toBe(1);
    expect(stderr).toContain("faults.ini:2:9: error: the certificate");
    expect(stderr).toContain("faults.ini:2:9: error: the key");
  });
});
