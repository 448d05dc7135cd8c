/** What the checks before a start share. */
import type { Machine } from "./machine.ts";
import type { SayOne } from "./say.ts";
import type { Settings } from "./settings.ts";

/** What a check has to hand. */
export interface Check {
  readonly settings: Settings;
  readonly machine: Machine;
  /** rule, place in the configuration, message, what to do */
  readonly error: SayOne;
  readonly warn: SayOne;
  /** A fault of the application. With `lenient` the server starts all the same and answers 500, as uWSGI does. */
  readonly appFault: SayOne;
}

/** What is wrong with a path that should be a file or a directory. */
export function describe(path: string, kind: string, wanted: "file" | "directory"): string {
  if (kind === "missing") return `${path} does not exist`;
  if (kind === "denied") return `${path} may not be looked at`;
  return `${path} is not a ${wanted === "file" ? "file" : "directory"}`;
}
