import { once } from "node:events";
import { chownSync, readdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { ServerLog } from "../../../src/launch/log/log.ts";
import { temporaryDirectory } from "../../helpers/tmp.ts";
import { until } from "../../helpers/until.ts";
import { settled, sound } from "../../settings/settled.ts";

const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

/** The log of a configuration, and where its files are. */
function opened(...lines: string[]): {
  log: ServerLog;
  directory: string;
  text: (name?: string) => string;
} {
  const directory = temporaryDirectory();
  const all = [...sound, `logto = ${directory}/log`, ...lines].map((line) =>
    line.replaceAll("DIR", directory),
  );
  const { settings, said } = settled(all.join("\n"));
  expect(said).toEqual([]);
  const log = new ServerLog({
    target: settings.logto,
    settings: settings.log,
    owner,
    python: "python3",
  });
  log.complete((error) => {
    throw error;
  });
  return { log, directory, text: (name = "log") => readFileSync(join(directory, name), "utf8") };
}

/** Sends a child's output to a log. */
async function say(
  log: ServerLog,
  source: Parameters<ServerLog["follow"]>[1],
  text: string,
): Promise<void> {
  const output = new PassThrough();
  log.follow(output, source);
  output.end(text);
  await once(output, "close");
}

test("nothing to do with lines: everybody writes to the file", async () => {
  const { log, text } = opened();
  expect(log.childStdio).toBeTypeOf("number");
  expect(log.requestStdio).toBe(log.childStdio);
  expect(log.applicationStdio).toBe(log.childStdio);
  expect(log.elsewhere).toBe(true);
  log.write("first\nsecond");
  expect(text()).toMatch(/^\[.*Z\] first\nsecond\n$/);
  await log.close();
});

test.each([
  ["log-maxsize = 100000"],
  ["log-reopen = true"],
  ["log-encoder = nl"],
  ["log-json = true"],
  ["log-drain = x"],
  ["logger = socket:127.0.0.1:9"],
])("%s: output comes through the master", async (line) => {
  const { log } = opened(line);
  expect([log.childStdio, log.requestStdio, log.applicationStdio]).toEqual([
    "pipe",
    "pipe",
    "pipe",
  ]);
  await log.close();
});

test("requests to a file of their own: straight there", async () => {
  const { log, text } = opened("req-logger = file:DIR/requests");
  expect(log.requestStdio).toBeTypeOf("number");
  expect(log.requestStdio).not.toBe(log.childStdio);
  log.write("ours");
  await log.close();
  expect(text("requests")).toBe("");
  expect(text()).toContain("ours");
});

test("requests go to their loggers and through their own encoders and routes only", async () => {
  const { log, text } = opened(
    ...["logger = file:DIR/all", "logger = odd file:DIR/odd", "req-logger = file:DIR/requests"],
    ...["log-encoder = prefix A:", "log-req-encoder = prefix R:", "log-drain = GET"],
    "log-req-route = odd ODD",
  );
  await say(log, "requests", "GET /\nODD /\n");
  await say(log, "stdout", "GET from the application\ntext\n");
  await log.close();
  expect([text("all"), text("odd"), text("requests"), text()]).toEqual([
    "A:text\n",
    "R:ODD /\n",
    "R:GET /\n",
    "",
  ]);
});

test("without `req-logger` requests are lines as any other", async () => {
  const { log, text } = opened("log-encoder = prefix A:");
  await say(log, "requests", "GET /\n");
  await log.close();
  expect(text()).toBe("A:GET /\n");
});

test("logto2 takes over", async () => {
  const { log, text } = opened("logto2 = DIR/late");
  log.write("late");
  await log.close();
  expect([text(), text("late")]).toEqual(["", expect.stringMatching(/late\n$/)]);
});

test("JSON: whose line it is, and its text", async () => {
  const { log, text } = opened("log-json = true");
  log.write("ours", "error");
  await say(log, "stdout", 'a "quoted" line\nrest');
  await say(log, "stderr", "error\n");
  await say(log, "front", "tsuwsgi: odd\n");
  await say(log, "requests", '{"type":"request"}\n');
  await log.close();
  const lines = text()
    .trimEnd()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(lines).toEqual([
    { time, type: "server", level: "error", message: "ours" },
    { time, type: "application", stream: "stdout", text: 'a "quoted" line' },
    { time, type: "application", stream: "stdout", text: "rest" },
    { time, type: "application", stream: "stderr", text: "error" },
    { time, type: "server", level: "warning", message: "tsuwsgi: odd" },
    { type: "request" },
  ]);
});

test("with log-reopen a reload opens every file anew", async () => {
  const { log, directory, text } = opened("log-reopen = true", "req-logger = file:DIR/requests");
  for (const name of ["log", "requests"])
    renameSync(join(directory, name), join(directory, `${name}.1`));
  log.reloaded();
  log.write("new");
  await say(log, "requests", "GET /\n");
  await log.close();
  expect(text()).toMatch(/reopened\.\n.*new\n$/);
  expect(text("requests")).toMatch(/reopened\.\nGET \/\n$/);
});

test("on demand, where the file may be replaced", async () => {
  const directory = temporaryDirectory();
  const path = join(directory, "log");
  const settings = { ...settled(sound.join("\n")).settings.log, replaceable: true };
  const target = { kind: "file", path } as const;
  const log = new ServerLog({ target, settings, owner, python: "python3" });
  expect(log.childStdio).toBe("pipe");
  log.write("one");
  log.rotate();
  log.write("two");
  renameSync(path, `${path}.moved`);
  log.reopen();
  log.write("three");
  await log.close();
  const texts = readdirSync(directory).map((name) => readFileSync(join(directory, name), "utf8"));
  for (const word of ["one", "two", "three"])
    expect(texts.filter((text) => text.includes(`] ${word}\n`))).toHaveLength(1);
  expect(texts).toHaveLength(3);
});

test("where other processes write to the file it is not replaced under them", async () => {
  const { log, directory, text } = opened();
  log.rotate();
  log.reopen();
  await log.close();
  expect(readdirSync(directory)).toEqual(["log"]);
  expect(text()).toMatch(/the log is not rotated: .*\n.*the log is not opened anew: /);
});

test("without it a reload leaves them alone", async () => {
  const { log, text } = opened();
  log.reloaded();
  await log.close();
  expect(text()).toBe("");
});

test("an application waits for a slow reader, and goes on when there is room", async () => {
  const directory = temporaryDirectory();
  const { settings } = settled([...sound, "log-encoder = prefix x"].join("\n"));
  const log = new ServerLog({
    target: { kind: "file", path: join(directory, "log") },
    settings: settings.log,
    owner,
    python: "python3",
  });
  const output = new PassThrough();
  log.follow(output, "stdout");
  output.write("a\n");
  await until("the line", () => readFileSync(join(directory, "log"), "utf8") === "xa\n");
  // A file takes everything: it is never waited for.
  expect(output.isPaused()).toBe(false);
  output.end();
  await log.close();
});

test.skipIf(owner.uid !== 0)("logfile-chown and logfile-chmod", async () => {
  const directory = temporaryDirectory();
  const { settings } = settled(
    [...sound, "logfile-chown = true", "logfile-chmod = 604", `logto = ${directory}/log`].join(
      "\n",
    ),
  );
  chownSync(directory, 0, 0);
  const log = new ServerLog({
    target: settings.logto,
    settings: settings.log,
    owner: { uid: 65534, gid: 65533 },
    python: "python3",
  });
  await log.close();
  const { uid, gid, mode } = statSync(join(directory, "log"));
  expect([uid, gid, mode & 0o777]).toEqual([65534, 65533, 0o604]);
});

test("a logger that cannot be opened is named", () => {
  const { settings } = settled([...sound, "logger = file:/none/such"].join("\n"));
  const log = new ServerLog({
    target: undefined,
    settings: settings.log,
    owner,
    python: "python3",
  });
  expect(() =>
    log.complete((error, field) => {
      throw new Error(`${field}: ${String(error)}`);
    }),
  ).toThrow(/^log\.loggers\.0: .*ENOENT/);
});
