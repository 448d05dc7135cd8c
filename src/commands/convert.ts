/** `convert FILE --to FORMAT`: one configuration file in another format. */
import { collector, sortDiagnostics } from "../diagnostic.ts";
import { convert as generate } from "../generate/convert/convert.ts";
import { pretty } from "../output/pretty.ts";
import type { Format } from "../read/read.ts";
import { realHost } from "../resolve/host.ts";
import { openFile } from "../resolve/load.ts";
import { exitCodes } from "./exit-codes.ts";
import { fileTarget } from "./file-target.ts";
import { fileExists } from "./machine.ts";
import type { Output } from "./output.ts";
import { writeWhole } from "./write-whole.ts";

/** Where the result goes: standard output when there is no path. */
interface Wanted {
  readonly to: Format;
  readonly path: string | undefined;
  readonly force: boolean;
}

/**
 * Writes the section in the other format, or, when that is not possible, nothing at all.
 * @returns exit code: 1 when the file has errors, the format cannot hold it or it cannot be written
 */
export async function convert(
  file: string,
  { to, path, force }: Wanted,
  output: Output,
): Promise<number> {
  const { report, found } = collector();
  const { path: name, format, section = "" } = fileTarget(file, fileExists);
  const opened = openFile(name, section, realHost(), report);
  const { source, variables } = opened ?? {};
  const text =
    source && variables
      ? generate({ source, from: format, to, section, variables }, report)
      : undefined;
  output.error(pretty(sortDiagnostics(found), output.errorColor));
  if (text === undefined || found.some(({ severity }) => severity === "error")) {
    return exitCodes.failed;
  }
  if (path === undefined) {
    output.write(text);
    return exitCodes.ok;
  }
  const problem = writeWhole(path, text, force);
  if (problem === undefined) return exitCodes.ok;
  output.error(`tsuwsgi: convert: ${problem}\n`);
  return exitCodes.failed;
}
