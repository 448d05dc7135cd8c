import { readFileSync } from "node:fs";
import type { Settings } from "../../../settings/settings.ts";
import { errorCode } from "../../start-failure.ts";
import { toBecome } from "./privileges.ts";

/**
 * SIGKILL to a worker by its number, as its zygote or its front has told it. A process that is gone is what was
 * wanted, even if its number is another user's by now; a master that is root kills only what is the user's, for
 * those who tell it the number are the user's too.
 */
export function killOwn(pid: number, settings: Settings): void {
  const uid = toBecome(settings)?.uid ?? undefined;
  try {
    if (uid !== undefined && ownerOf(pid) !== uid) return;
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!["ESRCH", "EPERM", "ENOENT"].includes(errorCode(error))) throw error;
  }
}

function ownerOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  return Number(/^Uid:\s+(\d+)/m.exec(status)?.[1] ?? Number.NaN);
}
