import { describe } from "vitest";
import { type PackageName, packages } from "./packages.ts";

/**
 * `describe` for tests that use programs outside of the project: where one is missing, the block
 * is skipped and its title says for want of which package.
 *
 *     needs("nginx", "flask")("nginx in front", () => { … });
 */
export function needs(...names: readonly PackageName[]): (title: string, body: () => void) => void {
  const missing = names.filter((name) => !packages[name].present());
  if (missing.length === 0) return (title, body) => describe(title, body);
  const wanted = missing.flatMap((name) => packages[name].debian).join(", ");
  return (title, body) => describe.skip(`${title} [needs ${wanted}]`, body);
}
