/** Answers from files (wsgi.file_wrapper): what arrives, who sends it, and that nothing stays open. */
import { randomBytes } from "node:crypto";
import {
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { HttpConnection, request } from "../helpers/http.ts";
import { freePorts } from "../helpers/ports.ts";
import type { Program } from "../helpers/process.ts";
import { page, projectPath, startServer } from "../helpers/server.ts";
import { open } from "../helpers/target.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";
import { requestVars, uwsgiRequest } from "../helpers/uwsgi-client.ts";
import { byTitle } from "./processes.ts";

const directory = temporaryDirectory();
const bytes = randomBytes(1_000_000);
const path = join(directory, "million.bin");
writeFileSync(path, bytes);
const small = join(directory, "small.txt");
writeFileSync(small, "a few Bytes");
const zipped = join(directory, "million.gz");
writeFileSync(zipped, gzipSync(bytes));
/** Far more than all the buffers on the way to a client that does not read. */
const hugeBytes = 100_000_000;
const huge = join(directory, "huge.bin");
writeFileSync(huge, Buffer.alloc(hugeBytes, "0123456789"));

interface Started {
  readonly port: number;
  readonly uwsgi: number;
  readonly stats: number;
  readonly server: Program;
}

async function start(...more: string[]): Promise<Started> {
  const [port = 0, uwsgi = 0, stats = 0] = await freePorts(3);
  const sockets = ["--http-socket", `127.0.0.1:${port}`, "--socket", `127.0.0.1:${uwsgi}`];
  const app = ["--wsgi-file", projectPath("test/apps/files.py"), "--master", "--need-app"];
  const args = [...sockets, ...app, "--stats", `127.0.0.1:${stats}`, ...more];
  return { port, uwsgi, stats, server: await startServer(args, { http: port }) };
}

const ask = (how: string, file: string) => ({ path: `/${how}?${file}` });

/** Kilobytes that a process has in memory of its own. */
function memory(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "latin1");
  return Number(/^Pss_Anon:\s+(\d+)/m.exec(text)?.[1]);
}

/** What the descriptors of a process lead to. */
function openFiles(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return []; // closed meanwhile
    }
  });
}

describe("a file", async () => {
  const { port, uwsgi, stats, server } = await start();
  const descriptors = async () => Number(await page(port, "/descriptors"));
  const least = await descriptors();

  test.each(["plain", "raw", "temporary", "unlinked", "bytesio"])(
    "arrives whole: %s",
    async (how) => {
      const response = await request(port, ask(how, path));
      expect(response.status).toBe(200);
      expect(response.body.equals(bytes)).toBe(true);
      // An object that is only read has no length that could be known.
      if (how !== "bytesio") expect(response.header("content-length")).toBe("1000000");
    },
  );

  test("that is small arrives whole, and an empty one too", async () => {
    expect((await request(port, ask("plain", small))).text()).toBe("a few Bytes");
    const empty = await request(port, ask("plain", "/dev/null"));
    expect([empty.status, empty.body.length]).toEqual([200, 0]);
  });

  test("whose object reads something else than the file is sent as it reads", async () => {
    expect((await request(port, ask("spoken", small))).text()).toBe("A FEW bYTES");
    const unzipped = await request(port, ask("gzip", zipped));
    expect(unzipped.body.equals(gunzipSync(readFileSync(zipped)))).toBe(true);
  });

  test("goes from where the application is in it, for as long as it says", async () => {
    const part = await request(port, ask("range", path));
    expect([part.status, part.header("content-length")]).toEqual([206, "500000"]);
    expect(part.body.equals(bytes.subarray(1000, 501_000))).toBe(true);
  });

  test("has no body for HEAD and 304, and the connection goes on", async () => {
    const connection = await HttpConnection.open(port);
    const head = await connection.request({ ...ask("plain", huge), method: "HEAD" });
    expect([head.status, head.header("content-length")]).toEqual([200, String(hugeBytes)]);
    expect((await connection.request(ask("unmodified", huge))).status).toBe(304);
    expect((await connection.request(ask("plain", path))).body.equals(bytes)).toBe(true);
    expect((await connection.request(ask("plain", small))).text()).toBe("a few Bytes");
    connection.destroy();
  });

  test("follows what the application wrote before", async () => {
    const { body } = await request(port, ask("written", path));
    expect(body.equals(Buffer.concat([Buffer.from("before"), bytes]))).toBe(true);
  });

  test("that is shorter than its Content-Length is broken off", async () => {
    await expect(request(port, ask("promised", path))).rejects.toThrow("ended before the body");
    const said = "1000000 of the 1000001 bytes of its Content-Length";
    await until("word of it", () => server.stderr().includes(said));
  });

  test("arrives over the uwsgi protocol", async () => {
    const { status, body } = await uwsgiRequest(uwsgi, requestVars(`/plain?${path}`));
    expect([status, body.equals(bytes)]).toEqual([200, true]);
  });

  test("answers several pipelined requests in order", async () => {
    const connection = await HttpConnection.open(port);
    const asked = [path, small, path, zipped, small];
    for (const file of asked) connection.send(`GET /plain?${file} HTTP/1.1\r\nHost: a\r\n\r\n`);
    for (const file of asked)
      expect((await connection.read()).body.equals(readFileSync(file))).toBe(true);
    connection.destroy();
  });

  test("is logged and counted with its bytes", async () => {
    expect(server.stderr()).toMatch(/GET \/plain\?\S+million\.bin => generated 1000000 bytes/);
    const tx = async () => {
      let text = "";
      for await (const part of await open(stats)) text += part;
      return Number(JSON.parse(text).workers[0].tx);
    };
    const before = await tx();
    await request(port, ask("plain", path));
    expect((await tx()) - before).toBeGreaterThan(1_000_000);
    expect((await tx()) - before).toBeLessThan(1_001_000);
  });

  test("is closed in the end, in the worker and in the front", async () => {
    const front = byTitle(server, "tsuwsgi front");
    for (let i = 0; i < 40; i++) await request(port, ask("plain", path));
    await until("the worker's files to be closed", async () => (await descriptors()) <= least);
    await until(
      "the front's files to be closed",
      () => !openFiles(front).some((to) => to.includes(directory)),
    );
  });
});

describe("a client that takes a big file slowly", () => {
  /** A download of which nothing is read yet. */
  async function download(port: number, file: string): Promise<HttpConnection> {
    const connection = await HttpConnection.open(port);
    connection.pause();
    connection.send(`GET /plain?${file} HTTP/1.1\r\nHost: a\r\n\r\n`);
    return connection;
  }

  test("holds no core, and neither front nor worker grows", async () => {
    const { port, server } = await start();
    const pids = ["tsuwsgi front", "tsuwsgi worker"].map((title) => byTitle(server, title));
    await page(port, "/offered");
    const before = pids.map(memory);
    const connections = await Promise.all(Array.from({ length: 5 }, () => download(port, huge)));
    const front = byTitle(server, "tsuwsgi front");
    await until("all to be sent", () => {
      const open = openFiles(front).filter((to) => to === huge);
      return open.length === 5;
    });
    // There is one core, and the files are still being sent.
    expect(await page(port, "/offered")).toBe("yes");
    const [first] = connections;
    first?.resume();
    expect((await first?.read())?.body.equals(readFileSync(huge))).toBe(true);
    const grown = pids.map((pid, i) => memory(pid) - (before[i] ?? 0));
    expect(Math.max(...grown)).toBeLessThan(20_000);
    for (const connection of connections) connection.destroy(true);
    await until("the files to be closed", () => !openFiles(front).includes(huge));
  });

  test("gets no whole answer when the file is cut meanwhile", async () => {
    const { port, server } = await start();
    const cut = join(directory, "cut.bin");
    writeFileSync(cut, readFileSync(huge));
    const connection = await download(port, cut);
    const front = byTitle(server, "tsuwsgi front");
    await until("the file to be sent", () => openFiles(front).includes(cut));
    truncateSync(cut, 1000);
    connection.resume();
    await expect(connection.read()).rejects.toThrow("ended before the body");
    expect(await page(port, "/offered")).toBe("yes");
    await until("the file to be closed", () => !openFiles(front).some((to) => to.includes("cut")));
  });

  test("and a file that is removed meanwhile still arrives whole", async () => {
    const { port, server } = await start();
    const gone = join(directory, "gone.bin");
    writeFileSync(gone, readFileSync(huge));
    const connection = await download(port, gone);
    const front = byTitle(server, "tsuwsgi front");
    await until("the file to be sent", () => openFiles(front).includes(gone));
    rmSync(gone);
    connection.resume();
    expect((await connection.read()).body.equals(readFileSync(huge))).toBe(true);
  });

  test("still gets it when its worker leaves after it", async () => {
    const { port } = await start("--max-requests", "2", "--min-worker-lifetime", "0");
    for (let i = 0; i < 10; i++)
      expect((await request(port, ask("plain", path))).body.equals(bytes)).toBe(true);
  });
});

test("without wsgi.file_wrapper the application is not offered it", async () => {
  const { port } = await start("--wsgi-disable-file-wrapper");
  expect(await page(port, "/offered")).toBe("no");
});
