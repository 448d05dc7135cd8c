/** A TLS listener on connections that were accepted elsewhere, as behind a PROXY header. */
import { readFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { afterEach, beforeAll, expect, test } from "vitest";
import type { Attended } from "../../../../src/launch/front/transport/attended.ts";
import { TicketKeys, TlsListener } from "../../../../src/launch/front/transport/tls.ts";
import type { FrontTls, TlsMaterial } from "../../../../src/launch/messages.ts";
import { CertificateMaker } from "../../../helpers/certificates.ts";
import { needs } from "../../../helpers/needs.ts";
import { open } from "../../../helpers/target.ts";
import { temporaryDirectory } from "../../../helpers/tmp.ts";
import { until } from "../../../helpers/until.ts";

const shared: FrontTls = {
  ...{ names: [], exportCert: false, sessionContext: undefined, sessionTimeout: 300 },
  ...{ verifyDepth: 1, tlsv1: false, options: 0, verbose: true },
};

needs("openssl")("a TLS listener", () => {
  let material: TlsMaterial;
  const servers: Server[] = [];

  beforeAll(() => {
    const { certificate, key } = new CertificateMaker(temporaryDirectory()).make({
      subject: "/CN=x",
    });
    material = {
      ...{ certificate: readFileSync(certificate, "utf8"), key: readFileSync(key, "utf8") },
      ...{ ciphers: undefined, clientCa: undefined },
    };
  });

  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  function listener(attended = new Set<Attended>()) {
    const secured: TLSSocket[] = [];
    const complaints: string[] = [];
    const at = {
      fd: -1,
      protocol: "http",
      text: ":443",
      port: "443",
      local: false,
      router: true,
      httpHead: true,
      backlog: 10,
    } as const;
    const tls = new TlsListener(at, { material, http2: false }, shared, new TicketKeys(), {
      attended,
      secured: (socket) => secured.push(socket),
      complain: (message) => complaints.push(message),
      emptied: () => {},
      admits: () => true,
    });
    return { tls, secured, complaints, attended };
  }

  /** A port whose connections go to `accept`. */
  function portOf(accept: (socket: Socket) => void): Promise<number> {
    const server = createServer({ allowHalfOpen: true }, accept);
    servers.push(server);
    return new Promise((resolve) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address();
        resolve(typeof address === "object" && address !== null ? address.port : 0);
      });
    });
  }

  test("takes bytes that were read too far", async () => {
    const { tls, secured } = listener();
    const port = await portOf((socket) => {
      socket.once("data", (data) => {
        socket.pause();
        socket.unshift(data.subarray("PROXY\r\n".length));
        tls.accept(socket);
      });
    });
    const raw = await open(port);
    raw.setNoDelay(true);
    raw.cork();
    raw.write("PROXY\r\n");
    const client = connect({ socket: raw, rejectUnauthorized: false });
    process.nextTick(() => raw.uncork());
    client.on("error", () => {});
    await new Promise((resolve) => client.once("secureConnect", resolve));
    await until("the server's side", () => secured.length === 1);
    secured[0]?.on("data", (data) => secured[0]?.end(data));
    client.write("echo");
    expect(String(await new Promise((resolve) => client.once("data", resolve)))).toBe("echo");
    client.destroy();
  });

  test("gives a client that says nothing so much time, and no more", async () => {
    const { tls, attended } = listener();
    const port = await portOf((socket) => tls.accept(socket));
    const client = await open(port);
    client.on("error", () => {}); // the end may be a reset
    client.write("\x16");
    await until("the connection", () => attended.size === 1);
    const closed = new Promise((resolve) => client.once("close", resolve));
    client.resume();
    for (const one of attended) one.sweep(Date.now() + 10_000);
    expect(attended.size).toBe(1);
    for (const one of attended) one.sweep(Date.now() + 16_000);
    await closed;
    await until("nothing to be left", () => attended.size === 0);
  });

  test("cannot be made of a key that does not fit", async () => {
    const other = new CertificateMaker(temporaryDirectory()).make({ subject: "/CN=y" });
    material = { ...material, key: readFileSync(other.key, "utf8") };
    expect(() => listener()).toThrow(/key values mismatch/);
  });
});
