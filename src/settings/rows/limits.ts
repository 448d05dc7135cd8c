/** Rows of the option table. How long workers live, and what they and their requests may use. */
import type { LimitSettings } from "../limit-settings.ts";
import type { HonouredOption } from "../option.ts";
import { flag, integer, within } from "../option.ts";

const longestSeconds = 2_147_483;
const largest = Number.MAX_SAFE_INTEGER;
const megabyte = 1024 * 1024;

type NumberField = {
  [K in keyof LimitSettings]: LimitSettings[K] extends number ? K : never;
}[keyof LimitSettings];

function seconds(name: string, field: NumberField, preset: number, summary: string) {
  const range = { minimum: 0, maximum: longestSeconds, default: preset };
  return integer(name, within("limits", field), range, summary, "seconds");
}

/** Written as megabytes, kept as bytes. */
function megabytes(name: string, field: NumberField, summary: string): HonouredOption {
  const { place, set } = within("limits", field);
  return integer(
    name,
    { place, set: (draft, value) => set(draft, value * megabyte) },
    { minimum: 0, maximum: Math.floor(largest / megabyte), default: 0 },
    summary,
  );
}

function count(name: string, field: NumberField, summary: string): HonouredOption {
  return integer(
    name,
    within("limits", field),
    { minimum: 0, maximum: largest, default: 0 },
    summary,
  );
}

/** In the order of the documentation. */
export const limitRows: readonly HonouredOption[] = [
  integer(
    "harakiri-graceful-timeout",
    {
      place: "limits.harakiriGracefulTimeout",
      set: (draft, value) => {
        draft.limits.harakiriGracefulTimeout = value;
      },
    },
    { minimum: 0, maximum: longestSeconds, default: 5 },
    "Seconds that a request over `harakiri` has to end alone, before its worker has to; 0: none.",
    "seconds",
  ),
  count(
    "harakiri-queue-threshold",
    "harakiriQueueThreshold",
    "Requests that must be waiting before `harakiri` ends one.",
  ),
  flag(
    "harakiri-verbose",
    within("limits", "harakiriVerbose"),
    "Log what the kernel says of a worker that `harakiri` ends; the stacks of its threads always are.",
  ),
  count(
    "max-requests-delta",
    "maxRequestsDelta",
    "Added to `max-requests` for each further worker.",
  ),
  seconds(
    "min-worker-lifetime",
    "minWorkerLifetime",
    10,
    "Seconds that a worker serves before requests or memory have it replaced.",
  ),
  seconds(
    "max-worker-lifetime",
    "maxWorkerLifetime",
    0,
    "Seconds after which a worker is replaced.",
  ),
  seconds(
    "max-worker-lifetime-delta",
    "maxWorkerLifetimeDelta",
    0,
    "Added to `max-worker-lifetime` for each further worker.",
  ),
  megabytes(
    "reload-on-rss",
    "reloadOnRss",
    "Megabytes of resident memory from which on a worker is replaced after a request.",
  ),
  megabytes(
    "reload-on-as",
    "reloadOnAs",
    "Megabytes of address space from which on a worker is replaced after a request.",
  ),
  megabytes(
    "reload-on-uss",
    "reloadOnUss",
    "Megabytes of memory of its own from which on a worker is replaced after a request.",
  ),
  megabytes(
    "reload-on-pss",
    "reloadOnPss",
    "Megabytes of memory, shared parts divided, from which on a worker is replaced after a request.",
  ),
  megabytes(
    "evil-reload-on-rss",
    "evilReloadOnRss",
    "Megabytes of resident memory from which on a worker is killed.",
  ),
  megabytes(
    "evil-reload-on-as",
    "evilReloadOnAs",
    "Megabytes of address space from which on a worker is killed.",
  ),
  megabytes("limit-as", "limitAs", "Megabytes of address space that a Python process may have."),
  seconds(
    "reload-mercy",
    "reloadMercy",
    0,
    "Seconds that requests in hand may take at a reload or stop, if fewer than `worker-reload-mercy`.",
  ),
  integer(
    "forkbomb-delay",
    within("limits", "forkbombDelay"),
    { minimum: 1, maximum: longestSeconds, default: 2 },
    "Seconds before a process that dies again and again is started; doubled if it never served.",
    "seconds",
  ),
];
