/** `lint FILE…`: what a start would complain about, without starting. */
import type { Diagnostic, Report } from "../diagnostic.ts";
import { examine } from "../lint/examine.ts";
import { json } from "../output/json.ts";
import { pretty } from "../output/pretty.ts";
import { realHost } from "../resolve/host.ts";
import { loadFile } from "../resolve/load.ts";
import { exitCodes } from "./exit-codes.ts";
import { fileTarget } from "./file-target.ts";
import { fileExists, nodeMachine } from "./machine.ts";
import type { Output } from "./output.ts";

/** How findings are written. */
export type LintFormat = "pretty" | "json";

/**
 * Examines each file for itself, as if the server were started with it alone.
 * @returns exit code: 1 when an error was found
 */
export async function lint(
  files: readonly string[],
  format: LintFormat,
  output: Output,
): Promise<number> {
  const host = realHost();
  const machine = nodeMachine();
  const found: Diagnostic[] = [];
  for (const file of files) {
    const { path, section } = fileTarget(file, fileExists);
    const load = (report: Report) => loadFile(path, host, report, section);
    const examined = await examine(load, host, machine);
    found.push(...examined.found);
  }
  output.write(format === "json" ? json(found) : pretty(found, output.writeColor));
  return found.some(({ severity }) => severity === "error") ? exitCodes.failed : exitCodes.ok;
}
