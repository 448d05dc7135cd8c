/** `manage-script-name` in the front, for what has to know a path before the application does. */

/** A path, split at the mountpoint that it is under. */
export interface SplitPath {
  readonly scriptName: string;
  readonly pathInfo: string;
}

/**
 * Finds the longest mountpoint that a path is under, as python/tsuwsgi/mounts.py does.
 * @param mountpoints one character a byte
 */
export function splitPath(path: string, mountpoints: readonly string[]): SplitPath | undefined {
  let found: string | undefined;
  let length = 0;
  for (const mountpoint of mountpoints) {
    const prefix = mountpoint.endsWith("/") ? mountpoint.slice(0, -1) : mountpoint;
    if (prefix.length <= length || !path.startsWith(prefix)) continue;
    if (path.length > prefix.length && path.charAt(prefix.length) !== "/") continue;
    found = mountpoint;
    length = prefix.length;
  }
  if (found === undefined) return undefined;
  return { scriptName: found, pathInfo: path.slice(found.length) };
}
