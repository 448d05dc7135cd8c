/** Reloads under load, and how one sees that they are over. */
import { until } from "../helpers/until.ts";
import type { Struck } from "./fault.ts";
import { type Make, workers } from "./victim.ts";

/** What a log says when a reload has come to its end. */
export const done: { readonly [make in Make]: string } = {
  tsuwsgi: "reload is done",
  uWSGI: `spawned uWSGI worker ${workers} `,
};
/** The same of one that came to nothing. */
export const givenUp = "reload is given up";

/** How long a reload may take, milliseconds: ours on a busy machine; of uWSGI some never come to an end. */
export const boundMs: { readonly [make in Make]: number } = { tsuwsgi: 30_000, uWSGI: 8_000 };

/** Waits until the log has a text once more than before `act`. */
export async function logged(
  { make, occurrences }: Struck,
  text: string,
  act: () => void,
): Promise<void> {
  const before = occurrences(text);
  act();
  await until(`"${text}"`, () => occurrences(text) > before, boundMs[make]);
}

/** Sends SIGHUP, and waits for the line that says how it ended. */
export function reload(victim: Struck, end = done[victim.make]): Promise<void> {
  return logged(victim, end, () => victim.signal("SIGHUP", "master"));
}

/** The end of a reload that cannot succeed: uWSGI carries it out. */
export function failed({ make }: Struck): string {
  return make === "tsuwsgi" ? givenUp : done.uWSGI;
}
