/** Memory: what ten workers of a Django application share that was imported once. Garbage is collected meanwhile. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { request } from "../helpers/http.ts";
import { values } from "../helpers/http-response.ts";
import { needs } from "../helpers/needs.ts";
import { freePort } from "../helpers/ports.ts";
import { projectPath, startServer } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";
import { allByTitle } from "./processes.ts";

const workers = 10;
/** Requests at a time: enough that every worker gets some. */
const atOnce = 40;

/** What sharing saves at least; measured: 0.59 (docs/performance.md). */
const leastSaved = 0.4;

const directory = temporaryDirectory({
  "app.py": `import gc, os, sys, time
sys.path.insert(0, ${JSON.stringify(projectPath("test/apps"))})
import django_pages

def application(environ, start_response):
    def start(status, headers, exc_info=None):
        return start_response(status, headers + [("X-Pid", str(os.getpid()))], exc_info)
    time.sleep(0.01)
    gc.collect()  # as a worker does that has run for a while
    return django_pages.application(environ, start)
`,
});

/** Proportional set sizes of zygote and workers, KiB, after all workers have answered requests. */
async function pythonMemory(...more: readonly string[]): Promise<number> {
  const port = await freePort();
  const server = await startServer(
    [
      ...["--http-socket", `127.0.0.1:${port}`, "--master", "--processes", String(workers)],
      ...["--wsgi-file", "app.py", "--disable-logging", ...more],
    ],
    { http: port },
    { cwd: directory },
  );
  const served = new Map<string, number>();
  await until("all workers to have answered some requests", async () => {
    const answers = await Promise.all(Array.from({ length: atOnce }, () => request(port)));
    for (const answer of answers) {
      const [pid = ""] = values(answer, "x-pid");
      served.set(pid, (served.get(pid) ?? 0) + 1);
    }
    return served.size === workers && [...served.values()].every((count) => count >= 5);
  });
  const python = ["tsuwsgi zygote", "tsuwsgi worker"].flatMap((title) => allByTitle(server, title));
  expect(python).toHaveLength(workers + 1);
  const sum = python.map(proportionalSize).reduce((all, one) => all + one, 0);
  await server.stop("SIGINT");
  return sum;
}

function proportionalSize(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "latin1");
  return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? Number.NaN);
}

needs("django")("ten workers of a Django application", () => {
  test("imported once they have at least 40% less memory than with lazy-apps", async () => {
    const shared = await pythonMemory();
    const lazy = await pythonMemory("--lazy-apps");
    expect(1 - shared / lazy).toBeGreaterThan(leastSaved);
  });
});
