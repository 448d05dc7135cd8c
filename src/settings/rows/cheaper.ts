/** Rows of the option table. Workers that come and go with the load. */
import { type CheaperSettings, cheaperAlgorithms } from "../cheaper-settings.ts";
import type { HonouredOption } from "../option.ts";
import { flag, integer, text, within } from "../option.ts";

const longestSeconds = 2_147_483;
const largest = Number.MAX_SAFE_INTEGER;
const mostWorkers = 1024;

type NumberField = {
  [K in keyof CheaperSettings]: CheaperSettings[K] extends number ? K : never;
}[keyof CheaperSettings];

function number(
  name: string,
  field: NumberField,
  [minimum, maximum, preset]: readonly [number, number, number],
  summary: string,
  unit?: "bytes" | "seconds",
): HonouredOption {
  const range = { minimum, maximum, default: preset };
  return integer(name, within("cheaper", field), range, summary, unit);
}

/** In the order of the documentation. */
export const cheaperRows: readonly HonouredOption[] = [
  number(
    "cheaper",
    "least",
    [0, mostWorkers, 0],
    "Workers there are at least; more, up to `processes`, come and go with the load. 0: always all.",
  ),
  integer(
    "cheaper-initial",
    {
      place: "cheaper.initial",
      set: (draft, value) => {
        draft.cheaper.initial = value;
      },
    },
    { minimum: 0, maximum: mostWorkers, default: 0 },
    "Workers at the start, with `cheaper`.",
  ),
  text({
    name: "cheaper-algo",
    summary: "How the number of workers is chosen, with `cheaper`.",
    expected: cheaperAlgorithms.map((name) => `\`${name}\``).join(", "),
    pattern: `^(${cheaperAlgorithms.join("|")})$`,
    apply: (draft, value, given) => {
      const algorithm = cheaperAlgorithms.find((name) => name === value);
      if (algorithm === undefined) return; // The schema let only these through.
      draft.cheaper.algorithm = algorithm;
      draft.places["cheaper.algorithm"] = given.place;
    },
  }),
  number("cheaper-step", "step", [1, mostWorkers, 1], "Workers that are started at once."),
  number(
    "cheaper-overload",
    "overload",
    [1, longestSeconds, 3],
    "Seconds that workers are watched before some come or go; with `backlog` requests that may wait.",
    "seconds",
  ),
  number(
    "cheaper-idle",
    "idle",
    [1, longestSeconds, 10],
    "Seconds with more idle workers than `cheaper` before one goes, with `spare2`.",
    "seconds",
  ),
  number(
    "cheaper-rss-limit-soft",
    "rssSoft",
    [0, largest, 0],
    "Bytes of memory of all workers from which on none is started.",
    "bytes",
  ),
  number(
    "cheaper-rss-limit-hard",
    "rssHard",
    [0, largest, 0],
    "Bytes of memory of all workers from which on one goes.",
    "bytes",
  ),
  number(
    "cheaper-busyness-max",
    "busynessMax",
    [1, 100, 50],
    "Per cent busy from which on workers are started.",
  ),
  number(
    "cheaper-busyness-min",
    "busynessMin",
    [1, 100, 25],
    "Per cent busy below which a worker may go.",
  ),
  number(
    "cheaper-busyness-multiplier",
    "busynessMultiplier",
    [1, longestSeconds, 10],
    "Times `cheaper-overload` that workers have to be idle before one goes.",
  ),
  number(
    "cheaper-busyness-penalty",
    "busynessPenalty",
    [1, longestSeconds, 2],
    "Added to the multiplier when a worker is missed soon after it went.",
  ),
  flag(
    "cheaper-busyness-verbose",
    within("cheaper", "busynessVerbose"),
    "Log what `busyness` measures.",
  ),
  number(
    "cheaper-busyness-backlog-alert",
    "backlogAlert",
    [1, largest, 33],
    "Waiting requests above which `busyness` starts workers at once.",
  ),
  number(
    "cheaper-busyness-backlog-multiplier",
    "backlogMultiplier",
    [1, longestSeconds, 3],
    "Times `cheaper-overload` after such a start before one goes.",
  ),
  number(
    "cheaper-busyness-backlog-step",
    "backlogStep",
    [1, mostWorkers, 1],
    "Workers that are started then.",
  ),
  number(
    "cheaper-busyness-backlog-nonzero",
    "backlogNonzero",
    [1, longestSeconds, 60],
    "Seconds that requests may be waiting before `busyness` starts workers.",
    "seconds",
  ),
  flag("cheap", within("cheaper", "cheap"), "Start no worker before the first request."),
  number(
    "idle",
    "idleSeconds",
    [0, longestSeconds, 0],
    "Seconds without a request after which all workers go, until the next request.",
    "seconds",
  ),
  flag(
    "die-on-idle",
    within("cheaper", "dieOnIdle"),
    "End the server after `idle` seconds instead.",
  ),
];
