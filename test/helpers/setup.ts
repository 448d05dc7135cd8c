/** Runs once before all tests: an up-to-date build, and the programs that tests compare with. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { missingPackages } from "./packages.ts";
import { until } from "./until.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** What the compiler said when the build failed, else empty; see server.ts. */
    buildProblem: string;
  }
}

const root = fileURLToPath(new URL("../..", import.meta.url));

export default async function setup(project: TestProject): Promise<void> {
  project.provide("buildProblem", await build());
  installMissing();
}

/**
 * Builds when a source file is newer than the result. A failed build does not stop the run: the
 * tests that start the built command fail by it and say why, the others are still worth having.
 */
async function build(): Promise<string> {
  const lock = `${root}/node_modules/.tsuwsgi-build-lock`;
  await until("another build to end", () => acquire(lock), buildBoundMs);
  try {
    if (isBuilt()) return "";
    execFileSync("npm", ["run", "--silent", "build"], {
      cwd: root,
      encoding: "utf8",
      stdio: "pipe",
    });
    return "";
  } catch (error) {
    return outputOf(error);
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/** A build takes seconds; a lock older than this was left by a killed run. Milliseconds. */
const buildBoundMs = 60_000;

function acquire(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch (error) {
    if (existsSync(lock) && Date.now() - statSync(lock).mtimeMs < buildBoundMs / 2) throw error;
    rmSync(lock, { recursive: true, force: true });
    return false;
  }
}

function isBuilt(): boolean {
  const result = `${root}/dist/cli.js`; // The compiler writes all files at once.
  if (!existsSync(result)) return false;
  const built = statSync(result).mtimeMs;
  const sources = readdirSync(`${root}/src`, { recursive: true, encoding: "utf8" });
  const inputs = ["tsconfig.json", ...sources.map((name) => `src/${name}`)];
  return inputs.every((name) => statSync(`${root}/${name}`).mtimeMs <= built);
}

/** Installs what is missing where that is possible, else names it; the tests for it are skipped. */
function installMissing(): void {
  const missing = missingPackages();
  if (missing.length === 0) return;
  const list = missing.join(" ");
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
    console.warn(`Some tests are skipped. They need: apt-get install ${list}`);
    return;
  }
  console.warn(`Installing for the tests: ${list}`);
  try {
    aptGet(missing);
  } catch (error) {
    console.warn(`Some tests are skipped, because apt-get failed: ${outputOf(error)}`);
  }
}

function aptGet(missing: readonly string[]): void {
  const run = (...args: string[]) =>
    execFileSync("apt-get", ["-qq", "-o", "DPkg::Lock::Timeout=120", ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      stdio: ["ignore", "pipe", "pipe"],
      encoding: "utf8",
    });
  const install = () => run("install", "-y", "--no-install-recommends", ...missing);
  try {
    install();
  } catch {
    // The lists of packages are absent (containers) or out of date.
    run("update");
    install();
  }
  if (missing.includes("nginx-light")) stopFreshNginx();
}

/** Debian starts a service when it installs nginx; the tests use their own and want port 80 left alone. */
function stopFreshNginx(): void {
  try {
    execFileSync("service", ["nginx", "stop"], { stdio: "ignore" });
  } catch {
    // No service manager (containers), so nothing was started.
  }
}

function outputOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { stdout, stderr } = { stdout: "", stderr: "", ...error };
  return `${stdout}${stderr}` || error.message;
}
