/**
 * Material that lies beside a checkout of this project and is no part of it: other people's files, and
 * what uWSGI made of them. Where it is absent the tests that need it are skipped, and say so.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe } from "vitest";

const root = join(import.meta.dirname, "../../../shared");

/** The path of a file or folder of the material. */
export function sharedPath(...parts: readonly string[]): string {
  return join(root, ...parts);
}

/** `describe` for tests that read a part of the material; `body` runs only where that part is. */
export function describeWith(part: string, title: string, body: () => void): void {
  if (existsSync(sharedPath(part))) describe(title, body);
  else describe.skip(`${title} [needs ../shared/${part}]`, body);
}
