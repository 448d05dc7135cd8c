/** The start: uWSGI's own command line in, a running server out. */
import { fileURLToPath } from "node:url";
import type { Diagnostic } from "../diagnostic.ts";
import { examine } from "../lint/examine.ts";
import { pretty } from "../output/pretty.ts";
import { realHost } from "../resolve/host.ts";
import { appRules } from "../settings/app-source.ts";
import { findPython } from "../settings/python.ts";
import { exitCodes } from "./exit-codes.ts";
import { liveHost } from "./live-host.ts";
import { nodeMachine } from "./machine.ts";
import type { Output } from "./output.ts";

/**
 * Reads the configuration, prints what is wrong with it and, unless there is an error, starts the server.
 * @param argv the arguments after the command's name
 * @returns exit code, when the server has ended
 */
export async function run(argv: readonly string[], output: Output): Promise<number> {
  if (process.pid === 1) {
    const { behindInit } = await import("../launch/first-process.ts");
    const code = await behindInit(argv, output.error);
    if (code !== undefined) return code;
  }
  const host = { ...realHost(), live: liveHost() };
  const machine = nodeMachine();
  const { loadConfiguration } = await import("../resolve/load.ts");
  const examined = await examine(
    (report) => loadConfiguration({ argv, host }, report),
    host,
    machine,
  );
  const { resolved, settings, found, hasErrors } = examined;
  for (const line of settings.prints) output.error(`${line}\n`);
  if (settings.showConfig) {
    const { showConfig } = await import("../resolve/show.ts");
    output.error(showConfig(resolved));
  }
  output.error(pretty(found, output.errorColor));
  const python = findPython(settings, machine);
  if (hasErrors || python === undefined) {
    return isApplication(found) ? exitCodes.applicationFailed : exitCodes.failed;
  }
  const { launch } = await import("../launch/launch.ts");
  return launch(settings, python, {
    program: fileURLToPath(new URL("./read-again.js", import.meta.url)),
    argv,
    cwd: host.cwd(),
    env: { ...process.env },
  });
}

/** Whether all that stops the start are faults of the application, for which uWSGI has an exit code. */
function isApplication(found: readonly Diagnostic[]): boolean {
  const errors = found.filter(({ severity }) => severity === "error");
  return errors.length > 0 && errors.every(({ rule }) => appRules.has(rule));
}
