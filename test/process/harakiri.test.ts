/** Requests that take too long, where it is hard to end them well. Against real servers. */
import { describe, expect, test } from "vitest";
import { request } from "../helpers/http.ts";
import { freePort } from "../helpers/ports.ts";
import type { Program } from "../helpers/process.ts";
import { page, projectPath, startServer } from "../helpers/server.ts";
import { until } from "../helpers/until.ts";

async function start(...more: readonly string[]) {
  const port = await freePort();
  const args = ["--master", "--http-socket", `127.0.0.1:${port}`, "--disable-logging"];
  const app = ["--wsgi-file", projectPath("test/apps/limits.py")];
  return { port, server: await startServer([...args, ...app, ...more], { http: port }) };
}

async function untilSaid(server: Program, what: RegExp): Promise<void> {
  await until(`${what}`, () => what.test(server.stderr()));
}

/** Of requests that end about when they are to be ended: every way it can come out, for each. */
async function nearTheLimit(port: number, path: string): Promise<Set<string>> {
  const outcomes = new Set<string>();
  const client = async (seed: number) => {
    for (let round = 0; round < 4; round++) {
      const seconds = 0.98 + ((seed * 7 + round * 13) % 30) / 100;
      const { status } = await request(port, { path: `${path}?${seconds}` });
      outcomes.add(String(status));
    }
  };
  await Promise.all(Array.from({ length: 6 }, (_, seed) => client(seed)));
  return outcomes;
}

describe("the end of one request meets no other", () => {
  test("requests that end when they are to be ended, and others that are quick", async () => {
    const { port, server } = await start("--harakiri", "1", "--threads", "4", "--processes", "2");
    let running = true;
    const quick = new Set<number>();
    const client = async () => {
      while (running) quick.add((await request(port)).status);
    };
    const clients = [client(), client()];
    const slow = await nearTheLimit(port, "/near");
    running = false;
    await Promise.all(clients);
    expect([...quick]).toEqual([200]);
    expect([...slow].every((status) => status === "200" || status === "504")).toBe(true);
    expect(slow.has("504")).toBe(true);
    expect(server.stderr()).not.toMatch(/ended:|cut off|core has failed/);
    // All four threads of each worker are still there: none waits for another.
    const together = Array.from({ length: 8 }, () => request(port, { path: "/sleep?0.2" }));
    for (const { status } of await Promise.all(together)) expect(status).toBe(200);
  });

  test("an answer that is being sent is cut off, and the next one is whole", async () => {
    const { port, server } = await start("--harakiri", "1", "--threads", "2");
    const before = await page(port, "/");
    for (let round = 0; round < 3; round++) {
      await expect(request(port, { path: "/parts?60" })).rejects.toThrow();
      expect(await page(port, "/")).toBe(before);
    }
    expect(server.stderr()).not.toMatch(/ended:|cut off/);
  });
});

test("with harakiri-graceful-timeout the one request of a worker is ended alone, too", async () => {
  const { port, server } = await start("--harakiri", "1", "--harakiri-graceful-timeout", "10");
  const before = await page(port, "/");
  expect((await request(port, { path: "/sleep?60" })).status).toBe(504);
  expect(await page(port, "/")).toBe(before);
  expect(server.stderr()).toContain("Harakiri: the request took longer");
});

test("siblings that have not finished at the end of the mercy are answered 504, too", async () => {
  const patience = ["--harakiri-graceful-timeout", "1", "--worker-reload-mercy", "1"];
  const { port, server } = await start("--harakiri", "5", "--threads", "3", ...patience);
  const stuck = [1, 2].map(() => request(port, { path: "/sleep?60" }));
  for (const { status } of await Promise.all(stuck)) expect(status).toBe(504);
  // Its own time is not over when the mercy is.
  const sibling = request(port, { path: "/sleep?60" });
  await untilSaid(server, /has not ended in time .*, killing it/);
  expect((await sibling).status).toBe(504);
  expect(server.stderr().match(/took too long/g)).toHaveLength(2);
});

test("a worker that is stopped is killed, and what it did not begin is answered by the next", async () => {
  const { port, server } = await start("--harakiri", "1");
  const before = await page(port, "/");
  process.kill(Number(before), "SIGSTOP");
  expect(await page(port, "/")).not.toBe(before);
  await untilSaid(server, /ended: killed by SIGKILL/);
});

describe("limits of single requests", () => {
  test("by the environ's tsuwsgi.harakiri", async () => {
    const { port, server } = await start("--threads", "2");
    const before = await page(port, "/");
    expect((await request(port, { path: "/environ?1" })).status).toBe(504);
    await untilSaid(server, /Harakiri: the request took longer/);
    expect(await page(port, "/")).toBe(before);
  });

  test("wrong numbers and places are exceptions", async () => {
    const { port } = await start("--threads", "2");
    expect(await page(port, "/misuse")).toBe("ValueError ValueError RuntimeError");
  });

  test("by a route, for the requests that it is about", async () => {
    const { port } = await start("--threads", "2", "--route", "^/sleep harakiri:1");
    const slow = request(port, { path: "/sleep?60" });
    expect((await request(port, { path: "/near?1.5" })).status).toBe(200);
    expect((await slow).status).toBe(504);
  });
});
