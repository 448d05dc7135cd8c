import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { catalogue } from "../../src/options/catalogue.ts";
import { findOption } from "../../src/options/find.ts";
import { honoured } from "../../src/settings/honoured.ts";
import { configSchema } from "../../src/settings/schema.ts";
import { generatedFiles } from "../../src/settings/write-schema.ts";

const accepts = new Ajv2020({ allErrors: true }).compile(configSchema());

describe("the generated files", () => {
  test("are up to date", async () => {
    for (const [name, text] of await generatedFiles()) {
      const committed = readFileSync(new URL(`../../schemas/${name}`, import.meta.url), "utf8");
      expect(committed === text, `schemas/${name} is out of date: run npm run build`).toBe(true);
    }
  });

  test("the validator stands alone: it loads no module", async () => {
    const code = (await generatedFiles()).get("validate-values.mjs") ?? "";
    expect(code).not.toMatch(/\brequire\(|\bimport\b/);
  });
});

describe("the table", () => {
  test("has each option once, under the catalogue's own name", () => {
    const names = honoured.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const own = names.filter((name) => findOption(name)?.name !== name);
    expect(own).toEqual(["no-server-header", "lenient"]);
  });

  test("repeats what the catalogue calls repeatable", () => {
    const wrong = honoured.filter((row) => findOption(row.name)?.repeatable && !row.repeats);
    expect(wrong).toEqual([]);
  });
});

describe("the schema for editors", () => {
  test.each([
    { master: true, processes: 4, http: ":8080", module: "app" },
    { master: "on", workers: "4", socket: [":3031", "/tmp/s"], env: ["A=1"] },
    { processes: "%k", harakiri: "$(LIMIT)", venv: "/v", "private-variable": [1, "x"] },
    { uid: 1000, "chmod-socket": 660, "stats-server": ":1" },
  ])("accepts %j", (uwsgi) => {
    expect(accepts({ uwsgi }), JSON.stringify(accepts.errors)).toBe(true);
  });

  test.each([
    { processes: 0 },
    { processes: "auto" },
    { master: "maybe" },
    { "chmod-socket": "0660" },
    { cheaper: 2 },
    { processes: [1, 2] },
    { env: ["A"] },
  ])("refuses %j", (uwsgi) => {
    expect(accepts({ uwsgi })).toBe(false);
  });

  test("knows every name of the catalogue", () => {
    const names = catalogue.flatMap((group) => [group.name, ...group.aliases]);
    const text = JSON.stringify(configSchema());
    expect(names.filter((name) => !text.includes(`${JSON.stringify(name)}:`))).toEqual([]);
  });
});
