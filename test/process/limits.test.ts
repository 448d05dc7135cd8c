/** What bounds requests and workers, against real servers. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { request } from "../helpers/http.ts";
import { freePort } from "../helpers/ports.ts";
import { launch, type Program } from "../helpers/process.ts";
import { page, projectPath, runTsuwsgi, startServer } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";

async function start(...more: readonly string[]) {
  const port = await freePort();
  const args = ["--master", "--http-socket", `127.0.0.1:${port}`, "--disable-logging"];
  const app = ["--wsgi-file", projectPath("test/apps/limits.py")];
  return { port, server: await startServer([...args, ...app, ...more], { http: port }) };
}

async function untilSaid(server: Program, what: string | RegExp, times = 1): Promise<void> {
  const pattern = new RegExp(what, "g");
  await until(`"${what}"`, () => (server.stderr().match(pattern)?.length ?? 0) >= times);
}

describe("harakiri", () => {
  test("of a worker with one core: 504, its stack in the log, and another worker", async () => {
    const { port, server } = await start("--harakiri", "1", "--harakiri-verbose");
    const before = await page(port, "/");
    expect((await request(port, { path: "/sleep?60" })).status).toBe(504);
    expect(await page(port, "/")).not.toBe(before);
    expect(server.stderr()).toMatch(
      /HARAKIRI: worker 1 \(pid \d+\): GET \/sleep\?60 took too long/,
    );
    expect(server.stderr()).toMatch(/File ".*limits\.py", line \d+ in application/);
    expect(server.stderr()).toMatch(/wchan> \w+/);
    await server.stop();
    await server.assertGone();
  });

  for (const [how, path] of [
    ["computes", "/loop"],
    ["sleeps and wakes", "/own?60"],
  ] as const)
    test(`of one thread that ${how}: it ends alone, and its siblings go on`, async () => {
      const { port, server } = await start("--harakiri", "1", "--threads", "3");
      const before = await page(port, "/");
      const flag = join(temporaryDirectory(), "go");
      const stuck = [request(port, { path }), request(port, { path })];
      for (const { status } of await Promise.all(stuck)) expect(status).toBe(504);
      await untilSaid(server, "Harakiri: the request took longer", 2);
      writeFileSync(flag, "");
      const pages = Array.from({ length: 3 }, () => page(port, `/flag?${flag}`));
      expect(await Promise.all(pages)).toEqual([before, before, before]);
      expect(server.stderr()).not.toContain("ended:");
    });

  test("of one thread that cannot be ended: a successor comes, the siblings finish, then the worker goes", async () => {
    const patience = ["--harakiri-graceful-timeout", "1"];
    const { port, server } = await start("--harakiri", "3", "--threads", "3", ...patience);
    const before = await page(port, "/");
    // The first thread, the process's own, wakes by the signal; these two do not.
    const sleepers = Array.from({ length: 3 }, () => request(port, { path: "/sleep?60" }));
    await untilSaid(server, "at /sleep", 3);
    for (const { status } of await Promise.all(sleepers)) expect(status).toBe(504);
    await untilSaid(server, /worker 1 \(pid \d+\) is replaced by pid \d+: harakiri/);
    expect(await page(port, "/")).not.toBe(before);
    await untilSaid(server, /HARAKIRI: .* it is killed/);
    await until("the worker to go", () => !server.processes().includes(Number(before)));
  });

  test("an application sets a limit of its own, or takes it back", async () => {
    const { port, server } = await start("--processes", "2", "--threads", "2");
    expect((await request(port, { path: "/own?1" })).status).toBe(504);
    await untilSaid(server, "Harakiri: the request took longer");
    expect((await request(port, { path: "/taken-back" })).status).toBe(200);
  });

  test("harakiri-queue-threshold: nobody is ended while nobody waits", async () => {
    const { port } = await start("--harakiri", "1", "--harakiri-queue-threshold", "1");
    expect((await request(port, { path: "/sleep?2" })).status).toBe(200);
    const slow = request(port, { path: "/sleep?60" });
    const waiting = page(port, "/");
    expect((await slow).status).toBe(504);
    await waiting;
  });
});

describe("memory", () => {
  for (const option of ["reload-on-rss", "reload-on-as", "reload-on-uss", "reload-on-pss"]) {
    test(`${option} replaces a worker after the request, and loses none`, async () => {
      const limit = option === "reload-on-as" ? "200" : "60";
      const { port, server } = await start(`--${option}`, limit, "--min-worker-lifetime", "0");
      const before = await page(port, "/");
      expect(await page(port, "/grow?190")).toBe(before);
      // It is looked at after a request, once a second.
      await until("another worker", async () => (await page(port, "/")) !== before);
      expect(server.stderr()).toContain(`: ${option}, with `);
      expect(server.stderr()).not.toContain("ended:");
    });
  }

  test("evil-reload-on-rss kills it in the middle of a request, which is answered 502", async () => {
    const { port, server } = await start("--evil-reload-on-rss", "100", "--threads", "2");
    const flag = join(temporaryDirectory(), "never");
    const waiting = request(port, { path: `/flag?${flag}` });
    await untilSaid(server, "at /flag");
    const before = await page(port, "/grow?120");
    expect((await waiting).status).toBe(502);
    await until("another worker", async () => (await page(port, "/")) !== before);
    expect(server.stderr()).toMatch(/is killed: evil-reload-on-rss, with \d+ MB/);
  });

  test("limit-as: MemoryError in the application, so 500, and the worker goes on", async () => {
    const { port, server } = await start("--limit-as", "300");
    const before = await page(port, "/");
    expect((await request(port, { path: "/grow?400" })).status).toBe(500);
    expect(server.stderr()).toContain("MemoryError");
    expect(await page(port, "/")).toBe(before);
    // Not the application's own doing: its parts are to become one.
    expect((await request(port, { path: "/join?400" })).status).toBe(500);
    expect(await page(port, "/")).toBe(before);
  });

  test("limit-as: a worker without memory for a request is replaced, and its successor answers", async () => {
    const { port, server } = await start("--limit-as", "300");
    const before = await page(port, "/");
    await request(port, { path: "/hog" });
    const body = Buffer.alloc(200_000, "x");
    const answers = [1, 2, 3].map(() => request(port, { method: "POST", path: "/", body }));
    for (const answer of await Promise.all(answers)) {
      expect(answer.status).toBe(200);
      expect(answer.text()).not.toBe(before);
    }
    expect(server.stderr()).toMatch(/a core has failed:[\s\S]*MemoryError/);
    expect(server.stderr()).toMatch(
      /worker 1 .* is replaced by pid \d+: one of its cores has failed/,
    );
  });

  test("limit-as: less than Python takes ends the start with a message", async () => {
    const app = ["--wsgi-file", projectPath("test/apps/limits.py")];
    const args = ["--http-socket", "127.0.0.1:0", ...app, "--limit-as", "5"];
    const { code, stderr } = await runTsuwsgi(args);
    expect(code).toBe(1);
    expect(stderr).toMatch(/limit-as is 5 megabytes, and Python alone takes \d+/);
    expect(stderr).not.toContain("Traceback");
  });

  test("limit-as: what is bounded already may have no more", async () => {
    const script = [
      "import resource, sys; sys.path.insert(0, sys.argv[1])",
      "from tsuwsgi.zygote import _limit_memory",
      "resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))",
      "_limit_memory(1 << 40); print(*resource.getrlimit(resource.RLIMIT_AS))",
    ].join("\n");
    const python = launch("/usr/bin/python3", ["-c", script, projectPath("python")]);
    await python.exit;
    expect(python.stdout()).toBe("1073741824 1073741824\n");
  });
});

describe("exceptions", () => {
  test.each([
    [["--reload-on-exception"], ["/raise?value", "/raise?own", "/late"], []],
    [["--reload-on-exception-type", "ValueError"], ["/raise?value", "/late"], ["/raise?own"]],
    [["--reload-on-exception-type", "Own"], ["/raise?own"], ["/raise?value"]],
    [["--reload-on-exception-value", "no such thing"], ["/raise?own"], ["/join?400"]],
    [["--reload-on-exception-value", "no such"], [], ["/raise?own"]],
    [["--reload-on-exception-repr", "ValueError: no such thing"], ["/raise?value"], ["/raise?own"]],
  ] as const)("%s", async (options, worn, harmless) => {
    const { port, server } = await start(
      ...options,
      "--limit-as",
      "300",
      "--min-worker-lifetime",
      "0",
    );
    for (const path of harmless) {
      const before = await page(port, "/");
      expect((await request(port, { path })).status).toBe(500);
      expect(await page(port, "/")).toBe(before);
    }
    const replaced = () => server.stderr().match(/: reload-on-exception/g)?.length ?? 0;
    for (const [at, path] of worn.entries()) {
      const before = await page(port, "/");
      if (path === "/late") await expect(request(port, { path })).rejects.toThrow();
      else expect((await request(port, { path })).status).toBe(500);
      await until("another worker", async () => (await page(port, "/")) !== before);
      expect(replaced()).toBe(at + 1);
    }
    expect(replaced()).toBe(worn.length);
    expect(server.stderr()).not.toContain("ended:");
  });
});

describe("age", () => {
  test("max-worker-lifetime: one after the other, no request lost", async () => {
    const more = ["--max-worker-lifetime-delta", "1", "--processes", "2"];
    const { port, server } = await start("--max-worker-lifetime", "1", ...more);
    let loaded = true;
    const statuses = new Set<number>();
    const client = async () => {
      while (loaded) statuses.add((await request(port)).status);
    };
    const clients = [client(), client()];
    await untilSaid(
      server,
      /worker 1 .* is replaced by pid \d+: max-worker-lifetime, after 1 s/,
      2,
    );
    await untilSaid(server, /worker 2 .* is replaced by pid \d+: max-worker-lifetime, after 2 s/);
    loaded = false;
    await Promise.all(clients);
    expect([...statuses]).toEqual([200]);
    expect(server.stderr()).not.toContain("ended:");
  });

  test("min-worker-lifetime: not before", async () => {
    const { port, server } = await start("--max-requests", "1", "--min-worker-lifetime", "2");
    const before = await page(port, "/");
    const began = performance.now();
    await until("another worker", async () => (await page(port, "/")) !== before);
    // The worker was there before our first request, by less than a second.
    expect(performance.now() - began).toBeGreaterThan(900);
    expect(server.stderr()).toContain(": max-requests, after ");
  });

  test("a worker that crashes costs its request alone", async () => {
    const { port } = await start("--processes", "2");
    expect((await request(port, { path: "/crash" })).status).toBe(502);
    expect((await request(port)).status).toBe(200);
  });
});
