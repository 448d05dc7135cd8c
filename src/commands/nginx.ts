/** `nginx FILE`: writes the part of an nginx configuration that puts nginx in front of the server. */

import type { NginxOptions } from "../generate/nginx.ts";
import { nginx as generate } from "../generate/nginx.ts";
import { examine } from "../lint/examine.ts";
import { pretty } from "../output/pretty.ts";
import { realHost } from "../resolve/host.ts";
import { loadFile } from "../resolve/load.ts";
import { spanAt } from "../settings/span-at.ts";
import { exitCodes } from "./exit-codes.ts";
import { fileTarget } from "./file-target.ts";
import { fileExists } from "./machine.ts";
import type { Output } from "./output.ts";

/**
 * Writes nginx's configuration for a file to standard output. The machine is not looked at: the file
 * may be meant for another one.
 * @returns exit code
 */
export async function nginx(file: string, options: NginxOptions, output: Output): Promise<number> {
  const host = realHost();
  const { path, section } = fileTarget(file, fileExists);
  const { settings, resolved, found, hasErrors } = await examine(
    (report) => loadFile(path, host, report, section),
    host,
    undefined,
  );
  output.error(pretty(found, output.errorColor));
  if (hasErrors) return exitCodes.failed;
  const result = generate(settings, options);
  if (result.kind === "text") {
    output.write(result.text);
    return exitCodes.ok;
  }
  const { message, help, place } = result.problem;
  const span = spanAt(resolved, place);
  const problem = { rule: "nginx", severity: "error", message, help, span } as const;
  output.error(pretty([problem], output.errorColor));
  return exitCodes.failed;
}
