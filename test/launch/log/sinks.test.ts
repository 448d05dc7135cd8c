/** Lines to descriptors, programs and servers. */
import { execFileSync, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { closeSync, constants, openSync, readFileSync, readSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DescriptorSink } from "../../../src/launch/log/descriptor-sink.ts";
import {
  datagramProgram,
  ProgramSink,
  shellProgram,
} from "../../../src/launch/log/program-sink.ts";
import { MAX_HELD_BYTES } from "../../../src/launch/log/sink.ts";
import { UdpSink } from "../../../src/launch/log/udp-sink.ts";
import { temporaryDirectory } from "../../helpers/tmp.ts";
import { until } from "../../helpers/until.ts";

/** A named pipe with a reader that has not read yet. */
function pipe(): { reader: number; writer: number; all: () => string } {
  const path = join(temporaryDirectory(), "pipe");
  execFileSync("mkfifo", [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  const buffer = Buffer.alloc(1024 * 1024);
  const all = () => {
    try {
      return buffer.toString("latin1", 0, readSync(reader, buffer));
    } catch {
      return ""; // EAGAIN: nothing there
    }
  };
  return { reader, writer, all };
}

test("a pipe whose reader is slow holds nobody up, and gets everything in the end", async () => {
  const { reader, writer, all } = pipe();
  const sink = new DescriptorSink(writer);
  const line = Buffer.from(`${"x".repeat(999)}\n`);
  for (let count = 0; count < 300; count++) sink.write(line);
  expect(sink.crowded).toBe(true);
  let got = "";
  await until("all lines", () => {
    got += all();
    return got.length === 300 * 1000;
  });
  expect(sink.crowded).toBe(false);
  await sink.close();
  closeSync(reader);
  closeSync(writer);
});

test("a reader that never reads: memory is bounded, what was lost is told", async () => {
  const { reader, writer, all } = pipe();
  const sink = new DescriptorSink(writer);
  const line = Buffer.alloc(64 * 1024, "y");
  line[line.length - 1] = 10;
  const count = Math.ceil(MAX_HELD_BYTES / line.length) + 20;
  for (let number = 0; number < count; number++) sink.write(line);
  let got = "";
  await until("the held lines", () => {
    got += all();
    return !sink.crowded && got.endsWith("\n");
  });
  sink.write(Buffer.from("again\n"));
  const loss = /tsuwsgi: (\d+) lines of the log were lost: the reader is too slow\n/;
  const told = await until("the loss", () => {
    got += all();
    return got.includes("again\n") && loss.exec(got);
  });
  const arrived = got.split("\n").filter((text) => text.startsWith("y")).length;
  expect(Number(told[1]) + arrived).toBe(count);
  await sink.close();
  closeSync(reader);
  closeSync(writer);
});

test("a pipe that nobody reads any more is no error", async () => {
  const { reader, writer } = pipe();
  const sink = new DescriptorSink(writer);
  closeSync(reader);
  sink.write(Buffer.from("into the void\n"));
  await sink.close();
  closeSync(writer);
});

test("a descriptor that there is not", () => {
  expect(() => new DescriptorSink(999)).toThrow(/EBADF/);
});

test("udp: one datagram a line, its end with it as in uWSGI; closing waits for the last", async () => {
  const server = createSocket("udp4");
  const lines: string[] = [];
  server.on("message", (data) => lines.push(data.toString()));
  server.bind(0, "127.0.0.1");
  await once(server, "listening");
  const sink = new UdpSink("127.0.0.1", server.address().port);
  for (const text of ["one\n", "two\n"]) sink.write(Buffer.from(text));
  await sink.close();
  await until("the datagrams", () => lines.length === 2);
  expect(lines).toEqual(["one\n", "two\n"]);
  server.close();
});

test("a command gets the lines, and its end when the log is closed", async () => {
  const path = join(temporaryDirectory(), "out");
  const sink = new ProgramSink(shellProgram(`cat > '${path}'; echo end >> '${path}'`));
  sink.write(Buffer.from("one\n"));
  sink.write(Buffer.from("two\n"));
  await sink.close();
  expect(readFileSync(path, "utf8")).toBe("one\ntwo\nend\n");
});

test("a command that ends is started anew, and what was lost is told", async () => {
  const path = join(temporaryDirectory(), "out");
  const sink = new ProgramSink(shellProgram(`head -n 1 >> '${path}'`));
  let number = 0;
  await until("a second run", () => {
    sink.write(Buffer.from(`line ${number++}\n`));
    return readFileSync(path, "utf8").includes("lines of the log were lost");
  });
  expect(readFileSync(path, "utf8")).toMatch(/^line 0\ntsuwsgi: \d+ lines of the log were lost: /);
  await sink.close();
});

/** Prints what comes to a Unix datagram socket, a line of JSON each. */
const receiver = `
import json, os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("bound", flush=True)
while True:
    print(json.dumps(s.recv(70000).decode()), flush=True)
`;

async function listen(path: string): Promise<{ texts: () => string[]; stop: () => Promise<void> }> {
  const child = spawn("python3", ["-c", receiver, path], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (data: Buffer) => (output += data.toString()));
  await until("the socket", () => output.startsWith("bound\n"));
  const stop = async () => {
    child.kill("SIGKILL");
    await once(child, "exit");
    rmSync(path);
  };
  const texts = () =>
    output
      .split("\n")
      .slice(1, -1)
      .map((line): string => JSON.parse(line));
  return { texts, stop };
}

test("datagrams to a Unix socket, which may come and go", async () => {
  const path = join(temporaryDirectory(), "socket");
  const sink = new ProgramSink(datagramProgram(path, "python3"));
  sink.write(Buffer.from("lost\n"));
  const first = await listen(path);
  await until("a line", () => {
    sink.write(Buffer.from("here\n"));
    return first.texts().includes("here\n");
  });
  await first.stop();
  sink.write(Buffer.from("lost\n"));
  const second = await listen(path);
  await until("a line", () => {
    sink.write(Buffer.from("there\n"));
    return second.texts().includes("there\n");
  });
  await sink.close();
  expect(second.texts()[0]).toMatch(/^(tsuwsgi: \d+ lines of the log were lost|lost\n|there\n)/);
  await second.stop();
});
