/** The arguments and the environment of a vassal, as uWSGI's emperor makes them. */
import type { EmperorSettings } from "../../settings/emperor-settings.ts";
import type { FoundFile } from "./state.ts";

/** The variable that has the descriptor of the channel; uWSGI's. */
export const channelVariable = "UWSGI_EMPEROR_FD";
/** The variable that has the vassal's name. */
export const vassalVariable = "TSUWSGI_VASSAL";

const optionsOfEndings = new Map([
  [".xml", "--xml"],
  [".ini", "--ini"],
  [".yml", "--yaml"],
  [".yaml", "--yaml"],
  [".js", "--json"],
  [".json", "--json"],
]);

/** What follows the program: what all vassals get first, the configuration, what all get last. */
export function vassalArguments(file: FoundFile, settings: EmperorSettings): string[] {
  const { inheritsBefore, includesBefore, sets, inherits, includes, extensions } = settings;
  const each = (option: string, values: readonly string[]) =>
    values.flatMap((value) => [option, value]);
  const isExtra = extensions.some((ending) => file.id.endsWith(ending));
  const option = isExtra ? "--config" : optionsOfEndings.get(endingOf(file.id));
  return [
    ...each("--inherit", inheritsBefore),
    ...each("--include", includesBefore),
    ...each("--set", sets),
    option ?? "--config",
    // What follows the last colon would be a section's name.
    file.id.includes(":") ? `${file.id}:` : file.id,
    ...each("--inherit", inherits),
    ...each("--include", includes),
  ];
}

function endingOf(name: string): string {
  return /\.[^.]*$/.exec(name)?.[0] ?? "";
}

/** Variables that are about the emperor itself. */
const own = ["UWSGI_RELOADS", "NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"];

/**
 * Our environment, without what is only for us: a vassal must not become an emperor by UWSGI_EMPEROR.
 * `UWSGI_VASSAL_X` becomes `UWSGI_X`, as in uWSGI.
 * @param channelFd undefined for the hooks, which have no channel
 */
export function vassalEnvironment(
  file: FoundFile,
  channelFd: number | undefined,
): { [name: string]: string | undefined } {
  const env: { [name: string]: string | undefined } = {};
  for (const [name, value] of Object.entries(process.env))
    if (!own.includes(name) && !/^UWSGI_(EMPEROR|VASSAL)/.test(name)) env[name] = value;
  for (const [name, value] of Object.entries(process.env)) {
    const option = /^UWSGI_VASSAL_(.+)$/.exec(name)?.[1];
    if (option !== undefined) env[`UWSGI_${option}`] = value;
  }
  env["UWSGI_VASSALS_DIR"] = file.cwd;
  env[vassalVariable] = file.id;
  if (channelFd !== undefined) env[channelVariable] = String(channelFd);
  return env;
}
