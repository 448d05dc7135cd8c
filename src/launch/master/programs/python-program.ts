import { fileURLToPath } from "node:url";

/** The path of one of this package's Python programs; the depth below its root is the same in src and dist. */
export function pythonProgram(name: string): string {
  return fileURLToPath(new URL(`../../../python/tsuwsgi/${name}`, import.meta.url));
}

/** For what root runs: nothing of site-packages, of the current directory or by PYTHON… of the environment. */
export const withoutSite: readonly string[] = ["-I", "-S"];
