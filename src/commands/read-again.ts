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

async function readAgain({ argv }: ReadOrder): Promise<ReadAnswer> {
  const host = { ...realHost(), live: liveHost() };
  const machine = nodeMachine();
  const load = examine((report) => loadConfiguration({ argv, host }, report), host, machine);
  const { settings, found, hasErrors } = await load;
  const python = findPython(settings, machine);
  const read = hasErrors || python === undefined ? undefined : { settings, python };
  return { text: pretty(found, false).trimEnd(), read };
}
