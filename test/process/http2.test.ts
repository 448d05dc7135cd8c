/** HTTP/2 through the built command. */
import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { connect, constants } from "node:http2";
import { connect as connectTls } from "node:tls";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CertificateMaker } from "../helpers/certificates.ts";
import {
  answerOf,
  ask,
  begin,
  Flags,
  Frame,
  frame,
  framesOf,
  literals,
  openHttp2,
  openRawHttp2,
  usualFields,
} from "../helpers/http2.ts";
import { needs } from "../helpers/needs.ts";
import { freePorts } from "../helpers/ports.ts";
import type { Program } from "../helpers/process.ts";
import { projectPath, startServer } from "../helpers/server.ts";
import { open } from "../helpers/target.ts";
import { allOf, openTls, tlsRequest } from "../helpers/tls.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";
import { byTitle } from "./processes.ts";

const run = promisify(execFile);
const directory = temporaryDirectory({ "static/site.css": "body {}" });
const large = randomBytes(3_000_000);
const sum = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

/** Starts a server with HTTP/2 on a port of its own. */
async function start(app: string, ...more: string[]): Promise<{ port: number; server: Program }> {
  const [port = 0] = await freePorts(1);
  const { certificate, key } = new CertificateMaker(temporaryDirectory()).make({
    subject: "/CN=site",
  });
  const address = `addr=127.0.0.1:${port},cert=${certificate},key=${key}`;
  const wsgi = projectPath(`test/apps/${app}.py`);
  const server = await startServer(
    [...["--https2", address, "--master", "--need-app", "--wsgi-file", wsgi], ...more],
    { accepts: port },
  );
  return { port, server };
}

needs("openssl")("HTTP/2", () => {
  let echo = 0;
  let behaviours = 0;
  let log: () => string;
  let workers: Program;
  const sessions = new Set<Awaited<ReturnType<typeof openHttp2>>>();

  const session = async (port: number) => {
    const opened = await openHttp2(port);
    sessions.add(opened);
    return opened;
  };

  beforeAll(async () => {
    writeFileSync(`${directory}/static/large.bin`, large);
    const [one, two] = await Promise.all([
      start("echo", "--static-map", `/static=${directory}/static`, ...["--limit-post", "6000000"]),
      start("wsgi_behaviours", "--processes", "2", "--stats", `${directory}/stats`),
    ]);
    echo = one.port;
    behaviours = two.port;
    log = one.server.stderr;
    workers = two.server;
  });

  afterAll(() => {
    for (const one of sessions) one.destroy();
  });

  describe("a request", () => {
    test("has the variables of CGI", async () => {
      const headers = {
        ...{ ":path": "/caf%C3%A9/a?b=%20", ":authority": "h.example:1", "x-one": "1" },
        ...{ cookie: ["a=1", "b=2"], x_one: "no", te: "trailers", https_dn: "/CN=admin" },
      };
      const { status, body } = await ask(await session(echo), headers);
      const said = JSON.parse(body.toString());
      expect(status).toBe(200);
      expect(said).toMatchObject({
        ...{ SERVER_PROTOCOL: "HTTP/2.0", HTTPS: "on", "wsgi.url_scheme": "https" },
        ...{ REQUEST_METHOD: "GET", PATH_INFO: "/caf\u00c3\u00a9/a", QUERY_STRING: "b=%20" },
        ...{ REQUEST_URI: "/caf%C3%A9/a?b=%20", HTTP_HOST: "h.example:1", HTTP_X_ONE: "1" },
        ...{ HTTP_COOKIE: "a=1; b=2", SERVER_PORT: String(echo), REMOTE_ADDR: "127.0.0.1" },
      });
      expect(
        Object.keys(said).filter((name) => /HTTPS_DN|HTTP_:|CONTENT_LENGTH/.test(name)),
      ).toEqual([]);
    });

    test("is logged like any other", async () => {
      await ask(await session(echo), { ":path": "/logged" });
      await until("the log", () =>
        /GET \/logged => generated \d+ bytes .*\(HTTP\/2.0 200\)/.test(log()),
      );
    });

    test("of HTTP/1.1 is served on the same port", async () => {
      expect(await tlsRequest(echo)).toContain('"SERVER_PROTOCOL": "HTTP/1.1"');
    });

    test.each([[{ "content-length": "5000000" }], [{}]])(
      "has a body of megabytes, %j",
      async (more) => {
        const body = randomBytes(5_000_000);
        const one = await session(echo);
        const answers = await Promise.all(
          [0, 1, 2].map(() => ask(one, { ":method": "POST", ...more }, body)),
        );
        for (const { body: said } of answers)
          expect(JSON.parse(said.toString())).toMatchObject({
            "body.size": 5_000_000,
            "body.sha256": sum(body),
          });
      },
    );

    test("may be refused in the middle of a body, again and again, and all else goes on", async () => {
      const one = await session(echo);
      for (let round = 0; round < 10; round++) {
        const { status } = await ask(one, { ":method": "POST" }, Buffer.alloc(7_000_000));
        expect(status).toBe(413);
        expect((await ask(one, {})).status).toBe(200);
      }
    });

    test("expecting 100 is told to go on", async () => {
      const stream = begin(await session(echo), { ":method": "POST", expect: "100-continue" });
      const answer = answerOf(stream);
      await new Promise<void>((resolve) => stream.once("continue", resolve));
      stream.end("abc");
      expect(JSON.parse((await answer).body.toString())).toMatchObject({ "body.size": 3 });
    });

    test("may have trailers, which are ignored", async () => {
      const one = await session(echo);
      const stream = one.request({ ":method": "POST", ":path": "/" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "x-trailer": "1" }));
      const answer = answerOf(stream);
      stream.end("abc");
      const said = JSON.parse((await answer).body.toString());
      expect(said).toMatchObject({ "body.size": 3 });
      expect(said).not.toHaveProperty("HTTP_X_TRAILER");
    });

    test.each([
      [
        "a body that is too long",
        413,
        { ":method": "POST", "content-length": "6000001" },
        Buffer.alloc(6_000_001),
      ],
      ["a body that becomes too long", 413, { ":method": "POST" }, Buffer.alloc(7_000_000)],
      ["a head that is too long", 431, { "x-long": "x".repeat(40_000) }, ""],
      ["a line that is too long", 414, { ":path": `/${"x".repeat(40_000)}` }, ""],
      ["an expectation that is unknown", 417, { expect: "miracles" }, ""],
    ])("%s is refused with %i", async (_, status, headers, body) => {
      const one = await session(echo);
      const answer = await ask(one, headers, body);
      expect(answer.status).toBe(status);
      expect((await ask(one, {})).status).toBe(200); // the connection goes on
    });
  });

  describe("an answer", () => {
    test.each([
      ["parts", "onetwothree"],
      ["write", "written first, returned last"],
      ["lazy_start", "lazy"],
      ["no_content", ""],
      ["not_modified", ""],
      ["plain", "plain"],
      ["file_wrapper", expect.stringContaining("PEP 3333")],
    ])("%s", async (path, text) => {
      const { body, code } = await ask(await session(behaviours), { ":path": `/${path}` });
      expect([body.toString(), code]).toEqual([text, 0]);
    });

    test("has no body for HEAD, and its length", async () => {
      const { headers, body } = await ask(await session(behaviours), {
        ":method": "HEAD",
        ":path": "/big?100000",
      });
      expect([headers["content-length"], body.length]).toEqual(["100000", 0]);
    });

    test("has nothing of a connection, a Date and a Server", async () => {
      const { headers } = await ask(await session(behaviours), { ":path": "/hop_by_hop" });
      expect(headers).toMatchObject({ "x-kept": "1", server: "tsuwsgi" });
      expect(Date.parse(String(headers["date"]))).toBeGreaterThan(0);
      expect(Object.keys(headers).filter((name) => /connection|transfer/.test(name))).toEqual([]);
      const own = await ask(await session(behaviours), { ":path": "/own_date" });
      expect(own.headers["date"]).toBe("Sun, 06 Nov 1994 08:49:37 GMT");
      expect(
        (await ask(await session(behaviours), { ":path": "/own_server" })).headers["server"],
      ).toBe("mine");
    });

    test("that is broken off is reset, not ended", async () => {
      const { status, body, code } = await ask(await session(behaviours), {
        ":path": "/raise_in_iteration",
      });
      expect([status, body.toString(), code]).toEqual([
        200,
        "begun",
        constants.NGHTTP2_INTERNAL_ERROR,
      ]);
    });

    test("of many megabytes waits for a slow client, and holds up no other stream", async () => {
      const one = await session(behaviours);
      const stream = begin(one, { ":path": `/big?${64 * 1024 * 1024}` });
      stream.end();
      stream.pause();
      await new Promise((resolve) => stream.once("response", resolve));
      expect((await ask(one, { ":path": "/plain" })).body.toString()).toBe("plain");
      const answer = answerOf(stream);
      stream.resume();
      expect((await answer).body.length).toBe(64 * 1024 * 1024);
    });

    test("may come before the body, of which the rest is thrown away", async () => {
      const one = await session(behaviours);
      const stream = begin(one, { ":method": "POST", ":path": "/unread" });
      const answer = answerOf(stream);
      stream.end(Buffer.alloc(3_000_000));
      expect((await answer).body.toString()).toBe("not read");
    });

    test("may be a file", async () => {
      const one = await session(echo);
      const { headers, body } = await ask(one, { ":path": "/static/site.css" });
      expect([headers["content-type"], body.toString()]).toEqual(["text/css", "body {}"]);
      const files = await Promise.all(
        [1, 2, 3].map(() => ask(one, { ":path": "/static/large.bin" })),
      );
      expect(files.map(({ body: file }) => sum(file))).toEqual(Array(3).fill(sum(large)));
      const head = await ask(one, { ":method": "HEAD", ":path": "/static/large.bin" });
      expect([head.headers["content-length"], head.body.length]).toEqual(["3000000", 0]);
    });
  });

  describe("what goes wrong", () => {
    test("a worker's death is a 502 of its streams", async () => {
      const one = await session(behaviours);
      const gate = `${directory}/never`;
      const slow = begin(one, { ":path": `/raise_when_told?${gate}` });
      slow.end();
      const broken = answerOf(slow);
      await new Promise((resolve) => slow.once("data", resolve));
      process.kill(byTitle(workers, "tsuwsgi worker"), "SIGKILL");
      process.kill(byTitle(workers, "tsuwsgi worker"), "SIGKILL");
      const { code } = await broken;
      expect(code).toBe(constants.NGHTTP2_INTERNAL_ERROR);
      await until(
        "new workers",
        async () => (await ask(one, { ":path": "/plain" })).status === 200,
      );
    });

    test("a reset frees the core", async () => {
      const one = await session(behaviours);
      for (let round = 0; round < 6; round++) {
        const stream = begin(one, { ":path": "/endless" });
        stream.end();
        await new Promise((resolve) => stream.once("data", resolve));
        const closed = answerOf(stream);
        stream.close(constants.NGHTTP2_CANCEL);
        await closed;
      }
      await until("both cores", async () => {
        const answers = await Promise.all([1, 2].map(() => ask(one, { ":path": "/slow_stream" })));
        return answers.every(({ body }) => body.toString().includes("tick 2"));
      });
      const { body } = await ask(one, { ":path": "/closed" });
      expect(body.toString()).toContain("endless");
    });

    test("a body that is not as long as it says never reaches the application as whole", async () => {
      const one = await session(echo);
      const short = begin(one, { ":method": "POST", ":path": "/short", "content-length": "10" });
      const answer = answerOf(short);
      short.end("abc");
      expect(await answer).toMatchObject({ status: 0, code: constants.NGHTTP2_PROTOCOL_ERROR });
    });

    test("what is malformed is reset, and the connection goes on", async () => {
      const socket = await openRawHttp2(echo);
      const { came } = framesOf(socket);
      const malformed: readonly (readonly (readonly [string, string])[])[] = [
        [...usualFields(), ["connection", "close"]],
        [...usualFields(), ["transfer-encoding", "chunked"]],
        [...usualFields(), ["X-Capital", "1"]],
        usualFields("/", "G(T"),
        [...usualFields(), ["host", "other"]],
        [...usualFields("https://evil/")],
        [...usualFields(""), ["x", "y"]],
        usualFields().slice(1),
        [...usualFields(), [":path", "/two"]],
        [["x", "y"], ...usualFields()],
        [...usualFields(), ["content-length", "5"]],
      ];
      malformed.forEach((fields, index) => {
        const flags = Flags.endStream | Flags.endHeaders;
        socket.write(frame(Frame.headers, flags, 2 * index + 1, literals(fields)));
      });
      const last = 2 * malformed.length + 1;
      socket.write(
        frame(
          Frame.headers,
          Flags.endStream | Flags.endHeaders,
          last,
          literals(usualFields("/fine")),
        ),
      );
      await until("the last answer", () =>
        came.some(({ type, stream }) => type === Frame.data && stream === last),
      );
      for (let stream = 1; stream < last; stream += 2) {
        const types = came.filter((one) => one.stream === stream).map(({ type }) => type);
        expect(types, `stream ${stream}`).toEqual([Frame.reset]);
      }
      socket.destroy();
    });

    test("HTTP/2 without TLS is not spoken", async () => {
      const socket = await openTls(echo, { ALPNProtocols: ["http/1.1"] });
      socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
      const answer = await new Promise<string>((resolve) =>
        socket.once("data", (data) => resolve(String(data))),
      );
      expect(answer).toMatch(/^HTTP\/1.1 (400|505)/);
      socket.destroy();
    });
  });

  describe("floods end the connection, and nothing else", () => {
    /** Sends so many frames, fewer than nghttp2 itself would mind, and waits for the end. */
    async function flood(count: number, make: (index: number) => Buffer): Promise<void> {
      const socket = await openRawHttp2(echo);
      const { end } = framesOf(socket);
      for (let index = 0; index < count; index++) socket.write(make(index));
      await end;
      expect((await ask(await session(echo), {})).status).toBe(200);
    }

    const headers = (index: number, flags: number) =>
      frame(Frame.headers, flags, 2 * index + 1, literals(usualFields("/flood", "POST")));

    const rapidReset = (index: number) =>
      Buffer.concat([
        headers(index, Flags.endHeaders),
        frame(Frame.reset, 0, 2 * index + 1, Buffer.from([0, 0, 0, 8])),
      ]);
    const ping = () => frame(Frame.ping, 0, 0, Buffer.alloc(8));
    const malformed = (index: number) =>
      frame(
        Frame.headers,
        Flags.endHeaders | Flags.endStream,
        2 * index + 1,
        literals([...usualFields(), ["connection", "close"]]),
      );
    const continuation = (index: number) =>
      index === 0
        ? frame(Frame.headers, 0, 1, literals(usualFields()))
        : frame(Frame.continuation, 0, 1, literals([["x", "y"]]));
    const emptyData = (index: number) =>
      index === 0 ? headers(0, Flags.endHeaders) : frame(Frame.data, 0, 1);

    test.each<[string, number, (index: number) => Buffer]>([
      ["rapid reset", 500, rapidReset],
      ["PING", 900, ping],
      ["SETTINGS", 900, () => frame(Frame.settings, 0, 0)],
      ["CONTINUATION", 200, continuation],
      ["empty DATA", 400, emptyData],
      ["malformed requests", 400, malformed],
    ])("%s", async (_, count, make) => {
      await flood(count, make);
    });

    test("a little of it does not", async () => {
      const socket = await openRawHttp2(echo);
      const { came } = framesOf(socket);
      for (let index = 0; index < 50; index++)
        socket.write(Buffer.concat([rapidReset(index), ping()]));
      const last = 101;
      const flags = Flags.endHeaders | Flags.endStream;
      socket.write(frame(Frame.headers, flags, last, literals(usualFields())));
      await until("the answer", () =>
        came.some(({ type, stream }) => type === Frame.data && stream === last),
      );
      socket.destroy();
    });

    test("more streams than are allowed", async () => {
      const socket = await openRawHttp2(echo);
      const { came } = framesOf(socket);
      for (let index = 0; index < 150; index++) socket.write(headers(index, Flags.endHeaders));
      await until(
        "refusals",
        () =>
          came.some(
            ({ type, payload }) =>
              type === Frame.reset && payload.readUInt32BE(0) === constants.NGHTTP2_REFUSED_STREAM,
          ) || socket.destroyed,
      );
      socket.destroy();
      expect((await ask(await session(echo), {})).status).toBe(200);
    });
  });

  needs("curl", "h2load")("other clients", () => {
    test("curl", async () => {
      const args = ["-sSk", "-m", "15", "--http2", "-w", "%{http_version}"];
      const { stdout } = await run("curl", [
        ...args,
        "--data-binary",
        `@${directory}/static/large.bin`,
        `https://127.0.0.1:${echo}/`,
      ]);
      expect(stdout).toContain(sum(large));
      expect(stdout.endsWith("2")).toBe(true);
    });

    test("h2load", async () => {
      const { stdout } = await run(
        "h2load",
        ["-n", "2000", "-c", "4", "-m", "50", `https://127.0.0.1:${behaviours}/plain`],
        { timeout: 60_000 },
      );
      expect(stdout).toContain("2000 succeeded, 0 failed, 0 errored");
    });
  });

  test("at the end streams are finished, and idle sessions are told to go", async () => {
    const { port, server } = await start("wsgi_behaviours");
    const idle = await openHttp2(port);
    const busy = await openHttp2(port);
    const gone = new Promise<number>((resolve) => idle.once("goaway", (code) => resolve(code)));
    const stream = begin(busy, { ":path": "/slow_stream" });
    stream.end();
    const answer = answerOf(stream);
    await new Promise((resolve) => stream.once("response", resolve));
    const stopped = server.stop();
    expect(await gone).toBe(0);
    const { body, code } = await answer;
    expect([body.toString(), code]).toEqual(["tick 0\ntick 1\ntick 2\n", 0]);
    expect(await stopped).toMatchObject({ code: 0 });
    await server.assertGone();
  });

  test("a PROXY header before TLS names the client, and the options of HTTP hold", async () => {
    const { port, server } = await start(
      "echo",
      ...["--http-enable-proxy-protocol", "--http-server-name-as-http-host=true"],
      ...["--add-header", "X-Added: 1", "--rem-header", "Content-Type", "--http-auto-gzip"],
    );
    const raw = await open(port);
    raw.write("PROXY TCP4 192.0.2.7 198.51.100.1 5555 443\r\n");
    const socket = connectTls({ socket: raw, ALPNProtocols: ["h2"], rejectUnauthorized: false });
    await new Promise((resolve) => socket.once("secureConnect", resolve));
    const one = connect("https://shop.example", { createConnection: () => socket });
    sessions.add(one);
    const { headers, body } = await ask(one, { ":authority": "shop.example" });
    expect(JSON.parse(body.toString())).toMatchObject({
      ...{ REMOTE_ADDR: "192.0.2.7", REMOTE_PORT: "5555", SERVER_PORT: "443" },
      ...{ SERVER_ADDR: "198.51.100.1", SERVER_NAME: "shop.example", HTTPS: "on" },
    });
    expect(headers["x-added"]).toBe("1");
    expect(headers).not.toHaveProperty("content-type");
    // The same over HTTP/1.1, one byte at a time across the border.
    const slow = await open(port);
    slow.setNoDelay(true);
    for (const byte of "PROXY TCP4 192.0.2.8 198.51.100.1 5556 443\r\n") slow.write(byte);
    const older = connectTls({ socket: slow, rejectUnauthorized: false });
    older.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    expect(await allOf(older)).toContain('"REMOTE_ADDR": "192.0.2.8"');
    await server.stop();
  });

  test("answers are compressed where the application wants it, and late ones are given up", async () => {
    const app = `${directory}/wishes.py`;
    writeFileSync(
      app,
      `import time
def application(environ, start):
    if environ["PATH_INFO"] == "/late":
        time.sleep(60)
    start("200 OK", [("uWSGI-Encoding", "gzip"), ("Content-Type", "text/plain")])
    return (b"%05d" % n for n in range(1000))
`,
    );
    const { port, server } = await start(
      "echo",
      "--http-auto-gzip",
      "--http-timeout",
      "1",
      ...["--wsgi-file", app],
    );
    const one = await session(port);
    const { headers, body } = await ask(one, { "accept-encoding": "gzip" });
    expect(headers).toMatchObject({ "content-encoding": "gzip", vary: "Accept-Encoding" });
    expect(headers).not.toHaveProperty("uwsgi-encoding");
    expect(gunzipSync(body).toString()).toMatch(/^00000.*00999$/);
    expect((await ask(one, {})).body.toString()).toMatch(/^00000.*00999$/);
    expect((await ask(one, { ":path": "/late" })).status).toBe(504);
    await server.kill();
  });

  test("https offers it where it is asked for", async () => {
    const [port = 0] = await freePorts(1);
    const { certificate, key } = new CertificateMaker(temporaryDirectory()).make({
      subject: "/CN=x",
    });
    const server = await startServer(
      [
        ...["--https", `127.0.0.1:${port},${certificate},${key}`, "--https-http2"],
        ...["--wsgi-file", projectPath("test/apps/echo.py"), "--master"],
      ],
      { accepts: port },
    );
    expect((await ask(await session(port), {})).status).toBe(200);
    await server.stop();
  });
});
