import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";

const made: string[] = [];

// Registered in the file that imports this one; vitest loads helpers anew for every test file.
afterAll(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/**
 * A new empty directory that is removed after the test file. Its path is real (no links) and
 * short, because the path of a Unix socket may have 107 bytes only.
 * @param files contents by relative path, written at once
 */
export function temporaryDirectory(
  files: { readonly [path: string]: string | Uint8Array } = {},
): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "tst-")));
  made.push(directory);
  for (const [path, content] of Object.entries(files)) {
    const file = join(directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  return directory;
}
