/** The package as another project has it: packed, in its node_modules, imported by its name. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { beforeAll, expect, inject, test } from "vitest";
import { projectPath } from "../helpers/server.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";

const [, example = ""] =
  /^```ts\n([\s\S]*?)^```$/m.exec(readFileSync(projectPath("docs/library.md"), "utf8")) ?? [];
const settings = {
  compilerOptions: {
    target: "es2022",
    module: "nodenext",
    strict: true,
    types: ["node"],
    outDir: "out",
  },
};
const directory = temporaryDirectory({
  "package.json": '{ "name": "elsewhere", "type": "module", "private": true }\n',
  "tsconfig.json": JSON.stringify(settings),
  "example.ts": example,
});

beforeAll(() => {
  expect(inject("buildProblem")).toBe("");
  const modules = join(directory, "node_modules");
  mkdirSync(join(modules, "@types"), { recursive: true });
  const pack = ["pack", "--silent", "--ignore-scripts", "--pack-destination", directory];
  execFileSync("npm", pack, { cwd: projectPath(".") });
  const [archive = ""] = readdirSync(directory).filter((name) => name.endsWith(".tgz"));
  execFileSync("tar", ["xf", archive], { cwd: directory });
  cpSync(join(directory, "package"), join(modules, "tsuwsgi"), { recursive: true });
  // What npm would install beside it.
  for (const name of ["commander", "@types/node", "undici-types"]) {
    symlinkSync(projectPath(`node_modules/${name}`), join(modules, name));
  }
});

test("the example of docs/library.md has its types, and does what it says", () => {
  const tsc = projectPath("node_modules/.bin/tsc");
  const compiled = spawnSync(tsc, ["-p", "."], { cwd: directory, encoding: "utf8" });
  expect([compiled.stdout, compiled.status]).toEqual(["", 0]);
  const run = spawnSync(process.execPath, ["out/example.js"], { cwd: directory, encoding: "utf8" });
  expect(run.stderr).toBe("");
  expect(run.stdout).toContain("'chdir at line 3'");
  expect(run.stdout).toContain("  chdir: /srv/shop/web\n");
  expect(run.stdout).toContain("error `harakri` is not an option");
  expect(run.stdout).toContain("not fit to start\n");
  expect(run.stdout).toContain('    "chdir": "%(base)/web",\n');
});

test("a wrong use does not compile, so the types are there", () => {
  const wrong = temporaryDirectory({
    "package.json": '{ "type": "module" }',
    "tsconfig.json": JSON.stringify(settings),
    "wrong.ts": 'import { readConfig } from "tsuwsgi";\nreadConfig("", { format: "toml" });\n',
  });
  symlinkSync(join(directory, "node_modules"), join(wrong, "node_modules"));
  const tsc = projectPath("node_modules/.bin/tsc");
  const { stdout } = spawnSync(tsc, ["-p", "."], { cwd: wrong, encoding: "utf8" });
  expect(stdout).toMatch(/^wrong\.ts\(2,\d+\): error TS2322: Type '"toml"' is not assignable/);
});
