/** What `npm pack` puts into the package: all that the command needs, and nothing that only the project does. */
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { projectPath } from "../helpers/server.ts";

const options = { cwd: projectPath("."), encoding: "utf8" } as const;
const [packed]: [{ files: { path: string }[] }] = JSON.parse(
  execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], options),
);
const paths = packed.files.map(({ path }) => path);

test("the command, its Python side, the validator and the samples are in it", () => {
  const python = readdirSync(projectPath("python/tsuwsgi")).filter((name) => name.endsWith(".py"));
  expect(paths).toEqual(
    expect.arrayContaining([
      "package.json",
      "dist/cli.js",
      "dist/index.d.ts",
      "dist/launch/front/main.js",
      "dist/launch/daemon.js",
      "schemas/config.schema.json",
      "schemas/validate-values.mjs",
      "configs/hello.ini",
      ...python.map((name) => `python/tsuwsgi/${name}`),
    ]),
  );
});

test("tests, the benchmark, sources and what writes the schemas are not", () => {
  const wanted = /^(?:dist|python|schemas|configs)\/|^(?:package\.json|README\.md|LICENSE)$/;
  const unwanted = /\.map$|__pycache__|^dist\/bench\/|write-schema|\.(?<!\.d\.m?)ts$/;
  expect(paths.filter((path) => !wanted.test(path) || unwanted.test(path))).toEqual([]);
});
