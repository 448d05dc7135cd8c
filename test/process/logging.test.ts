/** Logs of real servers: loggers, forms, files that are moved, readers that are slow or gone. */
import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { HttpConnection, request } from "../helpers/http.ts";
import { freePort } from "../helpers/ports.ts";
import { launch, type Program } from "../helpers/process.ts";
import { projectPath, runTsuwsgi, startServer, tsuwsgi, untilReady } from "../helpers/server.ts";
import { open } from "../helpers/target.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";

const app = ["--wsgi-file", projectPath("test/apps/writes_logs.py"), "--master"];
const iso = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d";

interface Server {
  readonly program: Program;
  readonly port: number;
  readonly directory: string;
  /** The text of a file in `directory`; empty while there is none. */
  readonly text: (name: string) => string;
  readonly get: (path: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** A server; DIR in an option is a directory of its own. */
async function server(...options: string[]): Promise<Server> {
  const directory = temporaryDirectory();
  chmodSync(directory, 0o777);
  const port = await freePort();
  const given = options.map((option) => option.replaceAll("DIR", directory));
  const args = [...app, ...given, "--http-socket", `127.0.0.1:${port}`];
  const program = await startServer(args, { http: port });
  return {
    ...{ program, port, directory },
    text: (name) => {
      const path = join(directory, name);
      return existsSync(path) ? readFileSync(path, "utf8") : "";
    },
    get: async (path) => void (await request(port, { path })),
    stop: async () => {
      await program.stop("SIGINT");
      await program.assertGone();
    },
  };
}

describe("where lines go", () => {
  test("loggers with names, routes, filters, and requests apart", async () => {
    const { text, get, stop } = await server(
      ...["--logger", "file:DIR/all", "--logger", "second file:DIR/second"],
      ...["--log-route", "second ^second", "--log-drain", "to stdout"],
      ...["--req-logger", "file:DIR/requests", "--log-encoder", "prefix A:"],
    );
    for (const path of ["/out", "/lines"]) await get(path);
    await until("the requests", () => text("requests").includes("/lines"));
    await until("the lines", () => text("second") !== "");
    await stop();
    expect(text("second")).toBe("A:second line\n");
    const ours = `A:\\[${iso}Z\\]`;
    expect(text("all")).toMatch(
      new RegExp(`^(${ours} .*\\n)+A:first line\\n${ours} SIGINT: stopping.*\\n$`),
    );
    const lines = text("requests").trimEnd().split("\n");
    expect(lines.slice(-2).map((line) => /\] GET (\S+) =>/.exec(line)?.[1])).toEqual([
      "/out",
      "/lines",
    ]);
  });

  test("the output of the application keeps its order, and its last line is not lost", async () => {
    const { text, get, stop } = await server("--logto", "DIR/log", "--log-encoder", "prefix A:");
    await get("/many?2000");
    await get("/lines");
    await stop();
    const lines = text("log")
      .split("\n")
      .filter((line) => /^A:(line|first|second)/.test(line));
    const numbers = Array.from({ length: 2000 }, (_, n) => `A:line ${String(n).padStart(6, "0")}`);
    expect(lines).toEqual([...numbers, "A:first line", "A:second line"]);
  });

  test("a log server and the standard error that was there", async () => {
    const udp = createSocket("udp4").bind(0, "127.0.0.1");
    await once(udp, "listening");
    const packets: string[] = [];
    udp.on("message", (data) => packets.push(data.toString()));
    const address = `127.0.0.1:${udp.address().port}`;
    const { program, get, stop } = await server(
      ...["--logger", `rsyslog:${address},me here`, "--logger", "stdio"],
    );
    await get("/out");
    await until("the packet", () => packets.some((packet) => packet.endsWith("to stdout")));
    await until("the line", () => program.stderr().includes("to stdout\n"));
    await stop();
    udp.close();
    expect(
      packets.every((packet) => /^<29>\w{3} .\d \d\d:\d\d:\d\d me here: [^\n]+$/.test(packet)),
    ).toBe(true);
  });

  test("a command that ends at once holds up nobody", async () => {
    const { get, stop, text } = await server("--logger", "pipe:true", "--logger", "file:DIR/log");
    for (let count = 0; count < 50; count++) await get("/lines");
    await until("all lines", () => text("log").match(/second line/g)?.length === 50);
    await stop();
  });

  test("a logger that cannot be opened stops the start, with its place", async () => {
    const port = await freePort();
    const directory = temporaryDirectory({
      "app.ini": `[uwsgi]\nlogger = file:none/such\nhttp-socket = 127.0.0.1:${port}\nmaster = true\nwsgi-file = ${app[1]}\n`,
    });
    const { code, stderr } = await runTsuwsgi([join(directory, "app.ini")], { cwd: directory });
    expect(code).toBe(1);
    expect(stderr).toMatch(/app\.ini:2:\d+: error: cannot open the log: ENOENT/);
  });

  test.skipIf(process.getuid?.() !== 0)(
    "logto2 and loggers belong to the user that the server runs as",
    async () => {
      const { directory, program, port, stop } = await server(
        ...["--uid", "65534", "--gid", "65534", "--logto", "DIR/early", "--logto2", "DIR/late"],
        ...["--req-logger", "file:DIR/requests", "--logfile-chown"],
      );
      await request(port, { path: "/out" });
      const owners = () =>
        ["early", "late", "requests"].map(
          (name) => program.running() && statSync(join(directory, name)).uid,
        );
      await until("the line", () =>
        readFileSync(join(directory, "late"), "utf8").includes("to stdout"),
      );
      expect(owners()).toEqual([65534, 65534, 65534]);
      await stop();
    },
  );
});

describe("files", () => {
  test("log-maxsize: a new file, nothing lost in between", async () => {
    const { directory, text, get, stop } = await server(
      ...["--logto", "DIR/log", "--log-maxsize", "20000", "--disable-logging"],
    );
    await get("/many?3000");
    const rotated = () => readdirSync(directory).filter((name) => /^log\.\d+$/.test(name));
    await until("the rotation", () => rotated().length === 1);
    await get("/lines");
    await stop();
    const [old = ""] = rotated();
    expect(text(old).match(/^line \d+$/gm)).toHaveLength(3000);
    expect(text(old)).toMatch(/ - logsize: \d+, triggering rotation to .*\/log\.\d+\.\.\.\n$/);
    expect(text("log")).toMatch(/^first line\nsecond line\n\[/);
  });

  test("daemonize has a file that is rotated as well, and truncated at the start", async () => {
    const directory = temporaryDirectory({ log: "old\n" });
    const port = await freePort();
    const program = tsuwsgi([
      ...app,
      ...["--daemonize", join(directory, "log"), "--log-maxsize", "5000", "--log-truncate"],
      ...["--pidfile", join(directory, "pid"), "--http-socket", `127.0.0.1:${port}`],
      ...["--log-backupname", join(directory, "backup")],
    ]);
    expect((await program.exit).code).toBe(0);
    await request(port, { path: "/many?1000" });
    await until("the rotation", () => existsSync(join(directory, "backup")));
    process.kill(Number(readFileSync(join(directory, "pid"), "utf8")), "SIGINT");
    await program.assertGone();
    expect(readFileSync(join(directory, "backup"), "utf8")).toMatch(/^\[.*\n[\s\S]*line 000999\n/);
  });
});

describe("forms", () => {
  test("log-json: every line is an object", async () => {
    const { program, get, port, stop } = await server("--log-json");
    await get("/lines");
    await get("/out");
    await request(port, { path: "/missing", headers: [["User-Agent", 'a"b']] });
    await until("the request", () => program.stderr().includes("/missing"));
    await stop();
    const lines = program
      .stderr()
      .trimEnd()
      .split("\n")
      .map((line): Record<string, unknown> => JSON.parse(line));
    const time = expect.stringMatching(new RegExp(`^${iso}\\.\\d{3}Z$`));
    expect(lines).toContainEqual({
      time,
      type: "application",
      stream: "stderr",
      text: "second line",
    });
    expect(lines).toContainEqual({
      time,
      type: "application",
      stream: "stdout",
      text: "to stdout",
    });
    expect(lines.at(-1)).toMatchObject({ type: "server", level: "info" });
    const missing = lines.find(({ uri }) => uri === "/missing");
    expect(missing).toMatchObject({ type: "request", status: 404, userAgent: 'a"b', bodyBytes: 6 });
  });

  test("log-date, and which requests are logged", async () => {
    const { program, get, stop } = await server(
      ...["--log-date=%Y on %d", "--disable-logging", "--log-5xx", "--log-zero"],
    );
    for (const path of ["/out", "/missing", "/broken", "/empty"]) await get(path);
    await until("the requests", () => program.stderr().includes("GET /empty"));
    await stop();
    const requests = [...program.stderr().matchAll(/\] GET (\S+) =>/g)].map(([, path]) => path);
    expect(requests).toEqual(["/broken", "/empty"]);
    expect(program.stderr()).toMatch(/^\d{4} on \d\d - tsuwsgi is ready/m);
  });

  test("a client that leaves is logged, with the application's status", async () => {
    const { program, port, stop } = await server("--log-format", "%(uri) %(status) werr=%(werr)");
    const early = await open(port);
    early.write("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
    await until("the application", () => program.stderr().includes("waiting"));
    early.resetAndDestroy();
    await until("the line", () => program.stderr().includes("/wait 200 werr=1\n"));
    const late = await HttpConnection.open(port);
    late.send("GET /parts HTTP/1.1\r\nHost: x\r\n\r\n");
    await until("the application", () => program.stderr().includes("part 3\n"));
    late.destroy();
    await until("the line", () => program.stderr().includes("/parts 200 werr=1\n"));
    await until("the note", () => program.stderr().includes("the client went away"));
    expect(program.stderr()).not.toContain("all parts");
    await stop();
  });

  test("ignore-write-errors and disable-write-exception", async () => {
    const { program, port, stop } = await server(
      "--ignore-write-errors",
      "--disable-write-exception",
    );
    const client = await HttpConnection.open(port);
    client.send("GET /parts HTTP/1.1\r\nHost: x\r\n\r\n");
    await until("the application", () => program.stderr().includes("part 3\n"));
    client.destroy();
    await until("the end", () => program.stderr().includes("all parts"));
    await stop();
    expect(program.stderr()).not.toContain("went away");
  });

  test("write-errors-tolerance: so many parts more", async () => {
    const { program, port, stop } = await server(
      "--write-errors-tolerance",
      "5",
      "--ignore-sigpipe",
    );
    const client = await HttpConnection.open(port);
    client.send("GET /parts HTTP/1.1\r\nHost: x\r\n\r\n");
    await until("the application", () => program.stderr().includes("part 3\n"));
    client.destroy();
    await until("the line", () => program.stderr().includes("GET /parts"));
    await until("the worker", async () => (await request(port, { path: "/out" })).status === 200);
    await stop();
    expect(program.stderr()).toContain("part 8\n");
    expect(program.stderr()).not.toContain("all parts");
  });
});

test("a reader that has stopped: others are served, and later every line is there", async () => {
  const port = await freePort();
  const pipe = join(temporaryDirectory(), "pipe");
  execFileSync("mkfifo", [pipe]);
  const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  const options = ["--log-encoder", "prefix A:", "--processes", "2", "--disable-logging"];
  const args = [
    projectPath("dist/cli.js"),
    ...app,
    ...options,
    "--http-socket",
    `127.0.0.1:${port}`,
  ];
  const command = `exec '${process.execPath}' ${args.map((arg) => `'${arg}'`).join(" ")} 2> '${pipe}'`;
  const program = launch("/bin/sh", ["-c", command]);
  await untilReady(program, { http: port });
  const many = request(port, { path: "/many?50000" });
  // It fills the pipe and waits; the other worker does not.
  for (let count = 0; count < 20; count++)
    expect((await request(port, { path: "/empty" })).status).toBe(200);
  const buffer = Buffer.alloc(256 * 1024);
  let got = "";
  const drain = () => {
    try {
      for (;;) got += buffer.toString("latin1", 0, readSync(reader, buffer));
    } catch {
      // Nothing there yet.
    }
  };
  await until("the last line", () => {
    drain();
    return got.includes("line 049999\n");
  });
  expect((await many).status).toBe(200);
  const numbers = [...got.matchAll(/^A:line (\d+)$/gm)].map(([, number]) => Number(number));
  expect(numbers).toEqual(Array.from({ length: 50_000 }, (_, number) => number));
  await program.stop("SIGINT");
  await program.assertGone();
  closeSync(reader);
});
