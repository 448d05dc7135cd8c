/** PROXY headers, versions 1 and 2: raw bytes, and a real HAProxy. */
import { writeFileSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { join } from "node:path";
import { Readable } from "node:stream";
import { connect as connectTls } from "node:tls";
import { beforeAll, describe, expect, test } from "vitest";
import { CertificateMaker } from "../helpers/certificates.ts";
import { formatRequest, HttpConnection, request } from "../helpers/http.ts";
import { needs } from "../helpers/needs.ts";
import { freePort, freePorts } from "../helpers/ports.ts";
import { launch, type Program } from "../helpers/process.ts";
import { projectPath, startServer } from "../helpers/server.ts";
import { open, type Target } from "../helpers/target.ts";
import { jsonOf, tlsRequest } from "../helpers/tls.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";

const echo = ["--wsgi-file", projectPath("test/apps/echo.py"), "--master"];
const line = "PROXY TCP4 203.0.113.7 198.51.100.2 4711 443\r\n";
const binary = Buffer.concat([
  Buffer.from("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x11", "latin1"),
  Buffer.from([203, 0, 113, 7, 198, 51, 100, 2, 0x12, 0x67, 0x01, 0xbb]),
  Buffer.from([0x04, 0, 2, 1, 2]), // padding, PP2_TYPE_NOOP
]);
const get = formatRequest({ path: "/who" });
const client = { REMOTE_ADDR: "203.0.113.7", REMOTE_PORT: "4711", SERVER_PORT: "443" };

let server: Program;
let port: number;

beforeAll(async () => {
  port = await freePort();
  const args = [...echo, "--http", `127.0.0.1:${port}`, "--http-enable-proxy-protocol"];
  server = await startServer(args, { accepts: port });
  // Ready is when the header is read and answered for.
  await until("an answer", async () => (await first(port, Buffer.from(line), get)).status === 200);
});

/** The answer to what the parts ask for, each sent on its own. */
async function first(target: Target, ...parts: readonly (string | Uint8Array)[]) {
  const connection = await HttpConnection.open(target);
  for (const part of parts) {
    connection.send(part);
    await new Promise((resolve) => setImmediate(resolve));
  }
  try {
    return await connection.read();
  } finally {
    connection.destroy();
  }
}

const bytes = (data: Uint8Array) => Array.from(data, (byte) => Buffer.of(byte));

describe("raw bytes", () => {
  test.each([
    ["a line", Buffer.from(line)],
    ["binary", binary],
  ])("%s: at once with the request, before it, and byte by byte", async (_, header) => {
    for (const parts of [[Buffer.concat([header, get])], [header, get], [...bytes(header), get]]) {
      const said: unknown = JSON.parse((await first(port, ...parts)).text());
      expect(said).toMatchObject({ ...client, SERVER_ADDR: "198.51.100.2" });
    }
  });

  test("one header is for all requests of a connection, and a second is none", async () => {
    const connection = await HttpConnection.open(port);
    connection.send(line);
    for (let i = 0; i < 3; i++) {
      const said: unknown = JSON.parse((await connection.request()).text());
      expect(said).toMatchObject(client);
    }
    connection.send(line);
    connection.send(get);
    expect((await connection.read()).status).toBe(400);
    connection.destroy();
  });

  test("a proxy that speaks for itself is the client", async () => {
    const said: unknown = JSON.parse((await first(port, "PROXY UNKNOWN\r\n", get)).text());
    expect(said).toMatchObject({ REMOTE_ADDR: "127.0.0.1", SERVER_PORT: String(port) });
    expect(said).not.toHaveProperty("SERVER_ADDR");
  });

  test("the client's own claims count for nothing, those of the proxy itself do", async () => {
    const claim = formatRequest({ headers: [["X-Forwarded-Proto", "https"]] });
    const scheme = async (header: string) => {
      const said: unknown = JSON.parse((await first(port, header, claim)).text());
      return (said as Record<string, string>)["wsgi.url_scheme"];
    };
    expect(await scheme(line)).toBe("http");
    expect(await scheme("PROXY UNKNOWN\r\n")).toBe("https");
  });

  test("the access log has the client", async () => {
    await first(port, line, formatRequest({ path: "/logged-client" }));
    await until("the line", () => /\] 203\.0\.113\.7 \(\) .*\/logged-client/.test(server.stderr()));
  });

  test.each([
    ["a plain request", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "no PROXY header"],
    ["a malformed line", "PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n", "a malformed PROXY line"],
    ["a line without end", `PROXY UNKNOWN ${"x".repeat(200)}`, "a PROXY line without end"],
    [
      "an unknown version",
      Buffer.concat([binary.subarray(0, 12), Buffer.alloc(8, 0x31)]),
      "unknown version",
    ],
  ])("%s is refused, without an answer", async (_, data, why) => {
    const connection = await HttpConnection.open(port);
    connection.send(data);
    // The rest of what came was not read, so it may be a reset.
    const rest = await connection.closed().catch(() => Buffer.alloc(0));
    expect(rest).toHaveLength(0);
    // One line a second at most: another may have come before it, so ask again.
    await until(`a word about ${why}`, async () => {
      (await open(port)).end(data);
      return server.stderr().includes(why);
    });
  });

  test("complaints come once a second at most", async () => {
    const count = () => server.stderr().split("was closed:").length - 1;
    const [before, begun] = [count(), performance.now()];
    for (let i = 0; i < 50; i++) {
      const connection = await HttpConnection.open(port);
      connection.send("GET / HTTP/1.1\r\n\r\n");
      await connection.closed().catch(() => Buffer.alloc(0));
    }
    const seconds = (performance.now() - begun) / 1000;
    expect(count() - before).toBeLessThanOrEqual(seconds + 2);
  });
});

test("a peer that is not trusted is refused, with what to do in the log", async () => {
  const target = await freePort();
  const args = [...echo, "--http-socket", `127.0.0.1:${target}`, "--enable-proxy-protocol"];
  const trust = ["--trusted-proxy", "10.0.0.1"];
  const strict = await startServer([...args, ...trust], { accepts: target });
  await until("a word about it", async () => {
    const connection = await HttpConnection.open(target);
    connection.send(line);
    connection.send(get);
    const rest = await connection.closed().catch(() => Buffer.alloc(0));
    expect(rest).toHaveLength(0);
    return strict.stderr().includes("`trusted-proxy = 127.0.0.1`");
  });
});

needs("haproxy")("HAProxy in front", () => {
  test("speaks both versions, to http and http-socket, and checks that they live", async () => {
    const [one, two, three, http, socket] = await freePorts(5);
    const unix = join(temporaryDirectory(), "http");
    const args = ["--http", `127.0.0.1:${http}`, "--http-socket", `127.0.0.1:${socket}`];
    const backend = await startServer(
      [...echo, ...args, "--http-socket", unix, "--enable-proxy-protocol"],
      { accepts: http ?? 0 },
    );
    const pairs = [
      [one, `127.0.0.1:${http} send-proxy check inter 100`],
      [
        two,
        `127.0.0.1:${socket} send-proxy-v2 proxy-v2-options unique-id,crc32c check inter 100 check-send-proxy`,
      ],
      [three, `unix@${unix} send-proxy-v2`],
    ] as const;
    const config = [
      "global",
      "defaults",
      "  mode tcp",
      "  unique-id-format %[uuid()]",
      "  timeout connect 5s",
      "  timeout client 30s",
      "  timeout server 30s",
      ...pairs.flatMap(([from, to], i) => [
        `listen l${i}`,
        `  bind 127.0.0.1:${from}`,
        `  server s${i} ${to}`,
      ]),
    ];
    const file = join(temporaryDirectory(), "haproxy.cfg");
    writeFileSync(file, `${config.join("\n")}\n`);
    const haproxy = launch("haproxy", ["-db", "-f", file]);
    for (const [from] of pairs) {
      const response = await until("HAProxy and the server", async () => {
        if (!haproxy.running()) throw new Error(haproxy.stderr());
        const answer = await request(from ?? 0, { path: `/through-${from}` });
        return answer.status === 200 && answer;
      });
      const said: unknown = JSON.parse(response.text());
      expect(said).toMatchObject({ REMOTE_ADDR: "127.0.0.1", SERVER_PORT: String(from) });
    }
    expect(haproxy.running()).toBe(true);
    await haproxy.stop();
    expect(await backend.stop()).toMatchObject({ code: 0 });
  });
});

needs("openssl")("before TLS", () => {
  let secured: number;

  beforeAll(async () => {
    secured = await freePort();
    const { certificate, key } = new CertificateMaker(temporaryDirectory()).make({
      subject: "/CN=site",
    });
    const socket = `127.0.0.1:${secured},${certificate},${key}`;
    const args = [...echo, "--https", socket, "--https-http2", "--http-enable-proxy-protocol"];
    await startServer(args, { accepts: secured });
  });

  /** A TCP connection on which a header was sent. */
  async function begun(header: string | Uint8Array) {
    const socket = await open(secured);
    socket.write(header);
    return socket;
  }

  test.each([
    ["a line", Buffer.from(line)],
    ["binary", binary],
  ])("%s says who the client is, over HTTP/1.1", async (_, header) => {
    const socket = await begun(header);
    const said = jsonOf(await tlsRequest(secured, { path: "/who" }, { socket }));
    expect(said).toMatchObject({ ...client, HTTPS: "on", SERVER_ADDR: "198.51.100.2" });
  });

  test("and over HTTP/2", async () => {
    const socket = await begun(line);
    const session = connectHttp2(`https://127.0.0.1:${secured}`, {
      createConnection: () =>
        connectTls({ socket, rejectUnauthorized: false, ALPNProtocols: ["h2"] }),
    });
    const stream = session.request({ ":path": "/who" });
    const said: unknown = JSON.parse(await new Response(Readable.toWeb(stream)).text());
    expect(said).toMatchObject({ ...client, SERVER_PROTOCOL: "HTTP/2.0" });
    session.close();
  });

  test("without a header there is no handshake", async () => {
    await expect(tlsRequest(secured)).rejects.toThrow();
  });
});
