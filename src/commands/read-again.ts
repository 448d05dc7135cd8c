/** Entry of the process that reads the configuration for a reload, as a start does; see master/reread.ts. */

import type { ReadAnswer, ReadOrder } from "../launch/master/reread.ts";
import { examine } from "../lint/examine.ts";
import { pretty } from "../output/pretty.ts";
import { realHost } from "../resolve/host.ts";
import { loadConfiguration } from "../resolve/load.ts";
import { findPython } from "../settings/python.ts";
import { liveHost } from "./live-host.ts";
import { nodeMachine } from "./machine.ts";

process.once("message", (message) => {
  // The parse boundary: the master is this package's own program.
  void readAgain(message as ReadOrder).then((answer) => process.send?.(answer));
});

/**
 * Faults of what a reload does not make: pidfiles, logs and sockets stay as they are, and keys that only root may
 * read are known. The server may have other rights by now than at its start.
 */
const notOfReloads = new Set(["not-writable", "socket-directory", "socket-path", "tls-file"]);

async function readAgain({ argv }: ReadOrder): Promise<ReadAnswer> {
  const host = { ...realHost(), live: liveHost() };
  const machine = nodeMachine();
  const load = examine((report) => loadConfiguration({ argv, host }, report), host, machine);
  const { settings, found: all } = await load;
  const found = all.filter(({ rule }) => !notOfReloads.has(rule));
  const hasErrors = found.some(({ severity }) => severity === "error");
  const python = findPython(settings, machine);
  const read = hasErrors || python === undefined ? undefined : { settings, python };
  return { text: pretty(found, false).trimEnd(), read };
}
