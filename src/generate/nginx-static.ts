/** Locations for `static-map`. */
import type { StaticMap } from "../settings/static-settings.ts";
import { hasVariable, nginxComment, nginxQuote } from "./quote.ts";

/**
 * A location for each static-map, as lines. Both the location and the alias end in a slash: without
 * the first, `/static../x` reads beside the directory, and without the second `/static_x/y` reads
 * a sibling. (A map of one file, which uWSGI allows, is thereby left to the server.) What nginx
 * cannot express is left to the server as well, and a comment says so.
 */
export function staticLocations(maps: readonly StaticMap[]): string[] {
  const mountpoints = maps.map((map) => trimmed(map.mountpoint));
  return maps.flatMap((map) => {
    const same = mountpoints.filter((mountpoint) => mountpoint === trimmed(map.mountpoint));
    const why = obstacle(map, same.length);
    if (why) return ["", nginxComment(`static-map ${map.mountpoint} is served by tsuwsgi: ${why}`)];
    return location(`${trimmed(map.mountpoint)}/`, `${trimmed(map.directory)}/`);
  });
}

/** Why nginx cannot serve a map, if it cannot. */
function obstacle({ mountpoint, directory }: StaticMap, count: number): string | undefined {
  if (!mountpoint.startsWith("/")) return "no request path begins so";
  if (trimmed(mountpoint) === "") return "what is not a file there is the application's";
  if (count > 1) return "several directories have this mountpoint, and a location has one";
  if (hasVariable(directory)) return "nginx cannot write a dollar sign in a path";
  return undefined;
}

function location(path: string, alias: string): string[] {
  return ["", `location ${nginxQuote(path)} {`, `    alias ${nginxQuote(alias)};`, "}"];
}

function trimmed(path: string): string {
  return path.replace(/\/+$/, "");
}
