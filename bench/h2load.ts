/** Runs h2load, which tells what each of its connections got, and reads what it prints. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** What one run of h2load measured; rates are requests a second. */
export interface H2loadResult {
  readonly requests: number;
  readonly rate: number;
  readonly failed: number;
  /** Of one connection. */
  readonly least: number;
  readonly greatest: number;
  readonly mean: number;
}

/** Loads `/` of a port of 127.0.0.1 by HTTP/1.1 from so many connections. */
export async function h2load(
  port: number,
  connections: number,
  seconds: number,
): Promise<H2loadResult> {
  const args = ["--h1", "-c", String(connections), "-D", String(Math.ceil(seconds))];
  const { stdout } = await promisify(execFile)("h2load", [...args, `http://127.0.0.1:${port}/`]);
  return parseH2load(stdout);
}

/** Reads h2load's report. Throws when a line is missing that it always prints. */
export function parseH2load(report: string): H2loadResult {
  const fields = (pattern: RegExp) => {
    const match = pattern.exec(report);
    if (match === null) throw new Error(`h2load printed nothing like ${pattern}:\n${report}`);
    return match.slice(1).map(Number);
  };
  const [rate = 0] = fields(/finished in [^,]+, ([\d.]+) req\/s/);
  const [requests = 0, failed = 0] = fields(/requests: .* (\d+) done, \d+ succeeded, (\d+) failed/);
  const [least = 0, greatest = 0, mean = 0] = fields(/req\/s\s*:\s+([\d.]+)\s+([\d.]+)\s+([\d.]+)/);
  return { requests, rate, failed, least, greatest, mean };
}
