/** What a start may do to read its configuration: run commands, ask other machines, read descriptors. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { isIPv4 } from "node:net";
import process from "node:process";
import type { FileRead, LiveHost } from "../resolve/host.ts";
import { maxConfigurationBytes } from "../resolve/host.ts";

/** A start must not hang on its own configuration; milliseconds. */
const patienceMs = 30_000;

/** Prints an URL's body; its arguments are the URL and the milliseconds that it may take. */
const fetchProgram = `
const [url, patience] = process.argv.slice(1);
const response = await fetch(url, { signal: AbortSignal.timeout(Number(patience)) });
if (!response.ok) throw new Error("the server answered " + response.status);
process.stdout.write(Buffer.from(await response.arrayBuffer()));`;

/** Prints a host name's first IPv4 address. */
const lookupProgram = `
const { lookup } = await import("node:dns/promises");
process.stdout.write((await lookup(process.argv[1], { family: 4 })).address);`;

/** The machine that this process runs on, asked when a server starts. */
export function liveHost(): LiveHost {
  return {
    exec: (command) => run("/bin/sh", ["-c", command]),
    fetch: (url) => node(fetchProgram, [url, String(patienceMs)]),
    readDescriptor,
    lookup: (name) => {
      if (isIPv4(name)) return name;
      const read = node(lookupProgram, [name]);
      return read.ok ? new TextDecoder().decode(read.bytes) : undefined;
    },
  };
}

/** Node has no synchronous way to ask another machine, so another Node does it. */
function node(program: string, argv: readonly string[]): FileRead {
  return run(process.execPath, ["--input-type=module", "--eval", program, "--", ...argv]);
}

function run(command: string, argv: readonly string[]): FileRead {
  const done = spawnSync(command, argv, {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: patienceMs,
    killSignal: "SIGKILL",
    maxBuffer: maxConfigurationBytes,
  });
  if (done.error) return { ok: false, problem: problemOf(done.error) };
  if (done.status === 0) return { ok: true, bytes: done.stdout };
  const said = lastLine(done.stderr.toString());
  const how = done.status === null ? `signal ${done.signal ?? ""}` : `status ${done.status}`;
  return { ok: false, problem: `it ended with ${how}${said === "" ? "" : `: ${said}`}` };
}

function problemOf(error: Error): string {
  const code = "code" in error ? error.code : "";
  if (code === "ETIMEDOUT") return `it took longer than ${patienceMs / 1000} s`;
  if (code === "ENOBUFS") return `it gave more than ${maxConfigurationBytes / (1024 * 1024)} MiB`;
  return error.message;
}

function lastLine(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.find((line) => /^\w*Error/.test(line)) ?? lines.at(-1) ?? "";
}

function readDescriptor(fd: number): FileRead {
  try {
    const bytes = readFileSync(fd);
    if (bytes.length <= maxConfigurationBytes) return { ok: true, bytes };
    return { ok: false, problem: `it gave more than ${maxConfigurationBytes / (1024 * 1024)} MiB` };
  } catch (error) {
    return { ok: false, problem: error instanceof Error ? error.message : String(error) };
  }
}
