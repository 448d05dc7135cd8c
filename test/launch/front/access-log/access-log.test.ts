import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type AccessLog, accessLog } from "../../../../src/launch/front/access-log/access-log.ts";
import { WorkerMemory } from "../../../../src/launch/front/access-log/worker-memory.ts";
import { Via } from "../../../../src/launch/front/exchange/access-record.ts";
import {
  Exchange,
  type Holder,
  type RequestInfo,
} from "../../../../src/launch/front/exchange/exchange.ts";
import { writeEnviron } from "../../../../src/launch/protocol/environ-map.ts";
import { temporaryDirectory } from "../../../helpers/tmp.ts";
import { settled, sound } from "../../../settings/settled.ts";
import { FakeClient } from "../fakes.ts";

const info: RequestInfo = {
  method: "GET",
  uri: "/a?b=c",
  protocol: "HTTP/1.1",
  remoteAddress: "192.0.2.1",
  vars: 12,
  bytes: 345,
};
const vars = new Map([
  ["HTTP_HOST", "example.org"],
  ["HTTP_USER_AGENT", "agent"],
  ["QUERY_STRING", "b=c"],
  ["HTTP_X_LINES", "one\nanother"],
  ["REMOTE_USER", "somebody"],
]);
const answer = { status: 200, fields: 3, headBytes: 100, bodyBytes: 20 };

/** A request that the second of worker 3's cores has answered. */
function served(change: Partial<Exchange> = {}): Exchange {
  const queue = { submit: () => {}, forget: () => {} };
  const environ = writeEnviron(vars, true);
  const exchange = new Exchange(queue, new FakeClient(), environ, true, true, info);
  const worker = { id: 3, pid: process.pid, requests: 6, tx: 0 };
  const core: Holder = {
    ...{ worker, index: 1, writeErrors: 0, readErrors: 0, bodyBacklog: 0 },
    ...{ sendBody: () => {}, abandoned: () => {}, pause: () => {}, resume: () => {} },
  };
  exchange.bodyEnded = true;
  return Object.assign(exchange, { core, submittedAt: performance.now() }, change);
}

/** What an access log with these options writes. */
function logged(lines: readonly string[], act: (log: AccessLog) => void): string {
  const path = join(temporaryDirectory(), "log");
  const fd = openSync(path, "a");
  const { settings, said } = settled([...sound, ...lines].join("\n"));
  expect(said.filter((text) => text.startsWith("error"))).toEqual([]);
  const { log, disableLogging } = settings;
  const made = accessLog({
    fd,
    piped: false,
    forwarders: undefined,
    settings: log,
    users: true,
    all: !disableLogging,
  });
  if (made === undefined) throw new Error("nothing would be logged");
  act(made);
  made.flush();
  closeSync(fd);
  return readFileSync(path, "utf8");
}

/** A format's line of that request. */
function formatted(format: string, ...more: string[]): string {
  const lines = [`log-format = ${format}`, ...more];
  return logged(lines, (log) => log.request(served(), answer));
}

const now = "\\w{3} \\w{3} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d \\d{4}";

test("uWSGI's own line", () => {
  const text = logged([], (log) => log.request(served(), answer));
  const line =
    `^\\[pid: ${process.pid}\\|app: 0\\|req: 7/1\\] 192\\.0\\.2\\.1 \\(somebody\\) \\{12 vars in 345 bytes\\} ` +
    `\\[${now}\\] GET /a\\?b=c => generated 20 bytes in \\d+ msecs \\(HTTP/1\\.1 200\\) ` +
    `3 headers in 100 bytes \\(1 switches on core 1\\)\\n$`;
  expect(text).toMatch(new RegExp(line));
});

test("what the front answers itself has no application; files are marked", () => {
  const text = logged(["log-micros = true"], (log) => {
    log.request(served({ core: undefined, via: Via.sendfile }), answer);
  });
  expect(text).toMatch(
    /app: -1\|req: -1\/1\].* micros via sendfile\(\) \(HTTP.*\(0 switches on core 0\)/,
  );
});

test("memory-report", () => {
  const basic =
    /^\{address space usage: (\d+) bytes\/\d+MB\} \{rss usage: (\d+) bytes\/(\d+)MB\} \[pid/;
  const [, space, resident, megabytes] =
    basic.exec(logged(["memory-report = true"], (log) => log.request(served(), answer))) ?? [];
  expect(Number(space)).toBeGreaterThan(Number(resident));
  expect(Number(megabytes)).toBe(Math.floor(Number(resident) / 1024 / 1024));
  // The test itself is the "worker"; nothing that Node runs in has less than 20 MB.
  expect(Number(resident)).toBeGreaterThan(20_000_000);
  const more = logged(["memory-report = 2"], (log) => log.request(served(), answer));
  expect(more).toMatch(
    /MB\} \{uss usage: [1-9]\d+ bytes\/\d+MB\} \{pss usage: [1-9]\d+ bytes\/\d+MB\} \[pid/,
  );
});

test("the memory of a process that has ended is 0", () => {
  const memory = new WorkerMemory();
  expect(memory.of(2 ** 30)).toEqual({ vsz: 0, rss: 0 });
  expect(memory.sharesOf(2 ** 30)).toMatchObject({ uss: 0, pss: 0 });
});

test.each([
  ["%(method) %(uri) %(proto) %(addr)", "GET /a?b=c HTTP/1.1 192.0.2.1"],
  ["%(user)|%(host)|%(uagent)|%(referer)", "somebody|example.org|agent|-"],
  ["%(status) %(rsize) %(hsize) %(size) %(headers)", "200 20 100 120 3"],
  ["%(cl) %(vars) %(pktsize) %(core) %(wid)", "0 12 345 1 3"],
  ["%(modifier1) %(modifier2) %(switches) %(werr) %(rerr) %(ioerr)", "0 0 1 0 0 0"],
  ["%(pid)", String(process.pid)],
  ["[%(var.QUERY_STRING)] [%(var.NONE)] [%(custom)]", "[b=c] [-] [-]"],
  ["%(var.HTTP_X_LINES)", "one another"],
  ["text %( (method) 100%", "text %( (method) 100%"],
  ["é", "é"],
])("log-format = %s", (format, expected) => {
  expect(formatted(format)).toBe(`${expected}\n`);
});

test("times of a format", () => {
  const names = ["micros", "msecs", "secs", "time", "tmsecs", "tmicros", "epoch"];
  const [micros, msecs, secs, time, tmsecs, tmicros, epoch] = formatted(
    names.map((name) => `%(${name})`).join(" "),
  ).split(" ");
  expect(Number(msecs)).toBe(Math.trunc(Number(micros) / 1000));
  expect(secs).toMatch(/^\d+\.\d{6}$/);
  expect(Number(time)).toBe(Math.floor(Number(tmsecs) / 1000));
  expect(Math.trunc(Number(tmicros) / 1000)).toBe(Number(tmsecs));
  expect(Number(epoch)).toBeGreaterThanOrEqual(Number(time));
  const common = "\\d\\d/\\w{3}/\\d{4}:\\d\\d:\\d\\d:\\d\\d [+-]\\d{4}";
  expect(formatted("%(ltime)|%(ftime)|%(ctime)")).toMatch(
    new RegExp(`^${common}\\|${common}\\|${now}\\n$`),
  );
  const strftime = ["log-date = at %Y", "logformat-strftime = true"];
  expect(formatted("%(ftime)", ...strftime)).toMatch(/^at \d{4}\n$/);
  expect(formatted("%(ftime)", "log-date = at %Y")).toMatch(new RegExp(`^${common}\n$`));
});

test("memory in a format", () => {
  const [vsz, rss, vszM, rssM] = formatted("%(vsz) %(rss) %(vszM) %(rssM)").split(" ").map(Number);
  expect(vsz).toBeGreaterThan(rss ?? 0);
  expect(vszM).toBe(Math.floor((vsz ?? 0) / 1024 / 1024));
  expect(rssM).toBeGreaterThan(20);
});

test("JSON", () => {
  const text = logged(["log-json = true"], (log) => log.request(served(), answer));
  expect(JSON.parse(text)).toEqual({
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    ...{ type: "request", method: "GET", uri: "/a?b=c", protocol: "HTTP/1.1", status: 200 },
    ...{ address: "192.0.2.1", user: "somebody", host: "example.org", userAgent: "agent" },
    ...{ requestBytes: 345, headBytes: 100, bodyBytes: 20, milliseconds: expect.any(Number) },
    ...{ worker: 3, pid: process.pid, core: 1 },
  });
});

const slow = { submittedAt: performance.now() - 5_000 };

test.each<[option: string, change: Partial<Exchange>, other: Partial<typeof answer>]>([
  ["log-4xx = true", {}, { status: 404 }],
  ["log-5xx = true", {}, { status: 503 }],
  ["log-zero = true", {}, { bodyBytes: 0 }],
  ["log-big = 1000", {}, { bodyBytes: 1000 }],
  ["log-slow = 4000", slow, {}],
  ["log-sendfile = true", { via: Via.sendfile }, {}],
])("disable-logging and %s: only what it is about", (option, change, other) => {
  const text = logged(["disable-logging = true", option], (log) => {
    log.request(served(), answer);
    log.request(served(change), { ...answer, ...other });
  });
  // The second has the second number: what is not logged counts.
  expect(text).toMatch(/^\[pid: \d+\|app: 0\|req: 7\/2\][^\n]*\n$/);
});

test("nothing is logged at all", () => {
  const { log: settings } = settled(sound.join("\n")).settings;
  const order = { fd: 2, piped: false, forwarders: undefined, settings, users: false };
  expect(accessLog({ ...order, all: false })).toBeUndefined();
  expect(accessLog({ ...order, all: true })).toBeDefined();
});

test("a client that left during the answer: what it was given", () => {
  const text = logged(["disable-logging = true", "log-ioerror = true"], (log) => {
    log.request(served(), answer);
    log.left(served(), answer);
  });
  expect(text).toMatch(/^\[.*req: 7\/2\].* generated 20 bytes .*\n$/);
});

test("a client that left before: the line waits for the application's answer", () => {
  const text = logged(["log-format = %(status) %(rsize) %(werr) %(rerr)"], (log) => {
    const exchange = served();
    log.left(exchange, undefined);
    log.flush();
    log.request(served(), answer);
    exchange.departed?.(201, 5);
    exchange.departed?.(201, 5); // once is enough
  });
  expect(text).toBe("200 20 0 0\n201 5 1 0\n");
});

test("a client that left with its request in the queue", () => {
  const text = logged(["log-format = %(status) %(rsize) %(pid) %(wid) %(rerr)"], (log) => {
    log.left(served({ core: undefined }), undefined);
  });
  expect(text).toBe(`499 0 ${process.pid} 0 1\n`);
});

test("a full disk: what was lost is told when there is room", () => {
  const full = openSync("/dev/full", "a");
  const { log: settings } = settled(sound.join("\n")).settings;
  const log = accessLog({
    fd: full,
    piped: false,
    forwarders: undefined,
    settings,
    users: false,
    all: true,
  });
  for (let count = 0; count < 3; count++) log?.request(served(), answer);
  log?.flush();
  closeSync(full);
  const path = join(temporaryDirectory(), "log");
  expect(openSync(path, "a")).toBe(full); // the same number
  log?.request(served(), answer);
  log?.flush();
  expect(readFileSync(path, "utf8")).toMatch(
    /^\[pid[^\n]*\ntsuwsgi: 3 lines of the access log were dropped, [^\n]*\n$/,
  );
  closeSync(full);
});
