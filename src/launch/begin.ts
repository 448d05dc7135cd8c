import type { Settings } from "../settings/settings.ts";
import type { ConfigurationSource } from "./master/reread.ts";
import { type Audience, serve } from "./master/serve.ts";

/**
 * Runs what the settings ask for in this process: a server, or an emperor that starts servers.
 * @param source where reloads read the configuration
 * @returns the exit code, when everything is gone
 */
export async function begin(
  settings: Settings,
  python: string,
  source: ConfigurationSource,
  audience: Audience,
): Promise<number> {
  if (settings.emperor.sources.length === 0) return await serve(settings, python, source, audience);
  // Loaded only here: a master lives long and should be small.
  const { reign } = await import("./emperor/reign.ts");
  return await reign(settings, python, audience);
}
