/** Clients that people use: curl, Python's http.client, ab, wrk, h2load. */
import { createHash, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { needs } from "../helpers/needs.ts";
import { freePort } from "../helpers/ports.ts";
import { type LaunchOptions, launch, type Program } from "../helpers/process.ts";
import { projectPath, startServer } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";

const MEGABYTE = 1024 * 1024;
const BIG_BYTES = 100 * MEGABYTE;
/** For the commands that get 100 MB through on a busy machine; milliseconds. */
const BIG_MS = 120_000;

const directory = temporaryDirectory({ "static/hello.txt": "hello from a file\n" });
let base: string;
let server: Program;

beforeAll(async () => {
  const port = await freePort();
  base = `http://127.0.0.1:${port}`;
  const args = [
    ...["--master", "--need-app", "--http-socket", `127.0.0.1:${port}`, "--processes", "2"],
    ...["--static-map", `/static=${join(directory, "static")}`, "--disable-logging"],
    ...["--chdir", projectPath("test/apps"), "--module", "transfer:application"],
  ];
  server = await startServer(args, { http: port });
});

afterAll(async () => {
  await server?.stop();
  await server?.assertGone();
  expect(server?.stderr()).not.toMatch(/Traceback|Error/);
});

/** Runs a command to its end; what it wrote. It has to succeed. */
async function run(command: string, args: readonly string[], options: LaunchOptions = {}) {
  const program = launch(command, args, options);
  const { code } = await program.exit;
  const written = { stdout: program.stdout(), stderr: program.stderr() };
  expect({ code, ...written }).toMatchObject({ code: 0 });
  return written;
}

function sha256(bytes: Buffer | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A file of random bytes. */
function file(name: string, bytes: number): { path: string; sum: string } {
  const part = randomBytes(Math.min(bytes, MEGABYTE));
  const content = Buffer.alloc(bytes, part);
  const path = join(directory, name);
  writeFileSync(path, content);
  return { path, sum: sha256(content) };
}

needs("curl")("curl", () => {
  /** Runs curl silently but for errors. */
  const curl = (...args: string[]) => run("curl", ["-sS", ...args]);
  const said = async (...args: string[]) => JSON.parse((await curl(...args)).stdout);

  test("HTTP/1.1", async () => {
    expect(await said(`${base}/a%20b?c=d`)).toMatchObject({
      ...{ SERVER_PROTOCOL: "HTTP/1.1", REQUEST_METHOD: "GET" },
      ...{ PATH_INFO: "/a b", QUERY_STRING: "c=d" },
    });
  });

  test("HTTP/1.0 gets an answer without chunks, and the end of the connection", async () => {
    const { stdout } = await curl("--http1.0", "-i", `${base}/old`);
    expect(stdout).toMatch(/\r\nConnection: close\r\n/);
    expect(stdout).not.toMatch(/^Transfer-Encoding/im);
    expect(JSON.parse(stdout.split("\r\n\r\n")[1] ?? "")).toMatchObject({
      ...{ SERVER_PROTOCOL: "HTTP/1.0", PATH_INFO: "/old" },
    });
  });

  test("HTTP/1.0 with keep-alive uses its connection again", async () => {
    const keep = ["--http1.0", "-H", "Connection: keep-alive", "-w", "%{num_connects}\n"];
    const { stdout } = await curl(...keep, `${base}/plain`, `${base}/plain`);
    expect(stdout).toBe("plain\n1\nplain\n0\n");
  });

  test("several requests use one connection", async () => {
    const { stdout, stderr } = await curl(
      "-v",
      "-w",
      "%{num_connects}\n",
      ...Array(4).fill(`${base}/plain`),
    );
    expect(stdout).toBe("plain\n1\nplain\n0\nplain\n0\nplain\n0\n");
    expect(stderr.match(/Re-?using existing/gi)).toHaveLength(3);
  });

  test("HEAD, and the connection goes on behind it", async () => {
    const url = `${base}/plain`;
    const { stdout } = await curl("-I", url, "--next", "-sS", "-w", "%{num_connects}", url);
    expect(stdout).toMatch(
      /^HTTP\/1.1 200 OK\r\n[\s\S]*\r\nContent-Length: 6\r\n[\s\S]*\r\n\r\nplain\n0$/,
    );
  });

  test("a form", async () => {
    expect(await said("-d", "a=b&c=d", base)).toMatchObject({
      ...{ REQUEST_METHOD: "POST", CONTENT_TYPE: "application/x-www-form-urlencoded" },
      ...{ CONTENT_LENGTH: "7", "body.sha256": sha256("a=b&c=d") },
    });
  });

  test.each([1, 10, 200_000, 2_000_000])("an upload in chunks of %d bytes", async (bytes) => {
    const { path, sum } = file(`chunked-${bytes}`, bytes);
    const chunked = ["-X", "POST", "-H", "Transfer-Encoding: chunked", "-T", path];
    expect(await said(...chunked, base)).toMatchObject({ "body.size": bytes, "body.sha256": sum });
  });

  test("an upload from a pipe, in chunks by itself", async () => {
    const { stdout } = await run("curl", ["-sS", "-T", "-", `${base}/pipe`], {
      stdin: "from a pipe",
    });
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ REQUEST_METHOD: "PUT", "body.size": 11, "body.sha256": sha256("from a pipe") },
    });
  });

  test("an upload that waits for 100 Continue", async () => {
    const { path, sum } = file("expect", 2 * MEGABYTE);
    // Without the interim answer curl would wait for as long as this.
    const patient = ["-v", "--expect100-timeout", "600", "-H", "Expect: 100-continue"];
    const { stdout, stderr } = await curl(...patient, "--data-binary", `@${path}`, base);
    expect(JSON.parse(stdout)).toMatchObject({ "body.sha256": sum });
    expect(stderr).toMatch(/^< HTTP\/1.1 100 Continue/m);
  });

  test("a part of a static file, or all of it", async () => {
    const whole = readFileSync(join(directory, "static/hello.txt"), "utf8");
    const { stdout } = await curl("-r", "6-9", "-w", "|%{http_code}", `${base}/static/hello.txt`);
    // A server need not know ranges (RFC 9110 14.2).
    expect([`${whole.slice(6, 10)}|206`, `${whole}|200`]).toContain(stdout);
  });

  test("an offer to change to HTTP/2 does no harm", async () => {
    const { stdout } = await curl(
      "--http2",
      "-w",
      "%{http_code}",
      `${base}/plain`,
      `${base}/plain`,
    );
    expect(stdout).toBe("plain\n200plain\n200");
  });

  test(
    "100 MB up",
    async () => {
      const { path, sum } = file("big", BIG_BYTES);
      expect(await said("-T", path, base)).toMatchObject({
        "body.size": BIG_BYTES,
        "body.sha256": sum,
      });
    },
    BIG_MS,
  );

  test(
    "100 MB down",
    async () => {
      const path = join(directory, "down");
      const { stdout } = await curl("-D", "-", "-o", path, `${base}/download?${BIG_BYTES}`);
      expect(stdout).toContain(`X-Sha256: ${sha256(readFileSync(path))}\r\n`);
    },
    BIG_MS,
  );
});

describe("Python's http.client", () => {
  const script = `
import hashlib, http.client, json, sys, urllib.parse
address = urllib.parse.urlsplit(sys.argv[1])
connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
connection.connect()
first = connection.sock
def ask(*args, **named):
    connection.request(*args, **named)
    with connection.getresponse() as response:
        assert response.status == 200, response.status
        return response.read()
def digest(body):
    return hashlib.sha256(body).hexdigest()
assert json.loads(ask("GET", "/a?b"))["QUERY_STRING"] == "b"
assert ask("HEAD", "/plain") == b""
body = b"x" * 1000000
assert json.loads(ask("POST", "/", body))["body.sha256"] == digest(body)
seen = json.loads(ask("PUT", "/", iter([body, b"", b"end"]), encode_chunked=True, headers={"Transfer-Encoding": "chunked"}))
assert seen["body.sha256"] == digest(body + b"end"), seen
assert json.loads(ask("POST", "/", b""))["CONTENT_LENGTH"] == "0"
assert len(ask("GET", "/download?3000000")) == 3000000
assert connection.sock is first, "the connection was not kept"
print("done")
`;

  test("asks in all its ways on one connection", async () => {
    const { stdout } = await run("/usr/bin/python3", ["-c", script, base]);
    expect(stdout).toBe("done\n");
  });
});

needs("ab")("ab", () => {
  const figure = (text: string, name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1]);

  test.each([
    ["with connections that are kept", ["-k"], 3000],
    ["with a connection each", [], 0],
  ])("%s", async (_name, more, kept) => {
    const { stdout } = await run("ab", ["-q", ...more, "-n", "3000", "-c", "20", `${base}/plain`]);
    expect(figure(stdout, "Complete requests")).toBe(3000);
    expect(figure(stdout, "Failed requests")).toBe(0);
    expect(stdout).not.toContain("Non-2xx");
    if (kept > 0) expect(figure(stdout, "Keep-Alive requests")).toBe(kept);
  });

  test("posting", async () => {
    const { path } = file("post", 50_000);
    // Each answer tells the port of its connection, so lengths differ.
    const post = ["-q", "-k", "-l", "-p", path, "-T", "application/octet-stream"];
    const { stdout } = await run("ab", [...post, "-n", "500", "-c", "10", `${base}/`]);
    expect([figure(stdout, "Complete requests"), figure(stdout, "Failed requests")]).toEqual([
      500, 0,
    ]);
    expect(stdout).not.toContain("Non-2xx");
  });
});

needs("wrk")("wrk", () => {
  const wrk = (...args: string[]) => run("wrk", ["-t", "2", "-c", "20", "-d", "1s", ...args]);
  const answered = (text: string) => Number(/^\s+(\d+) requests in/m.exec(text)?.[1]);

  test("has no errors", async () => {
    const { stdout } = await wrk(`${base}/plain`);
    expect(answered(stdout)).toBeGreaterThan(20);
    expect(stdout).not.toMatch(/Socket errors|Non-2xx/);
  });

  test("has none with requests in pipelines, some with bodies", async () => {
    const path = join(directory, "pipeline.lua");
    writeFileSync(
      path,
      `init = function()
         local parts = {}
         for n = 1, 8 do
           parts[n] = wrk.format(n % 2 == 0 and "POST" or "GET", "/plain", nil, n % 2 == 0 and "some body" or nil)
         end
         all = table.concat(parts)
       end
       request = function() return all end`,
    );
    const { stdout } = await wrk("-s", path, base);
    expect(answered(stdout)).toBeGreaterThan(20);
    expect(stdout).not.toMatch(/Socket errors|Non-2xx/);
  });
});

needs("h2load")("h2load --h1", () => {
  test.each([1, 4])("has every request answered, %d at once on a connection", async (ahead) => {
    const args = ["--h1", "-n", "2000", "-c", "10", "-m", String(ahead), `${base}/plain`];
    const { stdout } = await run("h2load", args);
    expect(stdout).toContain(
      "requests: 2000 total, 2000 started, 2000 done, 2000 succeeded, 0 failed, 0 errored, 0 timeout",
    );
    expect(stdout).toContain("status codes: 2000 2xx, 0 3xx, 0 4xx, 0 5xx");
  });
});
