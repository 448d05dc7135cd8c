/** What every engine has to do, through the built command; the engines' tests call it. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { formatRequest, HttpConnection, request } from "../helpers/http.ts";
import { needs } from "../helpers/needs.ts";
import type { PackageName } from "../helpers/packages.ts";
import { freePort } from "../helpers/ports.ts";
import type { Program } from "../helpers/process.ts";
import { page, projectPath, startServer } from "../helpers/server.ts";
import type { Target } from "../helpers/target.ts";
import { until } from "../helpers/until.ts";
import { kill } from "./processes.ts";

/** An engine, the package that its tests need, and the options beside its own. */
export interface Engine {
  readonly name: "gevent" | "eventlet" | "asyncio";
  readonly needed: PackageName;
  readonly options: readonly string[];
}

export const app = ["--wsgi-file", projectPath("test/apps/greenlets.py")];

/** Greenlets of one worker; every test that fills a worker needs as many requests. */
export const greenlets = 8;

/** Tells the application its engine, and eventlet to leave out its resolver, half of its slow import. */
function environment({ name }: Engine): string[] {
  return ["--env", `ENGINE=${name}`, "--env", "EVENTLET_NO_GREENDNS=yes"];
}

/** A server with that engine and `greenlets` of it in a worker. */
export async function start(engine: Engine, ...more: readonly string[]) {
  const port = await freePort();
  const listen = ["--master", "--need-app", "--http-socket", `127.0.0.1:${port}`];
  const cores = [`--${engine.name}`, String(greenlets), ...engine.options];
  const args = [...listen, ...app, ...cores, ...environment(engine), ...more];
  return { port, server: await startServer(args, { http: port }) };
}

export function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}

/** The worker that answers. */
export async function pidAt(port: Target): Promise<number> {
  return JSON.parse(await page(port, "/")).pid;
}

/** How often a server wrote this line. */
export function lines(server: Program, text: string): number {
  return server
    .stderr()
    .split("\n")
    .filter((line) => line === text).length;
}

/** The tests that every engine has to pass. */
export function describeEngine(engine: Engine): void {
  needs(engine.needed)(engine.name, () => {
    // One for the tests that do it no harm: a start with eventlet takes a second and more.
    let shared: Promise<Awaited<ReturnType<typeof start>>> | undefined;
    const same = () => {
      shared ??= start(engine);
      return shared;
    };

    test("runs as many requests at once as it has greenlets, each worker for itself", async () => {
      const { port, server } = await same();
      const { multithread, multiprocess } = JSON.parse(await page(port, "/"));
      expect([multithread, multiprocess]).toEqual([true, false]);
      const met = times(greenlets, () => page(port, `/meet?${greenlets}`));
      expect(new Set(await Promise.all(met)).size).toBe(1);
      expect(server.stderr()).toContain(`1 worker with ${greenlets} ${engine.name} greenlets each`);
    });

    test("reads uploads that come in parts, several at once", async () => {
      const { port } = await same();
      const upload = async (letter: string) => {
        const body = Buffer.alloc(700_000, `${letter}123456789`);
        const bytes = formatRequest({ method: "POST", path: "/body", body });
        const connection = await HttpConnection.open(port);
        for (let at = 0; at < bytes.length; at += 90_001) {
          connection.send(bytes.subarray(at, at + 90_001));
          await new Promise((resolve) => setImmediate(resolve));
        }
        const sent = [body.length, createHash("sha256").update(body).digest("hex")];
        return [JSON.parse((await connection.read("POST")).text()), sent];
      };
      const all = await Promise.all(["a", "b", "c", "d"].map(upload));
      expect(all.map(([got]) => got)).toEqual(all.map(([, sent]) => sent));
      // Small ones come with their request, and many of them in one read of the worker's.
      const small = times(40, () => request(port, { method: "POST", path: "/body", body: "x" }));
      const sizes = (await Promise.all(small)).map((response) => JSON.parse(response.text())[0]);
      expect(sizes).toEqual(times(40, () => 1));
    });

    test("ends a result without end when its client leaves, and stays ready for others", async () => {
      const { port, server } = await same();
      const clients = await Promise.all(times(greenlets, () => HttpConnection.open(port)));
      for (const client of clients) client.send(formatRequest({ path: "/endless" }));
      await Promise.all(clients.map((client) => until("bytes", () => client.pending.length > 0)));
      for (const client of clients) client.destroy(true);
      await until("all to end", () => lines(server, "ended") === greenlets);
      await pidAt(port);
    });

    test("waits for a slow client without stopping the others", async () => {
      const { port } = await same();
      const slow = await HttpConnection.open(port);
      slow.pause();
      slow.send(formatRequest({ path: "/endless" }));
      await until("the others", async () => (await pidAt(port)) > 0);
      const met = times(greenlets - 1, () => page(port, `/meet?${greenlets - 1},slow`));
      await Promise.all(met);
      slow.destroy(true);
    });

    test("a request over harakiri is answered 504 and ended alone", async () => {
      const { port, server } = await start(engine, "--harakiri", "1");
      const before = await pidAt(port);
      const stuck = times(2, () => request(port, { path: "/stuck" }));
      for (const { status } of await Promise.all(stuck)) expect(status).toBe(504);
      const ended = () => server.stderr().match(/Harakiri: the request took longer/g)?.length;
      await until("both to end", () => ended() === 2);
      expect(await pidAt(port)).toBe(before);
      // Where they were, before they ended: faulthandler sees threads only.
      const stacks = /Greenlet of core \d+:\n(?: .*\n)*? {2}File ".*", line \d+, in application\n/;
      expect(server.stderr()).toMatch(stacks);
    });

    test("without patience for it its worker ends, and a new one comes", async () => {
      const patience = ["--harakiri-graceful-timeout", "0"];
      const { port, server } = await start(engine, "--harakiri", "1", ...patience);
      const before = await pidAt(port);
      const stuck = request(port, { path: "/stuck" });
      await until("the first", () => lines(server, "stuck") === 1);
      expect((await stuck).status).toBe(504);
      expect(await until("the next worker", () => pidAt(port))).not.toBe(before);
      expect(server.stderr()).toContain("HARAKIRI");
    });

    test("killed, its requests are answered 502 and those that waited are served by the next", async () => {
      const { port, server } = await same();
      const pid = await pidAt(port);
      const stuck = times(greenlets, () => request(port, { path: "/stuck" }));
      await until("all to be stuck", () => lines(server, "stuck") === greenlets);
      const waiting = pidAt(port);
      kill(pid);
      const statuses = (await Promise.all(stuck)).map(({ status }) => status);
      expect(statuses).toEqual(times(greenlets, () => 502));
      expect(await waiting).not.toBe(pid);
    });

    test("finishes what is in hand before it stops", async () => {
      const { port, server } = await same();
      const before = lines(server, "stuck");
      const stuck = times(3, () => page(port, "/stuck"));
      await until("all to be stuck", () => lines(server, "stuck") === before + 3);
      const release = await HttpConnection.open(port);
      release.send("GET /release HTTP/1.1\r\nHost: a\r\n");
      server.signal("SIGTERM");
      await until("the drain", () => server.stderr().includes("SIGTERM: stopping"));
      release.send("\r\n");
      expect(await Promise.all(stuck)).toEqual(times(3, () => "released"));
      expect(await server.exit).toEqual({ code: 0, signal: null });
      await server.assertGone();
    });

    test("its workers retire after max-requests, without a failure", async () => {
      const { port } = await start(
        engine,
        ...["--max-requests", "20", "--processes", "2", "--min-worker-lifetime", "0"],
      );
      const seen = new Set<number>();
      for (let round = 0; round < 20; round++)
        for (const pid of await Promise.all(times(greenlets, () => pidAt(port)))) seen.add(pid);
      await until("a third worker", async () => seen.add(await pidAt(port)).size > 2);
    });
  });
}
