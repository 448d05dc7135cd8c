import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { lineSplitter, logLine, openLog } from "../../src/launch/log.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";
import { until } from "../helpers/until.ts";

test("a line has the time in UTC, and one end", () => {
  expect(logLine("text\n", new Date(0))).toBe("[1970-01-01T00:00:00Z] text\n");
});

test("a file is appended to and made with mode 0640", async () => {
  const path = join(temporaryDirectory(), "log");
  for (const text of ["one", "two"]) {
    const log = openLog({ kind: "file", path });
    log.write(text);
    await log.close();
  }
  expect(readFileSync(path, "utf8")).toMatch(/^\[.*\] one\n\[.*\] two\n$/);
  expect(statSync(path).mode & 0o777).toBe(0o640 & ~process.umask());
});

test("a file in a directory that is missing", () => {
  const path = join(temporaryDirectory(), "none", "log");
  expect(() => openLog({ kind: "file", path })).toThrow(/ENOENT/);
});

test("udp: one datagram a line, ours and the children's; closing waits for the last", async () => {
  const server = createSocket("udp4");
  const lines: string[] = [];
  server.on("message", (data) => lines.push(data.toString()));
  server.bind(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const log = openLog({ kind: "udp", host: "127.0.0.1", port: server.address().port });
    expect([log.childStdio, log.applicationStdio]).toEqual(["pipe", "pipe"]);
    const output = new PassThrough();
    log.follow(output);
    output.write("first\nsec");
    output.end("ond\nlast");
    await once(output, "end");
    log.write("ours\nhas two lines");
    await log.close();
    await until("the datagrams", () => lines.length === 5);
    expect(lines.slice(0, 3)).toEqual(["first", "second", "last"]);
    expect(lines[3]).toMatch(/^\[.*\] ours$/);
    expect(lines[4]).toBe("has two lines");
  } finally {
    server.close();
  }
});

/** The lines of a text that comes in parts of a size. */
function split(text: string, size: number, longest: number): string[] {
  const lines: string[] = [];
  const { feed, end } = lineSplitter((line) => lines.push(line.toString()), longest);
  for (let at = 0; at < text.length; at += size) feed(Buffer.from(text.slice(at, at + size)));
  end();
  return lines;
}

test.each([1, 2, 7, 100])("lines whole or in parts of %i bytes", (size) => {
  expect(split("a\n\nbc\ndef", size, 50)).toEqual(["a", "", "bc", "def"]);
  expect(split("a\n", size, 50)).toEqual(["a"]);
});

test.each([1, 3, 100])("a line that is too long is cut, in parts of %i bytes", (size) => {
  expect(split("abcdefgh\nij\n", size, 3).join("|").replaceAll("||", "|")).toBe("abc|def|gh|ij");
});
