/** Finds the Python interpreter that runs the application. */
import { join } from "node:path";
import type { Machine } from "./machine.ts";
import type { Settings } from "./settings.ts";

/**
 * The interpreter: the virtual environment's, else the first `python3` on the PATH.
 * @returns its absolute path, or undefined when there is none
 */
export function findPython(
  settings: Pick<Settings, "virtualenv">,
  machine: Pick<Machine, "kind" | "executable" | "searchPath">,
): string | undefined {
  const candidates =
    settings.virtualenv === undefined
      ? machine.searchPath
          .split(":")
          .filter((directory) => directory.startsWith("/"))
          .map((directory) => join(directory, "python3"))
      : [join(settings.virtualenv, "bin", "python")];
  return candidates.find((path) => machine.kind(path) === "file" && machine.executable(path));
}
