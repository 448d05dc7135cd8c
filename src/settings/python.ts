/** Finds the Python interpreter that runs the application. */
import { join } from "node:path";
import type { Machine } from "./machine.ts";
import type { PythonSettings } from "./python-settings.ts";
import type { Settings } from "./settings.ts";

/**
 * The interpreter: that of `py-programname`, the virtual environment's, else the first `python3` on the PATH.
 * @returns its absolute path, or undefined when there is none
 */
export function findPython(
  {
    python,
    virtualenv,
  }: Pick<Settings, "virtualenv"> & { readonly python?: Pick<PythonSettings, "programName"> },
  machine: Pick<Machine, "kind" | "executable" | "searchPath">,
): string | undefined {
  const programName = python?.programName;
  const onPath = (name: string) =>
    machine.searchPath
      .split(":")
      .filter((directory) => directory.startsWith("/"))
      .map((directory) => join(directory, name));
  const inVirtualenv = virtualenv === undefined ? undefined : join(virtualenv, "bin", "python");
  const named = programName?.includes("/") === false ? onPath(programName) : programName;
  const candidates = [named ?? inVirtualenv ?? onPath("python3")].flat();
  return candidates.find((path) => machine.kind(path) === "file" && machine.executable(path));
}
