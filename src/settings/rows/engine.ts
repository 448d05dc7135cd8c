/** Rows of the option table. What a worker's cores are, where they are not threads. */
import type { HonouredOption } from "../option.ts";
import { flag, integer, within } from "../option.ts";

/** More do not share one processor with any profit; each needs a descriptor in two processes. */
const mostGreenlets = 16384;
const range = { minimum: 1, maximum: mostGreenlets, default: 0 };

/** In the order of the documentation. */
export const engineRows: readonly HonouredOption[] = [
  integer(
    "gevent",
    within("engine", "gevent"),
    range,
    "Requests that one worker runs at the same time, as greenlets of gevent instead of threads.",
  ),
  flag(
    "gevent-monkey-patch",
    within("engine", "geventMonkeyPatch"),
    "Make the standard library cooperate with gevent, in each worker after the application is loaded.",
  ),
  flag(
    "gevent-early-monkey-patch",
    within("engine", "geventEarlyMonkeyPatch"),
    "Make the standard library cooperate with gevent before the application is loaded.",
  ),
  flag(
    "gevent-wait-for-hub",
    within("engine", "geventWaitForHub"),
    "A worker that is to go waits for all greenlets, not only for those with a request.",
  ),
  integer(
    "eventlet",
    within("engine", "eventlet"),
    range,
    "Requests that one worker runs at the same time, as green threads of eventlet.",
  ),
  flag(
    "eventlet-monkey-patch",
    within("engine", "eventletMonkeyPatch"),
    "Make the standard library cooperate with eventlet, in each worker after the application is loaded.",
  ),
  flag(
    "eventlet-early-monkey-patch",
    within("engine", "eventletEarlyMonkeyPatch"),
    "Make the standard library cooperate with eventlet before the application is loaded.",
  ),
  integer(
    "asyncio",
    within("engine", "asyncio"),
    range,
    "Requests that one worker runs at the same time, as greenlets beside an asyncio event loop.",
  ),
];
