/** Faults that show only when the options that bound workers and requests are looked at together. */
import type { Draft } from "./draft.ts";
import type { LimitSettings } from "./limit-settings.ts";
import type { Say } from "./say.ts";

/** Options that end a worker, by their fields. */
const replacing = [
  ["maxWorkerLifetime", "max-worker-lifetime"],
  ["reloadOnRss", "reload-on-rss"],
  ["reloadOnAs", "reload-on-as"],
  ["reloadOnUss", "reload-on-uss"],
  ["reloadOnPss", "reload-on-pss"],
  ["evilReloadOnRss", "evil-reload-on-rss"],
  ["evilReloadOnAs", "evil-reload-on-as"],
] as const;

/** Memory from which on a worker is replaced, and below it the same that kills it. */
const killing = [
  ["reloadOnRss", "evilReloadOnRss", "rss"],
  ["reloadOnAs", "evilReloadOnAs", "as"],
] as const;

/**
 * Reports what does nothing without another option, and what ends an unsupervised server.
 * @param supervised there is a master
 */
export function checkLimits(draft: Draft, supervised: boolean, say: Say): void {
  const { limits, places } = draft;
  if (!supervised)
    for (const [field, option] of replacing)
      if (limits[field] > 0)
        say(
          "no-master",
          "warning",
          places[`limits.${field}`],
          `without \`master\` the server ends when \`${option}\` ends a worker`,
          "add `master = true`",
        );
  const alone = (field: keyof LimitSettings, option: string, other: string) =>
    say(
      "no-effect",
      "warning",
      places[`limits.${field}`],
      `\`${option}\` does nothing without \`${other}\``,
      `add \`${other}\`, or take it out`,
    );
  if (limits.maxRequestsDelta > 0 && draft.maxRequests === 0)
    alone("maxRequestsDelta", "max-requests-delta", "max-requests");
  if (limits.maxWorkerLifetimeDelta > 0 && limits.maxWorkerLifetime === 0)
    alone("maxWorkerLifetimeDelta", "max-worker-lifetime-delta", "max-worker-lifetime");
  if (limits.harakiriQueueThreshold > 0 && draft.harakiri === 0)
    alone("harakiriQueueThreshold", "harakiri-queue-threshold", "harakiri");
  for (const [softer, harder, of] of killing)
    if (limits[harder] > 0 && limits[softer] >= limits[harder])
      say(
        "no-effect",
        "warning",
        places[`limits.${softer}`],
        `\`reload-on-${of}\` does nothing: \`evil-reload-on-${of}\` kills the worker before`,
        `write a number lower than that of \`evil-reload-on-${of}\``,
      );
}
