/** The linter keeps the layers of docs/contributing.md apart: its patterns match what they are meant for. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { projectPath } from "./helpers/server.ts";
import { temporaryDirectory } from "./helpers/tmp.ts";

const cases: readonly (readonly [file: string, imported: string, allowed: boolean])[] = [
  ["src/source.ts", "./options/find.ts", false],
  ["src/options/a.ts", "../read/read.ts", false],
  ["src/options/b.ts", "../source.ts", true],
  ["src/read/a.ts", "../resolve/walk.ts", false],
  ["src/read/b.ts", "node:fs", false],
  ["src/read/c.ts", "node:fs/promises", false],
  ["src/read/d.ts", "node:path", true],
  ["src/read/e.ts", "../options/find.ts", true],
  ["src/resolve/a.ts", "../settings/settings.ts", false],
  ["src/resolve/b.ts", "node:os", false],
  ["src/resolve/host.ts", "node:fs", true],
  ["src/settings/apply/a.ts", "../../launch/log.ts", false],
  ["src/settings/apply/b.ts", "../option.ts", true],
  ["src/settings/a.ts", "node:process", false],
  ["src/lint/a.ts", "../launch/launch.ts", false],
  ["src/lint/b.ts", "../settings/settle.ts", true],
  ["src/generate/a.ts", "../lint/examine.ts", false],
  ["src/generate/b.ts", "../library.ts", false],
  ["src/launch/a.ts", "../generate/nginx.ts", false],
  ["src/launch/b.ts", "node:net", true],
  ["src/launch/protocol/a.ts", "node:net", false],
  ["src/launch/routing/a.ts", "node:fs", false],
  ["src/launch/routing/b.ts", "../../settings/routing/route-settings.ts", true],
  ["src/launch/master/machine/machine.ts", "node:child_process", false],
  ["src/launch/master/machine/ending.ts", "../../log/log.ts", true],
  ["src/launch/emperor/machine.ts", "node:child_process", false],
  ["src/launch/emperor/found.ts", "node:fs", false],
  ["src/launch/emperor/find.ts", "node:fs", true],
  ["src/launch/beside/cron-machine.ts", "node:fs", false],
  ["src/launch/beside/crons.ts", "node:fs", true],
  ["src/launch/master/a.ts", "../../commands/run.ts", false],
  ["src/output/a.ts", "../settings/settings.ts", false],
  ["src/commands/a.ts", "../launch/launch.ts", true],
];

test("imports that point the wrong way are refused, the others are not", () => {
  const directory = temporaryDirectory({
    "biome.json": readFileSync(projectPath("biome.json")),
    ...Object.fromEntries(
      cases.map(([file, imported]) => [file, `export * from "${imported}";\n`]),
    ),
  });
  const biome = projectPath("node_modules/.bin/biome");
  const args = ["lint", "--reporter=github", "--max-diagnostics=none", "src"];
  const { stdout } = spawnSync(biome, args, { cwd: directory, encoding: "utf8" });
  const refused = stdout.split("\n").filter((line) => line.includes("noRestrictedImports"));
  const files = refused.map((line) => /file=(?:.*\/)?(src\/[^,]*)/.exec(line)?.[1]).sort();
  expect(files).toEqual(cases.flatMap(([file, , allowed]) => (allowed ? [] : [file])).sort());
});
