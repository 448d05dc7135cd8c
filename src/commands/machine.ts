/** The real machine, as the checks before a start see it. */
import { spawnSync } from "node:child_process";
import { accessSync, constants, readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import process from "node:process";
import type { Machine, PathKind, ProgramResult } from "../settings/machine.ts";

/** Milliseconds that a program may take: an interpreter on a cold disk may need seconds. */
const runTimeoutMs = 20_000;

/** Bytes of output that are kept. */
const longestOutput = 1024 * 1024;

/** Looks at this machine and process. */
export function nodeMachine(): Machine {
  return {
    kind,
    readable: (path) => may(path, constants.R_OK),
    writable: (path) => may(path, constants.W_OK),
    executable: (path) => may(path, constants.X_OK),
    readText,
    mode: (path) => statSync(path, { throwIfNoEntry: false })?.mode,
    list,
    cipherFault,
    searchPath: process.env["PATH"] ?? "",
    uid: process.geteuid?.() ?? 0,
    gid: process.getegid?.() ?? 0,
    run,
  };
}

/** The text of a file, undefined when it cannot be read. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** Whether anything stands at a path, be it readable or not. */
export function fileExists(path: string): boolean {
  return kind(path) !== "missing";
}

/** The errno name of a failed system call, such as `ENOENT`; undefined for any other error. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined;
}

function kind(path: string): PathKind {
  try {
    const stat = statSync(path);
    return stat.isFile() ? "file" : stat.isDirectory() ? "directory" : "other";
  } catch (error) {
    return errorCode(error) === "EACCES" ? "denied" : "missing";
  }
}

function list(path: string): readonly string[] | undefined {
  try {
    return readdirSync(path);
  } catch {
    return undefined;
  }
}

function cipherFault(ciphers: string): string | undefined {
  // Loaded only here, because it costs every start 1.6 MB, and few speak TLS.
  const tls: typeof import("node:tls") = createRequire(import.meta.url)("node:tls");
  try {
    tls.createSecureContext({ ciphers });
    return undefined;
  } catch (error) {
    return errorCode(error) ?? String(error);
  }
}

function may(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

function run(program: string, args: readonly string[]): ProgramResult {
  const result = spawnSync(program, args, {
    encoding: "utf8",
    timeout: runTimeoutMs,
    maxBuffer: longestOutput,
    stdio: ["ignore", "pipe", "pipe"],
  });
  return {
    status: result.status ?? undefined,
    stdout: result.stdout ?? "",
    stderr: result.error?.message ?? result.stderr,
  };
}
