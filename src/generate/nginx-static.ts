/** Locations for static files, as far as nginx can serve them like the server. */
import type { StaticMap, StaticSettings } from "../settings/static-settings.ts";
import { expiresObstacle } from "./nginx-expires.ts";
import { hasVariable, nginxComment, nginxQuote } from "./quote.ts";

/** One map, and how its directory and the path of a request come together. */
interface Mapped extends StaticMap {
  readonly option: "static-map" | "static-map2";
}

/**
 * A location for each static-map and static-map2, as lines. Both the location and the alias end in a slash:
 * without the first, `/static../x` reads beside the directory, and without the second `/static_x/y` reads
 * a sibling. (A map of one file, which uWSGI allows, is thereby left to the server.) What nginx
 * cannot express is left to the server as well, and a comment says so.
 * @param expires the variable that nginx-expires.ts defines, if there are rules for Expires
 */
export function staticLocations(statics: StaticSettings, expires: string | undefined): string[] {
  const maps: readonly Mapped[] = [
    ...statics.maps.map((map) => ({ ...map, option: "static-map" }) as const),
    ...statics.wholeMaps.map((map) => ({ ...map, option: "static-map2" }) as const),
  ];
  const mountpoints = maps.map((map) => trimmed(map.mountpoint));
  const blocks = maps.map((map) => {
    const same = mountpoints.filter((mountpoint) => mountpoint === trimmed(map.mountpoint));
    const why = obstacle(map, same.length) ?? commonObstacle(statics, map.directory);
    if (why) return left(`${map.option} ${map.mountpoint}`, why);
    return mapLocation(map, statics, expires);
  });
  return [
    ...blocks.flat(),
    ...statics.checks.flatMap((directory) =>
      left(`check-static ${directory}`, "what is not a file there is the application's"),
    ),
    ...(statics.docroot
      ? left("check-static-docroot", "it looks into the `root` of this server block")
      : []),
    ...internalLocations(statics, maps),
  ];
}

function left(what: string, why: string): string[] {
  return ["", nginxComment(`${what} is served by tsuwsgi: ${why}`)];
}

/** Why nginx cannot serve a map, if it cannot. */
function obstacle({ mountpoint, directory }: StaticMap, count: number): string | undefined {
  if (!mountpoint.startsWith("/")) return "no request path begins so";
  if (trimmed(mountpoint) === "") return "what is not a file there is the application's";
  if (count > 1) return "several directories have this mountpoint, and a location has one";
  if (hasVariable(directory)) return "nginx cannot write a dollar sign in a path";
  return undefined;
}

/** Why nginx cannot do what other options say about all files. */
function commonObstacle(statics: StaticSettings, directory: string): string | undefined {
  if (statics.skipEnds.length > 0) return "names of static-skip-ext are the application's";
  if (!gzips(statics, directory) && statics.gzipEnds.length + statics.gzipPatterns.length > 0)
    return "in nginx compressed files belong to a whole location";
  if (statics.index.some(hasVariable)) return "nginx cannot write a dollar sign in an index";
  return expiresObstacle(statics.expires);
}

/** Compressed files may stand for all files of a directory. */
function gzips({ gzipAll, gzipPrefixes }: StaticSettings, directory: string): boolean {
  const within = `${trimmed(directory)}/`;
  return gzipAll || gzipPrefixes.some((prefix) => within.startsWith(prefix));
}

function mapLocation(
  { mountpoint, directory, option }: Mapped,
  statics: StaticSettings,
  expires: string | undefined,
): string[] {
  const path = `${trimmed(directory)}/`;
  const lines = [
    option === "static-map" ? `alias ${nginxQuote(path)}` : `root ${nginxQuote(path)}`,
  ];
  if (statics.index.length > 0) lines.push(`index ${statics.index.map(nginxQuote).join(" ")}`);
  if (expires !== undefined) {
    lines.push(`expires ${statics.expires[0]?.fromChange ? "modified " : ""}${expires}`);
  }
  if (gzips(statics, directory)) lines.push("gzip_static on");
  return location(`${trimmed(mountpoint)}/`, lines);
}

/** With `file-serve-mode = nginx` the server names files by their paths, which only it may ask for. */
function internalLocations(statics: StaticSettings, maps: readonly Mapped[]): string[] {
  if (statics.serveMode !== "x-accel-redirect") return [];
  const directories = [
    ...statics.checks,
    ...maps.map(({ directory }) => directory),
    ...statics.safe,
  ].map((directory) => `${trimmed(directory)}/`);
  const taken = new Set(["/", ...maps.map(({ mountpoint }) => `${trimmed(mountpoint)}/`)]);
  return [...new Set(directories)]
    .filter((path) => !taken.has(path) && !hasVariable(path))
    .flatMap((path) => location(path, ["internal", `alias ${nginxQuote(path)}`]));
}

function location(path: string, lines: readonly string[]): string[] {
  return ["", `location ${nginxQuote(path)} {`, ...lines.map((line) => `    ${line};`), "}"];
}

function trimmed(path: string): string {
  return path.replace(/\/+$/, "");
}
