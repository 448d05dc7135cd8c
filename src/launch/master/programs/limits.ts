/** What concerns all processes of the server: they inherit it from the master. */
import { spawnSync } from "node:child_process";
import { setPriority } from "node:os";
import type { Settings } from "../../../settings/settings.ts";
import { pythonProgram, withoutSite } from "../../python-program.ts";
import { errorText } from "../../start-failure.ts";

/** A program that only makes one system call; milliseconds. */
const limitMs = 10_000;

/**
 * Applies `prio` and `max-fd`, before root is given up, so that both may be raised.
 * @returns warnings for the log: as with uWSGI the server starts without what the system refuses
 */
export function applyLimits({ resources }: Settings, python: string): string[] {
  const warnings: string[] = [];
  const { priority, maxFd } = resources;
  if (priority !== 0) {
    try {
      setPriority(priority);
    } catch (error) {
      warnings.push(`warning: prio = ${priority}: ${errorText(error)}`);
    }
  }
  if (maxFd > 0) {
    const { error, status, stdout } = spawnSync(
      python,
      [...withoutSite, pythonProgram("set_limits.py"), String(maxFd)],
      { encoding: "utf8", timeout: limitMs, stdio: ["ignore", "pipe", "inherit"] },
    );
    if (error || status !== 0)
      warnings.push(`warning: max-fd = ${maxFd}: ${error ? errorText(error) : stdout.trim()}`);
  }
  return warnings;
}
