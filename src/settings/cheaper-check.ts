/** Faults that show only when the options of `cheaper` and `idle` are looked at together. */
import type { Draft } from "./draft.ts";
import type { Say } from "./say.ts";

/** Reports numbers that contradict each other, and options that do nothing without another. */
export function checkCheaper({ cheaper, processes, places }: Draft, say: Say): void {
  const { least, initial, rssSoft, rssHard, dieOnIdle, idleSeconds } = cheaper;
  if (least > 0 && least >= processes)
    say(
      "cheaper-processes",
      "error",
      places["cheaper.least"],
      `\`cheaper = ${least}\` must be lower than \`processes = ${processes}\``,
      "raise `processes`, or leave `cheaper` out for a fixed number of workers",
    );
  if (least > 0 && initial !== undefined && (initial < least || initial > processes)) {
    const bound = initial < least ? least : processes;
    say(
      "clamped",
      "warning",
      places["cheaper.initial"],
      `\`cheaper-initial = ${initial}\` does not lie between \`cheaper = ${least}\` and \`processes = ${processes}\`: ${bound} is used`,
      `write a number from ${least} to ${processes}`,
    );
  }
  if (least === 0) withoutCheaper(places, say);
  else withoutAlgorithm(cheaper.algorithm, places, say);
  if (cheaper.busynessMin >= cheaper.busynessMax)
    say(
      "cheaper-limits",
      "warning",
      places["cheaper.busynessMin"] ?? places["cheaper.busynessMax"],
      `\`cheaper-busyness-min\` (${cheaper.busynessMin}) is not lower than \`cheaper-busyness-max\` (${cheaper.busynessMax}): workers come and go all the time`,
      "lower it, or raise `cheaper-busyness-max`",
    );
  if (rssHard > 0 && rssHard <= rssSoft)
    say(
      "cheaper-limits",
      "error",
      places["cheaper.rssHard"],
      "`cheaper-rss-limit-hard` must be higher than `cheaper-rss-limit-soft`",
      "raise it",
    );
  if (rssHard > 0 && rssSoft === 0)
    say(
      "cheaper-limits",
      "error",
      places["cheaper.rssHard"],
      "`cheaper-rss-limit-hard` needs `cheaper-rss-limit-soft`",
      "add `cheaper-rss-limit-soft` with a lower number of bytes",
    );
  if (dieOnIdle && idleSeconds === 0)
    say(
      "no-effect",
      "warning",
      places["cheaper.dieOnIdle"],
      "`die-on-idle` does nothing without `idle`",
      "add `idle = 600`, say",
    );
}

/** Fields that count with one algorithm only, and the options that set them. */
const ofAlgorithms = {
  spare2: { idle: "cheaper-idle" },
  busyness: {
    busynessMax: "cheaper-busyness-max",
    busynessMin: "cheaper-busyness-min",
    busynessMultiplier: "cheaper-busyness-multiplier",
    busynessPenalty: "cheaper-busyness-penalty",
    busynessVerbose: "cheaper-busyness-verbose",
    backlogAlert: "cheaper-busyness-backlog-alert",
    backlogMultiplier: "cheaper-busyness-backlog-multiplier",
    backlogStep: "cheaper-busyness-backlog-step",
    backlogNonzero: "cheaper-busyness-backlog-nonzero",
  },
} as const;

/** Fields that count with `cheaper` only, and the options that set them. */
const dependent = {
  initial: "cheaper-initial",
  algorithm: "cheaper-algo",
  step: "cheaper-step",
  overload: "cheaper-overload",
  rssSoft: "cheaper-rss-limit-soft",
  ...ofAlgorithms.spare2,
  ...ofAlgorithms.busyness,
} as const;

function withoutCheaper(places: Draft["places"], say: Say): void {
  const help = "add `cheaper = 2`, say, the fewest workers there are to be";
  tellIdle(dependent, "cheaper", help, places, say);
}

function withoutAlgorithm(present: string, places: Draft["places"], say: Say): void {
  for (const [algorithm, fields] of Object.entries(ofAlgorithms)) {
    const needed = `cheaper-algo = ${algorithm}`;
    if (algorithm !== present) tellIdle(fields, needed, `add \`${needed}\``, places, say);
  }
}

/** Reports those of the options that are written, and do nothing without another. */
function tellIdle(
  fields: { readonly [field: string]: string },
  needed: string,
  help: string,
  places: Draft["places"],
  say: Say,
): void {
  for (const [field, option] of Object.entries(fields)) {
    const place = places[`cheaper.${field}`];
    const message = `\`${option}\` does nothing without \`${needed}\``;
    if (place !== undefined) say("no-effect", "warning", place, message, help);
  }
}
