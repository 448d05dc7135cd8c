/** The log beside uWSGI's own: the same lines for the same options. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { chmodSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { request } from "../helpers/http.ts";
import { needs } from "../helpers/needs.ts";
import { freePorts } from "../helpers/ports.ts";
import { launch } from "../helpers/process.ts";
import { projectPath, tsuwsgi, untilReady } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";

const app = ["--wsgi-file", projectPath("test/apps/writes_logs.py"), "--master", "--need-app"];
const plugins = ["--plugin", "python3,logfile,logsocket,rsyslog,logpipe"];
const kinds = ["ours", "uWSGI's"] as const;

/** Variables of encoders are written with `@` in options here. Runs one server, sends it requests, waits for what its log is to have, and gives the log's files. */
async function logOf(
  kind: (typeof kinds)[number],
  port: number,
  options: readonly string[],
  paths: readonly string[],
  done: (text: (name: string) => string) => boolean,
): Promise<{ files: () => string[]; text: (name: string) => string }> {
  const directory = temporaryDirectory();
  chmodSync(directory, 0o777);
  const given = options.map((option) => option.replaceAll("DIR", directory).replaceAll("@{", "${"));
  const args = [...app, ...given, "--http-socket", `127.0.0.1:${port}`];
  const program = kind === "ours" ? tsuwsgi(args) : launch("uwsgi", [...plugins, ...args]);
  await untilReady(program, { accepts: port });
  const headers = [
    ["User-Agent", 'age"nt'],
    ["Referer", "from/here"],
  ] as const;
  // uWSGI closes what comes while it starts, now and then.
  for (const path of paths)
    await until("an answer", async () => await request(port, { path, headers }));
  const text = (name: string) => {
    const path = join(directory, name);
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  };
  await until(`the lines of ${kind}`, () => done(text));
  await program.stop("SIGINT");
  const ports = (line: string) => line.replaceAll(String(port), "PORT");
  return { files: () => readdirSync(directory), text: (name) => ports(text(name)) };
}

/** What both write, ours first. */
async function both<T>(
  options: readonly string[],
  paths: readonly string[],
  done: (text: (name: string) => string) => boolean,
  look: (log: Awaited<ReturnType<typeof logOf>>) => T,
): Promise<T[]> {
  const ports = await freePorts(kinds.length);
  return await Promise.all(
    kinds.map(async (kind, at) => look(await logOf(kind, ports[at] ?? 0, options, paths, done))),
  );
}

const linesOf = (text: string, pattern: RegExp) =>
  text.split("\n").filter((line) => pattern.test(line));

needs("uwsgi")("beside uWSGI", () => {
  test("log-format: what does not depend on the server", async () => {
    const format =
      "%(method) %(uri) %(proto) %(addr) %(host) %(user) %(uagent) %(referer) %(status) %(rsize) %(cl) %(wid) " +
      "%(switches) %(core) %(modifier1) %(modifier2) %(werr) %(rerr) %(ioerr) %(var.QUERY_STRING) %(var.NONE) %(x) 5% (%";
    const paths = ["/out?a=b", "/missing", "/broken", "/empty"];
    const done = (text: (name: string) => string) => text("requests").includes("/empty");
    const options = ["--log-format", format, "--req-logger", "file:DIR/requests"];
    const [ours, theirs] = await both(options, paths, done, ({ text }) => text("requests"));
    expect(ours).toBe(theirs);
    expect(ours?.split("\n")).toHaveLength(5);
  });

  test("log-format: what does has the same form", async () => {
    const format =
      "%(micros) %(msecs) %(secs) %(tmsecs) %(tmicros) %(time) %(ltime) %(ftime) %(ctime) %(epoch) %(pid) %(vars) " +
      "%(pktsize) %(vsz) %(rss) %(vszM) %(rssM) %(headers) %(hsize) %(size)";
    const options = [
      "--log-format",
      format,
      "--req-logger",
      "file:DIR/requests",
      "--memory-report",
    ];
    const more = ["--log-date=%Y!", "--logformat-strftime"];
    const done = (text: (name: string) => string) => text("requests") !== "";
    const form = (text: string) =>
      text
        .replace(/\d+/g, "9")
        .replace(/[A-Z][a-z]{2}/g, "Abc")
        .replace(/ {2}9/g, " 9");
    const [ours, theirs] = await both([...options, ...more], ["/out"], done, ({ text }) =>
      form(text("requests")),
    );
    expect(ours).toBe(theirs);
    expect(ours).toContain(" 9! Abc Abc 9 9:9:9 9 ");
  });

  test("the usual line", async () => {
    const options = ["--req-logger", "file:DIR/requests", "--log-micros", "--memory-report"];
    const done = (text: (name: string) => string) => text("requests").includes("/missing");
    const form = (text: string) =>
      text
        .replace(/\d+ (bytes|micros|vars|headers)/g, "9 $1")
        .replace(/\d+MB/g, "9MB")
        .replace(/pid: \d+/g, "pid: 9")
        .replace(/\[\w{3} \w{3} [ \d]\d [\d:]{8} \d{4}\]/g, "[date]");
    const [ours, theirs] = await both(options, ["/out?a=b", "/missing"], done, ({ text }) =>
      form(text("requests")),
    );
    expect(ours).toBe(theirs);
  });

  test("which requests are logged", async () => {
    const paths = ["/out", "/missing", "/empty", "/wait", "/many?10"];
    const logged = async (...options: string[]) => {
      const all = [
        "--disable-logging",
        "--log-format",
        "%(uri)",
        "--req-logger",
        "file:DIR/requests",
      ];
      const last = [...all, ...options];
      // The last request is logged by all of these: it shows that the others are not to come.
      const done = (text: (name: string) => string) => text("requests").endsWith("/broken\n");
      return await both(last, [...paths, "/broken"], done, ({ text }) => text("requests"));
    };
    for (const option of ["--log-4xx", "--log-zero", "--log-slow=250", "--log-big=6"]) {
      const [ours, theirs] = await logged("--log-5xx", option);
      expect(ours, option).toBe(theirs);
      expect(ours?.split("\n").length, option).toBeGreaterThanOrEqual(3);
    }
  });

  test("encoders, routes, filters", async () => {
    const options = [
      ...["--logger", "file:DIR/all", "--logger", "odd file:DIR/odd", "--logger", "stdio"],
      ...[
        "--log-route",
        "odd to std(out|err)",
        "--log-drain",
        "^second",
        "--req-logger",
        "file:DIR/requests",
      ],
      ...[
        "--log-encoder",
        'json:odd {"text":"@{msg}","end":"@{msgnl}"}',
        "--log-encoder",
        "nl:odd",
      ],
      ...[
        "--log-req-encoder",
        "format <@{msg}>@{none}",
        "--log-req-encoder",
        "nl",
        "--log-format",
        "%(uri)",
      ],
    ];
    const done = (text: (name: string) => string) =>
      text("requests").includes("/many") &&
      text("all").includes("line 000000") &&
      text("odd") !== "";
    const look = ({ text }: { text: (name: string) => string }) => [
      text("requests"),
      text("odd"),
      linesOf(text("all"), /^line/).join("|"),
    ];
    const [ours, theirs] = await both(options, ["/out", "/many?1"], done, look);
    expect(ours).toEqual(theirs);
    expect(ours?.[1]).toBe('{"text":"to stdout","end":"to stdout\\n"}\n');
  });

  test("datagrams", async () => {
    const ports = await freePorts(kinds.length);
    const packets = await Promise.all(
      kinds.map(async (kind, at) => {
        const udp = createSocket("udp4").bind(0, "127.0.0.1");
        await once(udp, "listening");
        const got: string[] = [];
        udp.on("message", (data) => got.push(data.toString()));
        const address = `127.0.0.1:${udp.address().port}`;
        const options = [
          "--logger",
          `socket:${address},PRE `,
          "--logger",
          `rsyslog:${address},name,30`,
        ];
        const interesting = () => got.filter((packet) => packet.includes("to stdout"));
        await logOf(kind, ports[at] ?? 0, options, ["/out"], () => interesting().length === 2);
        udp.close();
        return interesting()
          .map((packet) => packet.replace(/\w{3} [ \d]\d [\d:]{8}/, "date"))
          .toSorted();
      }),
    );
    expect(packets[0]).toEqual(packets[1]);
    expect(packets[0]).toEqual(["<30>date name: to stdout", "PRE to stdout\n"]);
  });

  test("a log file that is too large", async () => {
    const options = ["--logto", "DIR/log", "--log-maxsize", "3000", "--log-backupname", "DIR/old"];
    const form = (line: string) =>
      line
        .replace(/\d+/g, "9")
        .replace(/[A-Z][a-z]{2}/g, "Abc")
        .replace(/\/\S*\//, "/");
    const look = ({ files, text }: Awaited<ReturnType<typeof logOf>>) => [
      files().toSorted(),
      linesOf(text("old"), /rotation/).map(form),
    ];
    const [ours, theirs] = await both(options, ["/many?300"], (text) => text("old") !== "", look);
    expect(ours).toEqual(theirs);
    expect(ours?.[1]).toEqual(["Abc Abc 9 9:9:9 9 - logsize: 9, triggering rotation to /old..."]);
  });

  test("the date of the server's own lines", async () => {
    const ready = /spawned uWSGI worker|tsuwsgi is ready/;
    const form = (line: string) =>
      line
        .replace(/ - .*/, " - …")
        .replace(/\d+/g, "9")
        .replace(/[A-Z][a-z]{2}/g, "Abc");
    const forms = async (option: string) =>
      await both(
        ["--logto", "DIR/log", option],
        ["/out"],
        (text) => text("log").includes("to stdout"),
        ({ text }) => linesOf(text("log"), ready).map(form)[0]?.replace(/ {2}/g, " "),
      );
    expect(await forms("--log-date")).toEqual(Array(2).fill("Abc Abc 9 9:9:9 9 - …"));
    expect(await forms("--log-date=[%H h]")).toEqual(Array(2).fill("[9 h] - …"));
    expect(await forms("--log-prefix=here")).toEqual(Array(2).fill("here - …"));
  });
});
