/** Transfers a large file again and again by curl, which costs next to nothing itself. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** The size of the file, megabytes (10^6 bytes). */
export const fileMegabytes = 100;

/** What was transferred. */
export interface Transferred {
  readonly megabytes: number;
  readonly seconds: number;
  /** Transfers that ended otherwise than they should. */
  readonly failed: number;
}

let file: string | undefined;

/** The path of the file that is transferred; it is made when first asked for and goes with this process. */
export function transferFile(): string {
  if (file !== undefined) return file;
  const directory = mkdtempSync(join(tmpdir(), "tsuwsgi-bench-"));
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  file = join(directory, "file");
  writeFileSync(file, Buffer.alloc(fileMegabytes * 1e6, "0123456789abcdef"));
  return file;
}

/** Transfers the file at least once, and goes on for so many seconds. */
export async function transfers(
  port: number,
  direction: "download" | "upload",
  seconds: number,
): Promise<Transferred> {
  const url = `http://127.0.0.1:${port}/${direction}`;
  const args =
    direction === "download"
      ? ["-o", "/dev/null"]
      : ["-o", "/dev/null", "-H", "Expect:", "-X", "POST", "-T", transferFile()];
  const figure = direction === "download" ? "%{size_download}" : "%{size_upload}";
  let megabytes = 0;
  let failed = 0;
  const start = performance.now();
  let now = start;
  while (now - start < seconds * 1000) {
    const { stdout } = await promisify(execFile)("curl", [
      ...["-s", "-w", `%{http_code} ${figure}`],
      ...args,
      url,
    ]).catch(() => ({ stdout: "" }));
    const [status, bytes] = stdout.split(" ").map(Number);
    if (status === 200 && bytes === fileMegabytes * 1e6) megabytes += fileMegabytes;
    else failed++;
    now = performance.now();
  }
  return { megabytes, seconds: (now - start) / 1000, failed };
}
