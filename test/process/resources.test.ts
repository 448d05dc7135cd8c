/** Limits and priorities of real servers, beside uWSGI's. */
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { describe, expect, test } from "vitest";
import { needs } from "../helpers/needs.ts";
import { freePort } from "../helpers/ports.ts";
import { launch, type Program } from "../helpers/process.ts";
import { page, startServer, untilReady } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";
import { allByTitle } from "./processes.ts";
import { limitOf, niceOf, processorsOf } from "./status.ts";

const app = `
import subprocess, threading

def application(environ, start_response):
    start_response("200 OK", [])
    path = environ["PATH_INFO"]
    if path == "/fork":
        try:
            children = [subprocess.Popen(["sleep", "60"]) for _ in range(400)]
        except OSError as error:
            return [type(error).__name__.encode()]
        return [b"all"]
    return [str(threading.stack_size()).encode()]
`;

async function start(args: readonly string[]): Promise<{ server: Program; port: number }> {
  const cwd = temporaryDirectory({ "app.py": app });
  chmodSync(cwd, 0o755);
  const port = await freePort();
  const all = ["--master", "--wsgi-file", "app.py", "--http-socket", `127.0.0.1:${port}`, ...args];
  return { server: await startServer(all, { accepts: port }, { cwd }), port };
}

/** CAP_SYS_RESOURCE, which root of a container or a virtual machine may lack. */
function mayRaise(): boolean {
  const sets = /^CapEff:\s*(\w+)/m.exec(readFileSync("/proc/self/status", "latin1"))?.[1];
  return (BigInt(`0x${sets ?? "0"}`) & (1n << 24n)) !== 0n;
}

describe("max-fd", () => {
  test("lower than what there is, for every process", async () => {
    const { server, port } = await start(["--max-fd", "700"]);
    for (const pid of server.processes())
      expect([pid, limitOf(pid, "Max open files")]).toEqual([pid, "700 700"]);
    expect(await page(port, "/")).toBe("0");
    await server.stop();
    await server.assertGone();
  });

  test.skipIf(!mayRaise())("higher, though the server is a user's then", async () => {
    const own = Number(limitOf(process.pid, "Max open files").split(" ")[1]);
    const wanted = Math.min(own + 1000, 1_048_576);
    const { server } = await start([
      "--max-fd",
      String(wanted),
      "--uid",
      "nobody",
      "--gid",
      "nogroup",
    ]);
    for (const pid of server.processes())
      expect(limitOf(pid, "Max open files")).toBe(`${wanted} ${wanted}`);
    await server.stop();
  });
});

test("prio: of all processes", async () => {
  const { server } = await start(["--prio", "7"]);
  expect(server.processes().map(niceOf)).toEqual(server.processes().map(() => 7));
  await server.stop();
});

needs("uwsgi")("cpu-affinity", () => {
  test.each([1, 2, 3])("%i a worker: those of uWSGI", async (count) => {
    const args = ["--processes", "3", "--cpu-affinity", String(count)];
    const { server } = await start(args);
    const own = await until("all workers", () => {
      const each = [1, 2, 3].map((worker) => allByTitle(server, `tsuwsgi worker ${worker}`));
      return each.every(({ length }) => length === 1) && each.flat().map(processorsOf);
    });
    const port = await freePort();
    const more = ["--master", "--wsgi-file", "app.py", "--http-socket", `127.0.0.1:${port}`];
    const peer = launch("uwsgi", ["--plugin", "python3", ...more, ...args], {
      cwd: temporaryDirectory({ "app.py": app }),
    });
    await untilReady(peer, { accepts: port });
    await until("uWSGI's words", () => peer.stderr().match(/mapping worker/g)?.length === 3);
    const mapped = /mapping worker (\d) to CPUs:((?: \d+)+)/g;
    const said = (text: string) =>
      [...text.matchAll(mapped)].map(([, worker, list = ""]) => {
        const processors = [...new Set(list.trim().split(" ").map(Number))].sort((a, b) => a - b);
        return `${worker}: ${processors.join(" ")}`;
      });
    expect(said(server.stderr()).sort()).toEqual(said(peer.stderr()).sort());
    expect(own).toHaveLength(3);
    if (availableParallelism() > 1 && count === 1) expect(own.slice(0, 2)).toEqual(["0", "1"]);
    await Promise.all([server.kill(), peer.kill()]);
  });
});

test("thread-stacksize: of the threads that take requests, not of others", async () => {
  const { server, port } = await start(["--threads", "3", "--thread-stacksize", "777"]);
  const [pid = 0] = allByTitle(server, "tsuwsgi worker");
  const maps = readFileSync(`/proc/${pid}/maps`, "latin1");
  // Their stacks stand alone, each with a guard page in front.
  const sizes = [...maps.matchAll(/^(\w+)-(\w+) rw-p 00000000 00:00 0\s*$/gm)].map(
    ([, from, to]) => (Number.parseInt(to ?? "", 16) - Number.parseInt(from ?? "", 16)) / 1024,
  );
  expect(sizes.filter((size) => size > 770 && size < 790)).toHaveLength(2);
  expect(await page(port, "/")).toBe("0");
  await server.stop();
});

describe.skipIf(process.getuid?.() !== 0)("limit-nproc", () => {
  test("an application cannot make more processes; the server goes on", async () => {
    const { server, port } = await start([
      ...["--uid", "7321", "--gid", "nogroup", "--limit-nproc", "120"],
    ]);
    expect(await page(port, "/fork")).toBe("BlockingIOError");
    expect(await page(port, "/")).toBe("0");
    await server.kill();
  });
});

const mergeable = "/proc/self/ksm_stat";
const knowsMerging = existsSync(mergeable) && readFileSync(mergeable, "latin1").includes("any");

test.skipIf(!knowsMerging)("ksm: the kernel may merge pages of zygote and workers", async () => {
  const { server } = await start(["--ksm", "--processes", "2"]);
  const merges = (pid: number) => readFileSync(`/proc/${pid}/ksm_stat`, "latin1");
  const python = await until("all workers", () => {
    const workers = allByTitle(server, "tsuwsgi worker");
    return workers.length === 2 && [...workers, ...allByTitle(server, "tsuwsgi zygote")];
  });
  for (const pid of python) expect(merges(pid)).toContain("ksm_merge_any: yes");
  await server.stop();
});
