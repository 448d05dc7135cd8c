import type { Settings } from "../settings/settings.ts";
import { withActivation } from "./activation.ts";
import { startDaemon } from "./daemonize.ts";
import { dropImmediately } from "./master/privileges.ts";
import type { ConfigurationSource } from "./master/reread.ts";
import { serve } from "./master/serve.ts";
import { StartFailure } from "./start-failure.ts";

/**
 * Runs the server: in this process, which becomes its master, or with `daemonize` in one of its own.
 * @param python path of the interpreter that runs the application
 * @param source where reloads read the configuration
 * @returns the exit code: when the server has ended, or with daemonize when it accepts requests (0) or
 *   could not be started. Every failure has been told on standard error by then.
 */
export async function launch(
  configured: Settings,
  python: string,
  source: ConfigurationSource,
): Promise<number> {
  // Before any file is made, as uWSGI does.
  if (configured.umask !== undefined) process.umask(configured.umask);
  let settings: Settings;
  try {
    const warning = dropImmediately(configured);
    if (warning !== undefined) process.stderr.write(`${warning}\n`);
    settings = withActivation(configured, process.env, process.pid);
  } catch (error) {
    if (!(error instanceof StartFailure)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
  if (settings.daemonize) return await startDaemon(settings, settings.daemonize, python, source);
  return await serve(settings, python, source, {
    seesLog: true,
    ready: () => {},
    failed: (text) => process.stderr.write(`${text.trimEnd()}\n`),
    whenGone: () => {},
  });
}
