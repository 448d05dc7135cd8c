/** The tables of test/conformance-http against the built command: real sockets, real workers, one server. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Expected,
  type HttpCase,
  LIMITS,
  NEXT,
  wholeEnviron,
} from "../conformance-http/case.ts";
import { topics } from "../conformance-http/cases/topics.ts";
import { HttpConnection } from "../helpers/http.ts";
import { freePort } from "../helpers/ports.ts";
import type { Program } from "../helpers/process.ts";
import { projectPath, startServer } from "../helpers/server.ts";

/** Connections at once. */
const AT_ONCE = 16;

let port: number;
let server: Program;

beforeAll(async () => {
  port = await freePort();
  const args = [
    ...["--master", "--need-app", "--http-socket", `127.0.0.1:${port}`, "--processes", "2"],
    ...["--buffer-size", String(LIMITS.bufferSize), "--limit-post", String(LIMITS.limitPost)],
    ...["--disable-logging", "--wsgi-file", projectPath("test/apps/echo.py")],
  ];
  server = await startServer(args, { http: port });
});

afterAll(async () => {
  await server?.stop();
  await server?.assertGone();
});

/** Sends bytes in pieces that the server may well read one by one. */
async function send(connection: HttpConnection, bytes: Buffer, size: number): Promise<void> {
  for (let at = 0; at < bytes.length; at += size) {
    connection.send(bytes.subarray(at, at + size));
    if (at + size < bytes.length) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Reads the answer to a request that the application is to get, and what it got. */
async function readEcho(connection: HttpConnection, { environ, body }: Expected): Promise<unknown> {
  const wanted = wholeEnviron(environ);
  const response = await connection.read(wanted["REQUEST_METHOD"]);
  if (response.status !== 200) return `${response.status} ${response.text()}`;
  // The answer to HEAD has no body to tell.
  if (wanted["REQUEST_METHOD"] === "HEAD") return { environ: wanted, body: sha256(body) };
  const said: Record<string, string> = JSON.parse(response.text());
  const got = Object.entries(said).filter(
    ([name]) => name in wanted || /^(HTTP|CONTENT)_/.test(name),
  );
  return { environ: Object.fromEntries(got), body: said["body.sha256"] };
}

function sha256(text: string): string {
  return createHash("sha256").update(Buffer.from(text, "latin1")).digest("hex");
}

/** What is to come of a row, and what came of it. */
async function run(row: HttpCase, size: number, trailing: boolean): Promise<void> {
  const connection = await HttpConnection.open(port);
  const bytes = Buffer.from(row.raw + (trailing ? NEXT.raw : ""), "latin1");
  const sending = send(connection, bytes, size);
  const got: unknown[] = [];
  for (const expected of row.requests) got.push(await readEcho(connection, expected));
  expect({ name: row.name, got }).toEqual({
    name: row.name,
    got: row.requests.map(({ environ, body }) => ({
      environ: wholeEnviron(environ),
      body: sha256(body),
    })),
  });
  if (row.refused !== undefined) {
    expect([row.name, (await connection.read()).status]).toEqual([row.name, row.refused]);
  }
  await sending;
  if (row.partial) connection.end();
  if (row.closes || row.partial) {
    expect([row.name, (await connection.closed()).toString()]).toEqual([row.name, ""]);
  } else {
    if (!trailing) connection.send(NEXT.raw);
    const next = await readEcho(connection, NEXT.expected);
    expect([row.name, next]).toMatchObject([row.name, { environ: { PATH_INFO: "/next" } }]);
  }
  connection.destroy();
}

test.each(Object.entries(topics))("%s", async (_topic, cases) => {
  const jobs = cases.flatMap((row) => [
    () => run(row, Number.POSITIVE_INFINITY, false),
    () => run(row, Math.max(1, Math.ceil(row.raw.length / 100)), false),
    ...(row.partial ? [] : [() => run(row, Number.POSITIVE_INFINITY, true)]),
  ]);
  const lanes = Array.from({ length: AT_ONCE }, async () => {
    for (let job = jobs.pop(); job; job = jobs.pop()) await job();
  });
  await Promise.all(lanes);
});

test("nothing of that made the server complain", () => {
  expect(server.stderr()).not.toMatch(/Error|Traceback|exception/);
});
