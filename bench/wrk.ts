/** Runs wrk and reads what it prints. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** What one run of wrk measured. */
export interface WrkResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** Latencies, milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Answers with a status of 400 or more. */
  readonly badStatuses: number;
  readonly connectErrors: number;
  /** Connections that ended before an answer, as when a server closes unannounced. */
  readonly readErrors: number;
  readonly writeErrors: number;
  /** Requests that were not answered within two seconds. */
  readonly timeouts: number;
}

/** Requests to make: for `path`, by POST with a form of so many bytes if `form` says so. */
export interface WrkLoad {
  readonly connections: number;
  readonly path: string;
  readonly form: number | undefined;
}

const postScript = fileURLToPath(new URL("../../bench/apps/post.lua", import.meta.url));

/** Loads a port of 127.0.0.1. */
export async function wrk(port: number, load: WrkLoad, seconds: number): Promise<WrkResult> {
  const { connections, path, form } = load;
  const threads = Math.min(2, connections);
  const args = [
    ...[`-t${threads}`, `-c${connections}`, `-d${seconds}s`, "--latency"],
    ...(form === undefined ? [] : ["-s", postScript]),
    `http://127.0.0.1:${port}${path}`,
    ...(form === undefined ? [] : ["--", String(form)]),
  ];
  const { stdout } = await promisify(execFile)("wrk", args);
  return parseWrk(stdout);
}

/** Reads wrk's report. Throws when a line is missing that wrk always prints. */
export function parseWrk(report: string): WrkResult {
  const field = (pattern: RegExp) => {
    const value = pattern.exec(report)?.[1];
    if (value === undefined) throw new Error(`wrk printed nothing like ${pattern}:\n${report}`);
    return value;
  };
  const errors = (pattern: RegExp) => Number(pattern.exec(report)?.[1] ?? "0");
  return {
    requests: Number(field(/(\d+) requests in /)),
    requestsPerSecond: Number(field(/Requests\/sec:\s*([\d.]+)/)),
    p50: milliseconds(field(/^\s*50%\s+(\S+)/m)),
    p99: milliseconds(field(/^\s*99%\s+(\S+)/m)),
    badStatuses: errors(/Non-2xx or 3xx responses: (\d+)/),
    connectErrors: errors(/Socket errors: connect (\d+)/),
    readErrors: errors(/Socket errors:.* read (\d+)/),
    writeErrors: errors(/Socket errors:.* write (\d+)/),
    timeouts: errors(/Socket errors:.* timeout (\d+)/),
  };
}

const unitMs = new Map([
  ["us", 0.001],
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
]);

function milliseconds(text: string): number {
  const match = /^([\d.]+)(us|ms|s|m)$/.exec(text);
  const unit = unitMs.get(match?.[2] ?? "");
  if (unit === undefined) throw new Error(`wrk printed the time ${text}`);
  return Number(match?.[1]) * unit;
}
