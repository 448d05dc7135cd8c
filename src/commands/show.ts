/** `show FILE`: what a configuration comes to, without starting or running anything. */
import type { Diagnostic } from "../diagnostic.ts";
import { collector, sortDiagnostics } from "../diagnostic.ts";
import type { ShowFormat } from "../generate/show/show.ts";
import { show as generate } from "../generate/show/show.ts";
import { pretty } from "../output/pretty.ts";
import { realHost } from "../resolve/host.ts";
import { loadOption } from "../resolve/load.ts";
import type { ResolvedEntry } from "../resolve/resolved.ts";
import { exitCodes } from "./exit-codes.ts";
import { fileTarget } from "./file-target.ts";
import { fileExists } from "./machine.ts";
import type { Output } from "./output.ts";

/**
 * Writes the resolved options of a file to standard output, as if an option had named it, and what was
 * found on the way to standard error. The environment's `UWSGI_*` are no part of the file.
 * @returns exit code: 1 when the configuration cannot be read to its end
 */
export async function show(
  file: string,
  options: { readonly format: ShowFormat; readonly origins: boolean },
  output: Output,
): Promise<number> {
  const { report, found } = collector();
  const { format, value } = fileTarget(file, fileExists);
  const resolved = loadOption(format, value, realHost(), report);
  for (const entry of resolved.entries) {
    if (entry.uncertain) report(readAtStart(entry));
  }
  output.error(pretty(sortDiagnostics(found), output.errorColor));
  if (found.some(({ severity }) => severity === "error")) return exitCodes.failed;
  output.write(generate(resolved, options));
  return exitCodes.ok;
}

function readAtStart({ key, keySpan, valueSpan }: ResolvedEntry): Diagnostic {
  return {
    rule: "read-at-start",
    severity: "warning",
    message: `the value of \`${key}\` is known only when a server starts, and shown as it is written`,
    span: valueSpan.end > valueSpan.start ? valueSpan : keySpan,
  };
}
