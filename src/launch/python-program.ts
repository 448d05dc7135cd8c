import { fileURLToPath } from "node:url";

/**
 * The path of one of this package's Python programs. This file stands as deep below the package's root in dist as in
 * src; the only place where that depth is written down.
 */
export function pythonProgram(name: string): string {
  return fileURLToPath(new URL(`../../python/tsuwsgi/${name}`, import.meta.url));
}

/** For what root runs: nothing of site-packages, of the current directory or by PYTHON… of the environment. */
export const withoutSite: readonly string[] = ["-I", "-S"];
