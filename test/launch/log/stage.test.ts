import { gunzipSync, inflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { encodersFor } from "../../../src/launch/log/encoders.ts";
import { noFile, type Sink } from "../../../src/launch/log/sink.ts";
import { makeStage, type StageOrder } from "../../../src/launch/log/stage.ts";
import { journalForm, rsyslogForm, syslogForm } from "../../../src/launch/log/syslog.ts";
import { noLog } from "../../../src/settings/log-settings.ts";
import { settled, sound } from "../../settings/settled.ts";

/** A sink that keeps its lines. */
class Lines implements Sink {
  readonly batches = true;
  readonly crowded = false;
  readonly flush = noFile.flush;
  readonly rotate = noFile.rotate;
  readonly reopen = noFile.reopen;
  readonly shared = 7;
  readonly texts: string[] = [];
  write(line: Buffer): void {
    this.texts.push(line.toString());
  }
  async close(): Promise<void> {}
}

const otherwise = new Lines();
const plain: StageOrder = { ...noLog(), named: [], loggers: [], otherwise };

/** The log's settings of these lines. */
function log(...lines: string[]): ReturnType<typeof settled>["settings"]["log"] {
  return settled([...sound, ...lines].join("\n")).settings.log;
}

test("where nothing is done with lines, others may write to the descriptor themselves", () => {
  expect(makeStage(plain)).toMatchObject({ batches: true, shared: 7 });
  const changed = { ...plain, encoders: log("log-encoder = nl").encoders };
  expect(makeStage(changed)).toMatchObject({ batches: false, shared: undefined });
  const filtered = { ...plain, drains: log("log-drain = x").drains };
  expect(makeStage(filtered)).toMatchObject({
    batches: false,
    shared: undefined,
  });
});

test("filters, drains and routes in uWSGI's order", () => {
  const [named, usual] = [new Lines(), new Lines()];
  const loggers = [
    { id: "errors", sink: named },
    { id: undefined, sink: usual },
  ];
  const settings = log("log-drain = secret", "log-filter = keep", "log-route = errors ^keep E");
  const stage = makeStage({ ...plain, ...settings, named: loggers, loggers });
  for (const text of ["keep a\n", "drop\n", "keep E1\n", "keep secret\n", "keep E\u00e9\n"])
    stage.write(Buffer.from(text));
  expect(usual.texts).toEqual(["keep a\n"]);
  expect(named.texts).toEqual(["keep E1\n", "keep E\u00e9\n"]);
});

test("of several loggers each gets a line; of several routes each that matches", () => {
  const [a, b, c] = [new Lines(), new Lines(), new Lines()];
  const loggers = [
    { id: undefined, sink: a },
    { id: undefined, sink: b },
    { id: "c", sink: c },
  ];
  const { routes } = log("log-route = c x", "log-route = c y$");
  const stage = makeStage({ ...plain, routes, named: loggers, loggers });
  stage.write(Buffer.from("plain\n"));
  stage.write(Buffer.from("xy\n"));
  expect([a.texts, b.texts, c.texts]).toEqual([["plain\n"], ["plain\n"], ["xy\n", "xy\n"]]);
});

test("encoders one after the other, those with a name for their logger only", () => {
  const [own, usual] = [new Lines(), new Lines()];
  const loggers = [
    { id: "a", sink: own },
    { id: undefined, sink: usual },
  ];
  const { encoders } = log(
    "log-encoder = prefix 1:",
    "log-encoder = prefix:a 2:",
    "log-encoder = nl",
  );
  const { routes } = log("log-route = a to-a");
  const stage = makeStage({ ...plain, encoders, routes, named: loggers, loggers });
  stage.write(Buffer.from("to-a\n"));
  stage.write(Buffer.from("x\n"));
  expect([own.texts, usual.texts]).toEqual([["2:1:to-a\n\n"], ["1:x\n\n"]]);
});

/** What an encoder makes of a line; variables are written with `@` here. */
function encode(value: string, line: string): Buffer {
  const [encoder] = encodersFor(
    log(`log-encoder = ${value.replaceAll("@{", "${")}`).encoders,
    undefined,
  );
  return encoder?.(Buffer.from(line)) ?? Buffer.alloc(0);
}

test.each([
  ["prefix [a]:", "x\n", "[a]:x\n"],
  ["suffix  end", "x\n", "x\n end"],
  ["nl", "x", "x\n"],
  ["format <$$ @{msg} @{nothing}>", "x\n", "<$$ x >"],
  ["format @{msgnl}@{msg}@{", "x\n", "x\nx${"],
  ['json {"m":"@{msg}"}', 'a"b\\c\td\u0001\n', '{"m":"a\\"b\\\\c\\td\\u0001"}'],
  ['json "@{msgnl}"', "x\n", '"x\\n"'],
])("log-encoder = %s", (value, line, expected) => {
  expect(encode(value, line).toString()).toBe(expected);
});

test("encoders that tell the time", () => {
  const [unix, millis, micros, year] = encode(
    "format @{unix} @{millis} @{micros} @{strftime:%Y}",
    "x",
  )
    .toString()
    .split(" ");
  expect(Math.abs(Number(unix) - Date.now() / 1000)).toBeLessThan(600);
  expect(Math.abs(Number(millis) - Date.now())).toBeLessThan(600_000);
  expect(Math.abs(Number(micros) / 1000 - Date.now())).toBeLessThan(600_000);
  expect(Number(year)).toBeGreaterThan(2020);
});

test("encoders that compress", () => {
  expect(gunzipSync(encode("gzip", "x\n")).toString()).toBe("x\n");
  expect(inflateSync(encode("compress", "x\n")).toString()).toBe("x\n");
});

test("the system's log and the journal", () => {
  const [one] = syslogForm("name", 16)(Buffer.from("text\n"));
  expect(one?.toString()).toMatch(/^<134>\w{3} [ \d]\d \d\d:\d\d:\d\d name: text\n$/);
  const [field] = journalForm(Buffer.from("text\n"));
  expect(field?.toString()).toBe("PRIORITY=6\nSYSLOG_IDENTIFIER=tsuwsgi\nMESSAGE=text\n");
});

test("a log server gets one packet a line, or with splitting as many as it takes", () => {
  const long = Buffer.from(`${"x".repeat(100)}\n`);
  const cut = rsyslogForm("n", 29, 80, false)(long).map(String);
  expect(cut).toHaveLength(1);
  expect(cut[0]).toMatch(/^<29>.{15} n: x{50}$/);
  const split = rsyslogForm("n", 29, 80, true)(long).map(String);
  expect(split.map((packet) => packet.replace(/[^x]/g, "")).join("")).toBe("x".repeat(100));
  expect(split.every((packet) => packet.length <= 80)).toBe(true);
});
