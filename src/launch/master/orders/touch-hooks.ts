/** `hook-touch`: looks at files and runs an action when one of them changes. */
import { type Stats, unwatchFile, watchFile } from "node:fs";
import type { TouchHook } from "../../../settings/hooks/hook-settings.ts";
import { type PhaseContext, runSteps } from "../programs/phase.ts";

/** As often as uWSGI's master looks. */
const lookMs = 1_000;

/**
 * Runs the step of each file that changes: another content, time or inode, or that it is there at last. What
 * fails is told in the log. A step that still runs is not begun again; it is once more when it has ended.
 * @returns ends the watch
 */
export function watchTouchHooks(hooks: readonly TouchHook[], context: PhaseContext): () => void {
  const watched = hooks.map(({ path, step }) => {
    let running = false;
    let again = false;
    const run = async () => {
      again = running;
      if (running) return;
      running = true;
      const end = await runSteps([step], "touch", context, null);
      if (end.is !== "done") context.log().write(end.reason);
      running = false;
      if (again) await run();
    };
    const look = (now: Stats, before: Stats) => {
      if (now.mtimeMs !== before.mtimeMs && now.mtimeMs !== 0) void run();
    };
    watchFile(path, { interval: lookMs, persistent: false }, look);
    return { path, look };
  });
  return () => {
    for (const { path, look } of watched) unwatchFile(path, look);
  };
}
