/**
 * Every option that tsuwsgi acts on, one row each, by subject in rows/. Schema, type checks, defaults and
 * documentation derive from here; names and aliases are the catalogue's.
 */
import { findOption } from "../options/find.ts";
import { directives } from "./directives.ts";
import { mootOptions } from "./moot.ts";
import type { HonouredOption } from "./option.ts";
import { accessLogRows } from "./rows/access-log.ts";
import { applicationRows } from "./rows/application.ts";
import { besideRows } from "./rows/beside.ts";
import { bodyRows } from "./rows/bodies.ts";
import { cheaperRows } from "./rows/cheaper.ts";
import { configurationRows } from "./rows/configuration.ts";
import { controlRows, instanceRows } from "./rows/control.ts";
import { emperorRows } from "./rows/emperor.ts";
import { engineRows } from "./rows/engine.ts";
import { hookRows } from "./rows/hooks.ts";
import { httpRows } from "./rows/http.ts";
import { limitRows } from "./rows/limits.ts";
import { loggingRows } from "./rows/logging.ts";
import { mountRows } from "./rows/mounts.ts";
import { privilegeRows } from "./rows/privileges.ts";
import { processRows } from "./rows/processes.ts";
import { pythonRows } from "./rows/python.ts";
import { requestRows } from "./rows/requests.ts";
import { routingRows } from "./rows/routing.ts";
import { socketRows } from "./rows/sockets.ts";
import { staticFileRows } from "./rows/static-files.ts";
import { tlsRows } from "./rows/tls.ts";

const rows: readonly HonouredOption[] = [
  ...applicationRows,
  ...mountRows,
  ...pythonRows,
  ...processRows,
  ...limitRows,
  ...privilegeRows,
  ...hookRows,
  ...cheaperRows,
  ...controlRows,
  ...instanceRows,
  ...engineRows,
  ...socketRows,
  ...requestRows,
  ...bodyRows,
  ...httpRows,
  ...besideRows,
  ...staticFileRows,
  ...routingRows,
  ...tlsRows,
  ...loggingRows,
  ...accessLogRows,
  ...emperorRows,
  ...configurationRows,
  ...directives,
  ...mootOptions,
];

const byName = new Map(rows.map((row) => [row.name, row]));

/** All rows, in the order of the documentation. */
export const honoured: readonly HonouredOption[] = rows;

/** Whether an option of this name or alias is supported or moot, so that it does not stop a start. */
export function isAccepted(name: string): boolean {
  return byName.has(findOption(name)?.name ?? name);
}

/** The row of an option by the catalogue's (canonical) name. */
export function honouredOption(name: string): HonouredOption | undefined {
  return byName.get(name);
}
