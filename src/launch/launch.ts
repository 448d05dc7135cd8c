import type { Settings } from "../settings/settings.ts";
import { withActivation } from "./activation.ts";
import { begin } from "./begin.ts";
import { startDaemon } from "./daemonize.ts";
import { asVassal } from "./emperor/allegiance.ts";
import { dropImmediately } from "./master/programs/privileges.ts";
import type { ConfigurationSource } from "./master/reread.ts";
import { StartFailure, settingPlace } from "./start-failure.ts";
import { type Supervision, takeSupervision } from "./systemd/environment.ts";

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
  const supervision = takeSupervision(process.env, process.pid);
  let settings: Settings;
  try {
    const settled = asVassal(configured, process.env);
    refuseBackground(settled, supervision);
    const warning = dropImmediately(settled);
    if (warning !== undefined) process.stderr.write(`${warning}\n`);
    settings = withActivation(settled, process.env, process.pid);
  } catch (error) {
    if (!(error instanceof StartFailure)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
  if (settings.daemonize) return await startDaemon(settings, settings.daemonize, python, source);
  return await begin(settings, python, source, {
    seesLog: true,
    ready: () => {},
    note: (text) => process.stderr.write(`${text}\n`),
    failed: (text) => process.stderr.write(`${text.trimEnd()}\n`),
    whenGone: () => {},
    supervision,
  });
}

/**
 * Where somebody supervises this very process it must not hand over to another and end.
 * @throws StartFailure
 */
function refuseBackground(settings: Settings, { socket, contained }: Supervision): void {
  if (settings.daemonize === undefined || (socket === undefined && !contained)) return;
  const why = contained
    ? "a container ends with its first process, which this is"
    : "a service manager waits for this process to tell that it is ready (NOTIFY_SOCKET)";
  const reason = `daemonize: ${why}; leave \`daemonize\` out of the configuration`;
  throw new StartFailure(reason, settingPlace(settings, "daemonize"));
}
