/** Reloads under load: every request is answered, and right. */
import { appendFileSync, chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { HttpConnection, request } from "../helpers/http.ts";
import { freePort, freePorts } from "../helpers/ports.ts";
import type { Program } from "../helpers/process.ts";
import { page, startServer } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";
import { byTitle } from "./processes.ts";

const application = (version: string) => `
import os, time

def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path.startswith("/wait/"):
        print("waiting", flush=True)
        while not os.path.exists(environ["QUERY_STRING"]):
            time.sleep(0.01)
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [("${version} %d %s " % (os.getpid(), path)).encode() + body]
`;

interface Served {
  readonly directory: string;
  readonly port: number;
  readonly server: Program;
  /** Writes another version of the application. */
  readonly edit: (version: string) => void;
  /** Adds lines to the configuration. */
  readonly configure: (...lines: readonly string[]) => void;
  /** Sends SIGHUP, and waits for the line in the log that says how it ended. */
  readonly reload: (end?: string) => Promise<void>;
}

async function serve(...lines: readonly string[]): Promise<Served> {
  const port = await freePort();
  const directory = temporaryDirectory();
  const app = join(directory, "app.py");
  const ini = join(directory, "app.ini");
  chmodSync(directory, 0o755);
  const edit = (version: string) => writeFileSync(app, application(version));
  const configure = (...more: readonly string[]) =>
    appendFileSync(ini, more.map((line) => `${line}\n`).join(""));
  edit("one");
  configure("[uwsgi]", "master = true", `http-socket = 127.0.0.1:${port}`, `wsgi-file = ${app}`);
  configure("processes = 2", "disable-logging = true");
  configure(...lines.map((line) => line.replace("%d", directory)));
  const server = await startServer(["--ini", ini], { http: port });
  const reload = async (end = "reload is done") => {
    const count = () => server.stderr().split(end).length;
    const before = count();
    server.signal("SIGHUP");
    await until(`"${end}"`, () => count() > before);
  };
  return { directory, port, server, edit, configure, reload };
}

/** Clients that go on until they are told to stop; what they got is counted. */
function load(port: number, clients = 4) {
  let stopped = false;
  const seen = { answered: 0, faults: [] as string[], versions: new Set<string>() };
  const kept = async (client: number) => {
    let connection = await HttpConnection.open(port);
    for (let number = 0; !stopped; number++) {
      const path = `/${client}/${number}`;
      const method = number % 3 === 0 ? "POST" : "GET";
      const body = method === "POST" ? `body ${path}` : "";
      const response = await connection.request({ path, method, body });
      const [version = "", , echo = "", ...rest] = response.text().split(" ");
      if (response.status !== 200 || echo !== path || rest.join(" ") !== body)
        seen.faults.push(`${path}: ${response.status} ${response.text()}`);
      seen.answered++;
      seen.versions.add(version);
      // A server that goes away says so; what it closes without a word is a fault.
      if (response.header("connection") !== "close") continue;
      connection.destroy();
      connection = await HttpConnection.open(port);
    }
    connection.destroy();
  };
  const runs = Array.from({ length: clients }, (_, client) =>
    kept(client).catch((error: unknown) => seen.faults.push(String(error))),
  );
  return {
    seen,
    stop: async () => {
      stopped = true;
      await Promise.all(runs);
      return seen;
    },
  };
}

async function more(clients: ReturnType<typeof load>, answers = 200): Promise<void> {
  const before = clients.seen.answered;
  await until("more answers", () => clients.seen.answered >= before + answers);
}

describe("SIGHUP", () => {
  test("again and again: no request fails, none is refused, nothing is left of the old", async () => {
    const { port, server, reload, edit } = await serve();
    const clients = load(port);
    for (let count = 0; count < 6; count++) {
      edit(`v${count}`);
      await reload();
    }
    await more(clients);
    const { faults, versions } = await clients.stop();
    expect(faults).toEqual([]);
    expect(versions).toContain("v5");
    await until("the old ones to go", () => server.processes().length === 5);
    await server.stop();
    await server.assertGone();
  });

  test("with another configuration for the front: it is replaced too, and nobody is turned away", async () => {
    const { port, server, reload, configure } = await serve();
    const clients = load(port);
    const front = byTitle(server, "tsuwsgi front");
    configure("add-header = X-Generation: two", "processes = 3");
    await reload();
    await more(clients);
    expect((await clients.stop()).faults).toEqual([]);
    await until("the old front to go", () => !server.processes().includes(front));
    const answer = await request(port);
    expect(answer.header("x-generation")).toBe("two");
    await until("three workers", () => server.processes().length === 6);
    await until("one directory", () => server.runDirectories().filter(exists).length === 1);
    await server.stop();
    await server.assertGone();
  });

  test("lets requests in hand finish", async () => {
    const { port, directory, server, reload, edit } = await serve();
    const flag = join(directory, "go");
    const slow = request(port, { path: `/wait/?${flag}` });
    await until("the request to begin", () => server.stderr().includes("waiting"));
    edit("two");
    await reload();
    expect(await page(port, "/")).toMatch(/^two /);
    writeFileSync(flag, "");
    expect((await slow).text()).toMatch(/^one /);
    await until("the old ones to go", () => server.processes().length === 5);
  });

  test("is bounded by worker-reload-mercy: then those are answered 502", async () => {
    const { port, server, reload } = await serve("worker-reload-mercy = 1");
    const slow = request(port, { path: "/wait/?/nowhere" });
    await until("the request to begin", () => server.stderr().includes("waiting"));
    await reload();
    expect((await slow).status).toBe(502);
    await until("the old ones to go", () => server.processes().length === 5);
  });

  for (const lazy of [[], ["lazy-apps = true"]]) {
    test(`does not go over to a broken application ${lazy.join()}`, async () => {
      const { port, server, reload, edit, directory } = await serve(...lazy);
      const clients = load(port);
      writeFileSync(join(directory, "app.py"), "raise RuntimeError('broken on purpose')\n");
      await reload("reload is given up");
      expect(server.stderr()).toContain("RuntimeError: broken on purpose");
      await more(clients);
      edit("two");
      await reload();
      await more(clients);
      const { faults, versions } = await clients.stop();
      expect(faults).toEqual([]);
      expect([...versions]).toEqual(["one", "two"]);
      await until("the others to go", () => server.processes().length === 5);
    });
  }

  test("does not go over to a broken configuration, and says what is wrong with it", async () => {
    const { port, server, reload, configure } = await serve();
    configure("procceses = 3");
    await reload("reload is given up");
    expect(server.stderr()).toMatch(/app\.ini:7:1: error: .*procceses/);
    expect(await page(port, "/")).toMatch(/^one /);
  });

  test("names what needs a restart, and takes the rest", async () => {
    const [other = 0] = await freePorts(1);
    const { port, server, reload, configure } = await serve();
    configure(
      "add-header = X-Generation: two",
      `http-socket = 127.0.0.1:${other}`,
      "vacuum = true",
    );
    await reload();
    expect(server.stderr()).toMatch(/app\.ini:9:10: `vacuum` changed; that needs a restart/);
    expect(server.stderr()).toMatch(/the list of sockets changed; that needs a restart/);
    expect((await request(port)).header("x-generation")).toBe("two");
    await expect(request(other)).rejects.toThrow("ECONNREFUSED");
  });
});

test.skipIf(process.getuid?.() !== 0)(
  "as another user than at the start: files that only root may write are no fault [needs root]",
  async () => {
    const { directory, port, server, configure } = await serve(
      ...["uid = nobody", "gid = nogroup", "pidfile = %d/pid", "logto = %d/log"],
    );
    const log = () => readFileSync(join(directory, "log"), "utf8");
    configure("add-header = X-Generation: two");
    server.signal("SIGHUP");
    await until("the reload", () => log().includes("reload is done"));
    expect((await request(port)).header("x-generation")).toBe("two");
    expect(log()).not.toContain("error");
  },
);

test("a front or a zygote that dies in a reload costs nobody's server", async () => {
  const { port, server, reload, edit } = await serve();
  for (const title of ["tsuwsgi front", "tsuwsgi zygote"]) {
    edit(title);
    process.kill(byTitle(server, title), "SIGKILL");
    await reload();
    await until("the new application", async () => (await page(port, "/")).startsWith(title));
  }
  await until("the others to go", () => server.processes().length === 5);
});

test("max-requests: the successor is there before the worker goes", async () => {
  const { port, server } = await serve("max-requests = 50", "min-worker-lifetime = 0");
  const clients = load(port);
  const replaced = () =>
    server.stderr().match(/is replaced by pid \d+: max-requests/g)?.length ?? 0;
  await until("ten replacements", () => replaced() >= 10);
  expect((await clients.stop()).faults).toEqual([]);
  expect(server.stderr()).not.toContain("ended:");
});

test("SIGTSTP pauses and resumes", async () => {
  const { port, server } = await serve();
  server.signal("SIGTSTP");
  await until("the pause", () => server.stderr().includes("SIGTSTP: paused"));
  let answered = false;
  const waiting = request(port).then((response) => {
    answered = true;
    return response;
  });
  await expect(until("an answer", () => answered, 300)).rejects.toThrow("in vain");
  server.signal("SIGTSTP");
  expect((await waiting).status).toBe(200);
});

describe("what waits in a paused server is answered", () => {
  /** A paused server, and a request that its front has. */
  const paused = async () => {
    const served = await serve();
    const { server, port } = served;
    server.signal("SIGTSTP");
    await until("the pause", () => server.stderr().includes("SIGTSTP: paused"));
    const waiting = request(port);
    await until("the request", () => {
      server.signal("SIGUSR1");
      return server.stderr().includes(" 1 waiting");
    });
    return { ...served, waiting };
  };

  test("when it is stopped", async () => {
    const { server, waiting } = await paused();
    server.signal("SIGTERM");
    expect((await waiting).status).toBe(200);
    expect((await server.exit).code).toBe(0);
    expect(server.stderr()).toContain("resumed");
    expect(server.stderr()).not.toContain("killing");
  });

  test.each([
    ["the same front", []],
    ["another front", ["http-timeout = 50"]],
  ])("when it is reloaded, with %s", async (_, lines) => {
    const { server, port, waiting, configure, reload } = await paused();
    configure(...lines);
    await reload();
    expect((await waiting).status).toBe(200);
    expect((await request(port)).status).toBe(200);
    expect(server.stderr()).toContain("resumed");
  });
});

function exists(path: string): boolean {
  try {
    readdirSync(path);
    return true;
  } catch {
    return false;
  }
}
