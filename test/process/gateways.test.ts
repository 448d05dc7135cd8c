/** FastCGI and SCGI through the built command: byte by byte, and as nginx speaks them. */
import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cgiAnswer } from "../helpers/cgi-answer.ts";
import {
  begin,
  bodyVars,
  FastcgiConnection,
  fastcgiRequest,
  pairs,
  record,
} from "../helpers/fastcgi-client.ts";
import { HttpConnection, request } from "../helpers/http.ts";
import { needs } from "../helpers/needs.ts";
import { startNginx } from "../helpers/nginx.ts";
import { freePort, freePorts } from "../helpers/ports.ts";
import type { Program } from "../helpers/process.ts";
import { exchange, scgiHead, scgiRequest, scgiVars } from "../helpers/scgi-client.ts";
import { projectPath, startServer } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";
import { packet, requestVars, type UwsgiVars } from "../helpers/uwsgi-client.ts";

const directory = temporaryDirectory({
  "app.py": `
import hashlib, json

def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/big":
        size = int(environ["QUERY_STRING"])
        start_response("200 OK", [("Content-Length", str(size)), ("X-Two", "a"), ("X-Two", "b")])
        return [b"x" * size]
    if path == "/stream":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return (b"part %d\\n" % n for n in range(1000))
    if path == "/short":
        start_response("200 OK", [("Content-Length", "100")])
        return [b"not a hundred"]
    if path == "/early":
        start_response("403 Forbidden", [("Content-Length", "2")])
        return [b"no"]
    digest, size = hashlib.sha256(), 0
    while part := environ["wsgi.input"].read(65536):
        digest.update(part)
        size += len(part)
    said = {name: value for name, value in environ.items() if isinstance(value, str)}
    said.update({"body.size": size, "body.sha256": digest.hexdigest()})
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(said).encode()]
`,
});
const fastcgi = `${directory}/fastcgi.sock`;
const scgi = `${directory}/scgi.sock`;
const nph = { fastcgi: `${directory}/fastcgi-nph.sock`, scgi: `${directory}/scgi-nph.sock` };
let port = 0;
let server: Program;

beforeAll(async () => {
  port = await freePort();
  server = await startServer(
    [
      ...["--fastcgi-socket", fastcgi, "--fastcgi-socket", `127.0.0.1:${port}`],
      ...["--scgi-socket", scgi, "--master", "--need-app", "--limit-post", "5000000"],
      ...["--fastcgi-nph-socket", nph.fastcgi, "--scgi-nph-socket", nph.scgi],
      ...["--wsgi-file", "app.py", "--buffer-size", "8192"],
      ...["--static-map", `/static=${projectPath("test/apps")}`],
    ],
    { accepts: scgi },
    { cwd: directory },
  );
});

afterAll(async () => {
  // A connection that is kept holds nobody up.
  const kept = await FastcgiConnection.open(fastcgi);
  kept.send(fastcgiRequest(requestVars("/"), "", { keep: true }));
  await kept.answer();
  const stopped = server.stop();
  expect(await kept.closed()).toHaveLength(0);
  expect(await stopped).toEqual({ code: 0, signal: null });
  await server.assertGone();
});

/** The log has a line; the peer at fault tries again, because there is one complaint a second. */
async function complained(about: string, again: () => Promise<unknown>): Promise<void> {
  await until(`the complaint about ${about}`, async () => {
    if (server.stderr().includes(about)) return true;
    await again();
    return false;
  });
}

/** Sends requests on one connection, each when the one before is answered. */
async function onOne(...requests: readonly Uint8Array[]) {
  const connection = await FastcgiConnection.open(fastcgi);
  try {
    const answers = [];
    for (const bytes of requests) {
      connection.send(bytes);
      answers.push(cgiAnswer((await connection.answer()).output));
    }
    return { answers, connection };
  } finally {
    connection.destroy();
  }
}

async function said(vars: UwsgiVars, body: string | Uint8Array = "", how = {}): Promise<unknown> {
  const { answers } = await onOne(fastcgiRequest(vars, body, how));
  expect(answers[0]?.status).toBe(200);
  return JSON.parse(answers[0]?.body.toString() ?? "");
}

describe("a FastCGI request", () => {
  test("becomes the environ, and the answer is CGI's", async () => {
    expect(
      await said(requestVars("/a b?x=1", { HTTP_COOKIE: "caf\u00e9", HTTPS: "on" })),
    ).toMatchObject({
      ...{ PATH_INFO: "/a b", QUERY_STRING: "x=1", HTTP_COOKIE: "caf\u00e9" },
      ...{ "wsgi.url_scheme": "https", "body.size": 0 },
    });
    const { answers } = await onOne(fastcgiRequest(requestVars("/big?5")));
    expect(answers[0]).toEqual({
      status: 200,
      fields: [
        ["Content-Length", "5"],
        ["X-Two", "a"],
        ["X-Two", "b"],
      ],
      body: Buffer.from("xxxxx"),
    });
  });

  test.each([
    [1, {}],
    [70_000, { padding: 7, wide: true }],
    [100_000, { recordBytes: 1 + 16_384 }],
    [3_000_000, { id: 1 }],
  ])("with a body of %i bytes", async (size, how) => {
    const body = randomBytes(size);
    const sha256 = createHash("sha256").update(body).digest("hex");
    expect(await said(bodyVars("/", size), body, how)).toMatchObject({
      ...{ "body.size": size, "body.sha256": sha256, CONTENT_LENGTH: String(size) },
    });
  });

  test("with a body whose length nobody said has the one that came", async () => {
    const seen = await said(bodyVars("/", ""), "12345", { recordBytes: 2 });
    expect(seen).toMatchObject({ "body.size": 5, CONTENT_LENGTH: "5" });
    expect(await said(bodyVars("/", ""), "y".repeat(900_000))).toMatchObject({
      "body.size": 900_000,
    });
  });

  test("may come one byte at a time", async () => {
    const connection = await FastcgiConnection.open(fastcgi);
    for (const byte of fastcgiRequest(bodyVars("/slow", 3), "abc", { padding: 1 })) {
      connection.send(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(cgiAnswer((await connection.answer()).output).status).toBe(200);
    expect(await connection.closed()).toHaveLength(0);
  });

  test("gets long answers in records of at most 65,535 bytes, streams, and none to HEAD", async () => {
    const connection = await FastcgiConnection.open(fastcgi);
    connection.send(fastcgiRequest(requestVars("/big?3000000"), "", { keep: true }));
    const big = await connection.answer();
    expect([cgiAnswer(big.output).body.length, big.longest]).toEqual([3_000_000, 65_535]);
    connection.send(fastcgiRequest(requestVars("/stream"), "", { keep: true }));
    const stream = cgiAnswer((await connection.answer()).output);
    expect(stream.body.toString().split("\n")).toHaveLength(1001);
    expect(stream.fields).toEqual([["Content-Type", "text/plain"]]);
    connection.send(fastcgiRequest(requestVars("/big?9", { REQUEST_METHOD: "HEAD" }), ""));
    const head = cgiAnswer((await connection.answer()).output);
    expect([head.body.length, head.fields[0]]).toEqual([0, ["Content-Length", "9"]]);
    connection.destroy();
  });

  test("for a static-map gets the file", async () => {
    const { answers } = await onOne(fastcgiRequest(requestVars("/static/echo.py")));
    expect(answers[0]?.body.toString()).toContain("def application");
  });

  test("of any number is answered by that number", async () => {
    const connection = await FastcgiConnection.open(port);
    connection.send(fastcgiRequest(requestVars("/"), "", { id: 65_535 }));
    expect((await connection.answer(65_535)).protocolStatus).toBe(0);
    connection.destroy();
  });
});

describe("a FastCGI connection", () => {
  test("is kept where the peer asks for it, and only there", async () => {
    const vars = requestVars("/");
    const connection = await FastcgiConnection.open(fastcgi);
    for (const id of [1, 1, 2]) {
      connection.send(fastcgiRequest(vars, "", { id, keep: true }));
      expect((await connection.answer(id)).protocolStatus).toBe(0);
    }
    connection.send(fastcgiRequest(vars));
    await connection.answer();
    expect(await connection.closed()).toHaveLength(0);
  });

  test("goes on behind an answer that came before the body's end", async () => {
    const connection = await FastcgiConnection.open(fastcgi);
    const large = 2_000_000;
    connection.send(fastcgiRequest(bodyVars("/early", large), Buffer.alloc(large), { keep: true }));
    expect(cgiAnswer((await connection.answer()).output).status).toBe(403);
    connection.send(fastcgiRequest(requestVars("/after"), "", { id: 2 }));
    const after = cgiAnswer((await connection.answer(2)).output);
    expect(JSON.parse(after.body.toString())).toMatchObject({ PATH_INFO: "/after" });
    connection.destroy();
  });

  test("takes one request at a time", async () => {
    const connection = await FastcgiConnection.open(fastcgi);
    connection.send(begin(1, true));
    connection.send(begin(2, true));
    expect(await connection.answer(2)).toMatchObject({ protocolStatus: 1 });
    // What belongs to the other one is skipped.
    connection.send(record(4, 2, "nonsense"));
    connection.send(record(4, 1, pairs(requestVars("/one"))));
    connection.send(
      Buffer.concat([record(4, 1), record(5, 2, "x"), record(8, 1, "d"), record(5, 1)]),
    );
    const answer = cgiAnswer((await connection.answer(1)).output);
    expect(JSON.parse(answer.body.toString())).toMatchObject({ PATH_INFO: "/one", "body.size": 0 });
    connection.destroy();
  });

  test("tells its values, and which records it does not know", async () => {
    const connection = await FastcgiConnection.open(fastcgi);
    connection.send(
      record(
        9,
        0,
        pairs([
          ["FCGI_MPXS_CONNS", ""],
          ["X", ""],
        ]),
        3,
      ),
    );
    expect(await connection.record()).toMatchObject({
      ...{ type: 10, id: 0, content: pairs([["FCGI_MPXS_CONNS", "0"]]) },
    });
    connection.send(record(77, 0, "what"));
    expect(await connection.record()).toMatchObject({
      type: 11,
      content: Buffer.of(77, 0, 0, 0, 0, 0, 0, 0),
    });
    connection.send(begin(3, true, 2));
    expect(await connection.answer(3)).toMatchObject({ protocolStatus: 3 });
    connection.send(fastcgiRequest(requestVars("/"), ""));
    expect((await connection.answer()).protocolStatus).toBe(0);
    connection.destroy();
  });

  test("ends a request that its peer aborts", async () => {
    const connection = await FastcgiConnection.open(fastcgi);
    const whole = fastcgiRequest(bodyVars("/", 10), "12345", { keep: true });
    connection.send(whole.subarray(0, whole.length - 8)); // without the body's end
    connection.send(record(2, 1));
    expect(await connection.answer()).toMatchObject({ protocolStatus: 0, output: Buffer.alloc(0) });
    connection.send(fastcgiRequest(requestVars("/")));
    expect(cgiAnswer((await connection.answer()).output).status).toBe(200);
    connection.destroy();
  });

  test("breaks off where the answer did, so that nobody takes it for whole", async () => {
    const connection = await FastcgiConnection.open(fastcgi);
    connection.send(fastcgiRequest(requestVars("/short"), "", { keep: true }));
    await expect(connection.answer()).rejects.toThrow("ended in the middle of an answer");
  });
});

describe("FastCGI that is wrong is refused, and the log says why", () => {
  const post = (length: number, body: string, how = {}) =>
    fastcgiRequest(bodyVars("/", length), body, { keep: true, ...how });
  test.each([
    ["a body that is too short", post(9, "12345"), 400, "not as many bytes"],
    ["a body that is too long", post(3, "12345"), 400, "not as many bytes"],
    ["a body where there is none", post(0, "12345"), 400, "not as many bytes"],
    ["a long body that ends too early", post(900_000, "x".repeat(800_000)), 400, "not as many"],
    [
      "a wrong length",
      fastcgiRequest(requestVars("/", { CONTENT_LENGTH: "-1" }), "", { keep: true }),
      400,
      "not well-formed",
    ],
    [
      "half a variable",
      Buffer.concat([begin(1, true), record(4, 1, "\x05"), record(4, 1), record(5, 1)]),
      400,
      "not well-formed",
    ],
    [
      "too many variables",
      fastcgiRequest(requestVars("/", { HTTP_X: "x".repeat(9000) }), "", { keep: true }),
      431,
      "buffer-size = 8192",
    ],
    [
      "a body that is too large",
      fastcgiRequest(bodyVars("/", 5_000_001), "x", { keep: true }),
      413,
      "",
    ],
    [
      "one that nobody announced",
      fastcgiRequest(bodyVars("/", ""), Buffer.alloc(5_000_001), { keep: true }),
      413,
      "",
    ],
  ])("%s, and the connection goes on", async (_name, bytes, status, logged) => {
    const again = async () => {
      const { answers } = await onOne(bytes, fastcgiRequest(requestVars("/after")));
      expect(answers.map((answer) => answer.status)).toEqual([status, 200]);
    };
    await again();
    await complained(logged, again);
  });

  test.each([
    ["another version", Buffer.from("\x02\x01\0\x01\0\0\0\0", "latin1"), "no record of FastCGI"],
    ["a uwsgi packet", packet(requestVars("/")), "no record of FastCGI"],
    ["a beginning that is too long", record(1, 1, Buffer.alloc(9)), "not well-formed"],
    ["request 0", begin(0), "not well-formed"],
    ["two beginnings", Buffer.concat([begin(1), begin(1)]), "begins twice"],
    ["a body before its variables", Buffer.concat([begin(1), record(5, 1)]), "wrong order"],
    ["a question of 2 KiB", record(9, 0, Buffer.alloc(2048)), "has 2048 bytes"],
    ["half a question", record(9, 0, Buffer.of(5)), "GET_VALUES"],
  ])("%s ends the connection", async (_name, bytes, logged) => {
    const again = async () => {
      const connection = await FastcgiConnection.open(fastcgi);
      connection.send(bytes);
      expect(await connection.closed()).toHaveLength(0);
    };
    await again();
    await complained(logged, again);
  });

  test("a request without PATH_INFO is served, and said to be odd", async () => {
    const vars = requestVars("/").filter(([name]) => name !== "PATH_INFO");
    expect(await said(vars)).toMatchObject({ PATH_INFO: "" });
    await complained("fastcgi_param PATH_INFO", () => said(vars));
  });

  test("a peer that goes away disturbs nobody", async () => {
    const bytes = fastcgiRequest(bodyVars("/", 9), "123456789");
    for (let end = 1; end < bytes.length; end += 41) {
      const connection = await FastcgiConnection.open(fastcgi);
      connection.send(bytes.subarray(0, end));
      connection.destroy();
    }
    expect(await said(requestVars("/still"))).toMatchObject({ PATH_INFO: "/still" });
  });
});

describe("HTTP on the wrong socket is answered in HTTP", () => {
  test.each([
    ["FastCGI", () => fastcgi, "fastcgi_pass instead of proxy_pass"],
    ["SCGI", () => scgi, "scgi_pass instead of proxy_pass"],
  ])("%s", async (_, target, logged) => {
    const again = async () => {
      const response = await request(target());
      expect([response.status, response.version]).toEqual([400, "HTTP/1.1"]);
    };
    await again();
    await complained(logged, again);
  });
});

describe("an SCGI request", () => {
  test("becomes the environ, and the answer is CGI's", async () => {
    const answer = await scgiRequest(scgi, scgiVars("/a b?x=1", 0, { HTTP_COOKIE: "caf\u00e9" }));
    expect(JSON.parse(answer.body.toString())).toMatchObject({
      ...{ PATH_INFO: "/a b", QUERY_STRING: "x=1", HTTP_COOKIE: "caf\u00e9", "body.size": 0 },
    });
    expect(await scgiRequest(scgi, scgiVars("/big?3"))).toMatchObject({
      ...{ status: 200, body: Buffer.from("xxx") },
    });
  });

  test.each([1, 70_000, 3_000_000])("with a body of %i bytes", async (size) => {
    const body = randomBytes(size);
    const vars = scgiVars("/", size, { REQUEST_METHOD: "POST" });
    const answer = await scgiRequest(scgi, vars, body);
    const sha256 = createHash("sha256").update(body).digest("hex");
    expect(JSON.parse(answer.body.toString())).toMatchObject({ "body.sha256": sha256 });
  });

  test("may come one byte at a time, and what follows is no matter", async () => {
    const bytes = Buffer.concat([scgiHead(scgiVars("/slow", 3)), Buffer.from("abc trailing")]);
    const slow = cgiAnswer(await exchange(scgi, ...[...bytes].map((byte) => Buffer.of(byte))));
    expect(JSON.parse(slow.body.toString())).toMatchObject({ "body.size": 3 });
    const whole = cgiAnswer(await exchange(scgi, bytes));
    expect(JSON.parse(whole.body.toString())).toMatchObject({ "body.size": 3 });
  });

  test("has no body in the answer to HEAD, and long and streamed ones else", async () => {
    const head = await scgiRequest(scgi, scgiVars("/big?9", 0, { REQUEST_METHOD: "HEAD" }));
    expect([head.body.length, head.fields[0]]).toEqual([0, ["Content-Length", "9"]]);
    expect((await scgiRequest(scgi, scgiVars("/big?3000000"))).body).toHaveLength(3_000_000);
    const stream = await scgiRequest(scgi, scgiVars("/stream"));
    expect(stream.body.toString().split("\n")).toHaveLength(1001);
  });

  test.each([
    ["no netstring", Buffer.from([1, 2, 3]), 400, "not SCGI"],
    ["a uwsgi packet", packet(requestVars("/")), 400, "not SCGI"],
    ["no SCGI", scgiHead([["CONTENT_LENGTH", "0"]]), 400, "SCGI has to be 1"],
    [
      "no length first",
      scgiHead([
        ["SCGI", "1"],
        ["CONTENT_LENGTH", "0"],
      ]),
      400,
      "has to be the first",
    ],
    [
      "too many variables",
      scgiHead(scgiVars("/", 0, { X: "x".repeat(9000) })),
      431,
      "buffer-size = 8192",
    ],
    ["a long body", scgiHead(scgiVars("/", 5_000_001)), 413, ""],
  ])("that is wrong is refused: %s", async (_name, bytes, status, logged) => {
    const again = async () => {
      expect(cgiAnswer(await exchange(scgi, bytes)).status).toBe(status);
    };
    await again();
    await complained(logged, again);
  });
});

test("nph sockets answer with a status line of HTTP", async () => {
  const connection = await FastcgiConnection.open(nph.fastcgi);
  connection.send(fastcgiRequest(requestVars("/big?2")));
  expect((await connection.answer()).output.toString()).toMatch(
    /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\nxx$/s,
  );
  connection.destroy();
  const raw = await HttpConnection.open(nph.scgi);
  raw.send(scgiHead(scgiVars("/big?2")));
  expect((await raw.read()).text()).toBe("xx");
});

needs("nginx", "flask")("behind nginx", () => {
  const kinds = ["fastcgi", "scgi"] as const;
  const places = kinds.flatMap((kind) => [[kind, "unix"] as const, [kind, "tcp"] as const]);

  describe.each(places)("%s over %s", (kind, place) => {
    let flask: Program;
    let nginx: Program;
    let front = 0;

    beforeAll(async () => {
      const [first, second] = await freePorts(2);
      front = first ?? 0;
      const socket = place === "unix" ? `${directory}/${kind}-flask.sock` : (second ?? 0);
      const address = typeof socket === "string" ? socket : `127.0.0.1:${socket}`;
      flask = await startServer(
        [
          ...[`--${kind}-socket`, address, "--master", "--processes", "2", "--vacuum"],
          ...["--wsgi-file", projectPath("test/apps/flask_pages.py"), "--need-app"],
        ],
        { accepts: socket },
      );
      const names = ["REQUEST_METHOD", "QUERY_STRING", "CONTENT_TYPE", "REQUEST_URI"];
      const params = [
        ...names.map((name) => `${name} $${name.toLowerCase()}`),
        ...["PATH_INFO $document_uri", "SERVER_PROTOCOL $server_protocol", "SCRIPT_NAME ''"],
        ...["SERVER_NAME localhost", "SERVER_PORT $server_port", "REMOTE_ADDR $remote_addr"],
        kind === "scgi" ? "SCGI 1" : "CONTENT_LENGTH $content_length",
      ];
      nginx = await startNginx(
        `upstream app { server ${place === "unix" ? `unix:${address}` : address}; keepalive 4; }
         server {
           listen 127.0.0.1:${front};
           client_max_body_size 0;
           ${kind === "fastcgi" ? "fastcgi_keep_conn on; fastcgi_request_buffering off;" : ""}
           ${params.map((param) => `${kind}_param ${param};`).join("\n")}
           location / { ${kind}_pass app; }
         }`,
        front,
      );
    });

    afterAll(async () => {
      await nginx?.stop();
      await flask?.stop();
      await flask?.assertGone();
    });

    test("pages, one after the other", async () => {
      const connection = await HttpConnection.open(front);
      for (let round = 0; round < 20; round++) {
        const response = await connection.request({ path: `/greet/n${round}?lang=fr` });
        expect([response.status, response.text()]).toEqual([200, `n${round} fr`]);
      }
      const head = await connection.request({ method: "HEAD", path: "/" });
      expect([head.status, head.text()]).toEqual([200, ""]);
      connection.destroy();
    });

    test("forms, cookies, redirects, errors, streams", async () => {
      const type = ["Content-Type", "application/x-www-form-urlencoded"] as const;
      const form = { method: "POST", path: "/form", headers: [type], body: "a=1&b=2" };
      expect((await request(front, form)).text()).toBe("1|2");
      const cookies = await request(front, { path: "/cookies" });
      const set = cookies.headers.filter(([name]) => name.toLowerCase() === "set-cookie");
      expect(set.map(([, value]) => value.split(";")[0])).toEqual(["one=1", "two=2"]);
      expect((await request(front, { path: "/away" })).status).toBe(302);
      expect((await request(front, { path: "/boom" })).status).toBe(500);
      expect((await request(front, { path: "/stream" })).text()).toBe("part 0\npart 1\npart 2\n");
    });

    test("an upload of two megabytes", async () => {
      const content = "y".repeat(2_000_000);
      const body = `--B\r\nContent-Disposition: form-data; name="file"; filename="f.bin"\r\n\r\n${content}\r\n--B--\r\n`;
      const headers = [["Content-Type", "multipart/form-data; boundary=B"]] as const;
      const response = await request(front, { method: "POST", path: "/upload", headers, body });
      expect(response.text()).toBe("f.bin 2000000");
    });
  });
});
