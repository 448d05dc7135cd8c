/** The options of HTTP, each against the built server. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { constants, gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { HttpConnection, request } from "../helpers/http.ts";
import { needs } from "../helpers/needs.ts";
import { freePort, freePorts } from "../helpers/ports.ts";
import { launch } from "../helpers/process.ts";
import { page, projectPath, startServer, untilReady } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";
import { requestVars, uwsgiRequest } from "../helpers/uwsgi-client.ts";

const app = (name: string) => ["--wsgi-file", projectPath(`test/apps/${name}`), "--master"];

async function start(name: string, ...more: string[]): Promise<number> {
  const port = await freePort();
  await startServer([...app(name), "--http", `127.0.0.1:${port}`, ...more], { http: port });
  return port;
}

const head = "Host: a\r\n\r\n";

// All of them wait: so at once.
describe.concurrent("timeouts end what takes too long", () => {
  let http: number;
  let socket: number;

  beforeAll(async () => {
    [http = 0, socket = 0] = await freePorts(2);
    const sockets = ["--http", `127.0.0.1:${http}`, "--http-socket", `127.0.0.1:${socket}`];
    const times = ["--http-timeout", "2", "--http-headers-timeout", "1", "--socket-timeout", "1"];
    const threads = ["--threads", "4"];
    const args = [...app("sleep.py"), ...sockets, ...times, ...threads, "--http-keepalive=2"];
    await startServer(args, { http });
  });

  test.each(["http", "http-socket"])("a head: %s", async (name) => {
    const connection = await HttpConnection.open(name === "http" ? http : socket);
    connection.send("GET / HTTP/1.1\r\nHost:");
    expect((await connection.read()).status).toBe(408);
    await connection.closed();
  });

  test.each(["http", "http-socket"])("a body: %s", async (name) => {
    const connection = await HttpConnection.open(name === "http" ? http : socket);
    connection.send(`POST / HTTP/1.1\r\nContent-Length: 9\r\n${head}half`);
    expect((await connection.read()).status).toBe(408);
    await connection.closed();
  });

  test("an application that is silent: http only", async () => {
    const [late, patient] = await Promise.all([
      request(http, { path: "/?600" }),
      request(socket, { path: "/?3" }),
    ]);
    expect([late.status, patient.status]).toEqual([504, 200]);
  });

  test("a connection that nobody uses: http-keepalive", async () => {
    const connection = await HttpConnection.open(http);
    expect((await connection.request()).status).toBe(200);
    expect(await connection.closed()).toHaveLength(0);
  });
});

describe("http-manage-expect", () => {
  test("refuses a body that is announced with Expect and too large, and no other", async () => {
    const port = await start("echo.py", "--http-manage-expect=1000");
    const send = async (length: number, expectation: string) => {
      const connection = await HttpConnection.open(port);
      const lines = `Content-Length: ${length}\r\n${expectation}`;
      connection.send(`POST / HTTP/1.1\r\n${lines}${head}`);
      if (expectation === "" || length <= 1000) connection.send("x".repeat(length));
      const { status } = await connection.read();
      connection.destroy();
      return status;
    };
    const expectation = "Expect: 100-continue\r\n";
    expect(await send(1001, expectation)).toBe(413);
    expect(await send(1000, expectation)).toBe(200);
    expect(await send(1001, "")).toBe(200);
  });
});

test("http-server-name-as-http-host gives the Host as SERVER_NAME, as uWSGI does", async () => {
  const port = await start("echo.py", "--http-server-name-as-http-host=true");
  const said: unknown = JSON.parse(await page(port, "/", { headers: [["Host", "shop.test:81"]] }));
  expect(said).toMatchObject({ SERVER_NAME: "shop.test:81" });
  const connection = await HttpConnection.open(port);
  connection.send("GET / HTTP/1.0\r\n\r\n");
  const bare: unknown = JSON.parse((await connection.read()).text());
  expect((bare as Record<string, string>)["SERVER_NAME"]).not.toBe("");
});

describe("fields of answers", () => {
  test("are added to every one and left out, over HTTP and uwsgi", async () => {
    const [http = 0, uwsgi = 0] = await freePorts(2);
    const directory = temporaryDirectory({ "file.txt": "a file\n" });
    const fields = ["--add-header", "X-Frame-Options: DENY", "--add-header", "Server: mine"];
    const sockets = ["--http", `127.0.0.1:${http}`, "--socket", `127.0.0.1:${uwsgi}`];
    await startServer(
      [
        ...app("wsgi_behaviours.py"),
        ...sockets,
        ...fields,
        ...["--rem-header", "X-Kept", "--rem-header", "content-length"],
        ...["--static-map", `/s=${directory}`],
      ],
      { http },
    );
    const kept = await HttpConnection.open(http);
    const answers = [
      await kept.request({ path: "/plain" }),
      await kept.request({ path: "/s/file.txt" }),
      await kept.request({ path: "/no_content" }),
      await kept.request({ path: "/plain", method: "HEAD" }),
      await kept.request({ path: "/hop_by_hop" }),
      await request(http, { path: "/", headers: [["Host", "a b"]] }),
    ];
    for (const answer of answers) {
      const of = (name: string) => answer.headers.filter(([key]) => key.toLowerCase() === name);
      expect([answer.status, of("x-frame-options").length, of("server").length]).toEqual([
        ...[answer.status, 1, 1],
      ]);
      expect([of("content-length"), of("x-kept")]).toEqual([[], []]);
    }
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 204, 200, 200, 400]);
    expect(answers.map((answer) => answer.text())[1]).toBe("a file\n");
    const answer = await uwsgiRequest(uwsgi, requestVars("/plain"));
    expect([answer.header("x-frame-options"), answer.header("server")]).toEqual(["DENY", "mine"]);
  });
});

describe("http-auto-gzip", () => {
  let port: number;
  const accept = { headers: [["Accept-Encoding", "gzip, br"]] } as const;
  const text = "The same line again and again.\n".repeat(200);

  beforeAll(async () => {
    port = await start("encoded.py", "--http-auto-gzip");
  });

  test("compresses what the application wants, on a connection that goes on", async () => {
    const connection = await HttpConnection.open(port);
    for (const path of ["/whole", "/plain", "/whole"]) {
      const answer = await connection.request({ path, ...accept });
      expect(gunzipSync(answer.body).toString()).toBe(text);
      expect(answer.header("content-encoding")).toBe("gzip");
      expect(answer.header("vary")).toBe("Accept-Encoding");
      expect(answer.header("uwsgi-encoding")).toBeUndefined();
    }
    const big = await connection.request({ path: "/big", ...accept });
    const numbers = gunzipSync(big.body).toString();
    expect(numbers).toHaveLength(100 * 8 * 4000);
    expect([numbers.slice(0, 8), numbers.slice(-8)]).toEqual(["00000000", "00000099"]);
    connection.destroy();
  });

  test("leaves alone what it must not touch", async () => {
    for (const [path, more] of [
      ["/plain", {}],
      ["/encoded", accept],
      ["/part", accept],
    ] as const) {
      const answer = await request(port, { path, ...more });
      expect([path, answer.text(), answer.header("uwsgi-encoding")]).toEqual([
        ...[path, text, undefined],
      ]);
    }
    const connection = await HttpConnection.open(port);
    const answer = await connection.request({ path: "/whole", method: "HEAD", ...accept });
    expect(answer.header("content-length")).toBe(String(text.length));
    connection.send("GET /plain HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n");
    expect((await connection.read()).header("content-encoding")).toBeUndefined();
  });

  test("a streamed answer is not held back", async () => {
    const gate = join(temporaryDirectory(), "gate");
    const connection = await HttpConnection.open(port);
    connection.send(`GET /stream?${gate} HTTP/1.1\r\nAccept-Encoding: gzip\r\n${head}`);
    const begun = await until("the first part", () => {
      const at = connection.pending.indexOf("\r\n\r\n");
      const chunks = at < 0 ? "" : connection.pending.toString("latin1", at + 4);
      const size = /^([0-9a-f]+)\r\n/.exec(chunks);
      if (size?.[1] === undefined) return undefined;
      const part = Buffer.from(chunks.slice(size[0].length), "latin1");
      const whole = part.subarray(0, Number.parseInt(size[1], 16));
      return gunzipSync(whole, { finishFlush: constants.Z_SYNC_FLUSH }).toString();
    });
    expect([begun, existsSync(gate)]).toEqual(["before ", false]);
    writeFileSync(gate, "");
    expect(gunzipSync((await connection.read()).body).toString()).toBe("before after");
    connection.destroy();
  });

  test("not on other sockets, nor without the option", async () => {
    const [http = 0, socket = 0] = await freePorts(2);
    const sockets = ["--http", `127.0.0.1:${http}`, "--http-socket", `127.0.0.1:${socket}`];
    await startServer([...app("encoded.py"), ...sockets], { http });
    for (const target of [http, socket]) {
      const answer = await request(target, { path: "/plain", ...accept });
      expect([answer.text(), answer.header("uwsgi-encoding")]).toEqual([text, "gzip"]);
    }
  });
});

needs("uwsgi")("as uWSGI", () => {
  test("an answer that its router compresses is compressed here, with the same content", async () => {
    const theirs = await freePort();
    const uwsgi = launch("uwsgi", [
      ...["--plugin", "python3,http", "--http", `127.0.0.1:${theirs}`, "--http-auto-gzip"],
      ...["--wsgi-file", projectPath("test/apps/encoded.py"), "--master", "--die-on-term"],
    ]);
    await untilReady(uwsgi, { http: theirs });
    const ours = await start("encoded.py", "--http-auto-gzip");
    const headers = [["Accept-Encoding", "gzip"]] as const;
    const [one, two] = [
      await request(theirs, { path: "/plain", headers }),
      await request(ours, { path: "/plain", headers }),
    ];
    expect([one, two].map((answer) => answer.header("content-encoding"))).toEqual(["gzip", "gzip"]);
    expect(gunzipSync(two.body).equals(gunzipSync(one.body))).toBe(true);
  });
});
