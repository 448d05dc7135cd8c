import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { projectPath, runTsuwsgi } from "../helpers/server.ts";

const directory = projectPath("configs");
const examples = readdirSync(directory).filter((name) => /\.(ini|yaml)$/.test(name));

test("there are examples", () => {
  expect(examples.length).toBeGreaterThanOrEqual(3);
});

test.each(examples)("%s is sound", async (name) => {
  const { code, stdout, stderr } = await runTsuwsgi(["lint", `configs/${name}`], {
    cwd: projectPath("."),
    env: { UWSGI_INI: undefined },
  });
  expect([code, stdout, stderr]).toEqual([0, "", ""]);
});
