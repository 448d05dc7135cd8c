import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { load } from "js-yaml";
import { describe, expect, test } from "vitest";
import { collector } from "../../src/diagnostic.ts";
import { catalogue } from "../../src/options/catalogue.ts";
import { findOption } from "../../src/options/find.ts";
import { ownFlags, ownValued } from "../../src/options/own.ts";

import { loadConfiguration } from "../../src/resolve/load.ts";
import { honoured } from "../../src/settings/honoured.ts";
import { inventory } from "../../src/settings/inventory.ts";
import { configSchema } from "../../src/settings/schema.ts";
import { settle } from "../../src/settings/settle.ts";
import { generatedFiles } from "../../src/settings/write-schema.ts";
import { fakeHost } from "../resolve/fake-host.ts";

const configs = join(import.meta.dirname, "../../configs");
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
    expect(code).not.toMatch(/\brequire\(|\bimport\(|(?:^|[;}\n])\s*import\b/);
  });
});

describe("the table", () => {
  test("has each option once, under the catalogue's own name", () => {
    const names = honoured.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const own = names.filter((name) => findOption(name)?.name !== name);
    expect(own.toSorted()).toEqual([...ownFlags, ...ownValued].toSorted());
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
    { "static-map": "%(map)", "offload-threads": "+0", "limit-post": "%(a)" },
    { "thunder-lock": true, "plugin-dir": "/x", "wsgi-env-behavior": "holy", "no-orphans": 1 },
    { for: "a b", "if-env": "X", endif: "", inherit: "base.ini", "declare-option": "a=b=$1" },
    { vhost: false, "emperor-tyrant": "off", lazy: 0 },
    { lenient: true, "no-server-header": false },
    { project: "shop", base: "/srv", socket2: "/x", module_2: "y", port: 80, sockets_of: 1 },
  ])("accepts %j", (uwsgi) => {
    expect(accepts({ uwsgi }), JSON.stringify(accepts.errors)).toBe(true);
  });

  test.each([
    // Wrong types and values
    [{ processes: 0 }, "/uwsgi/processes"],
    [{ processes: "0" }, "/uwsgi/processes"],
    [{ processes: "auto" }, "/uwsgi/processes"],
    [{ processes: true }, "/uwsgi/processes"],
    [{ processes: 1.5 }, "/uwsgi/processes"],
    [{ processes: [1, 2] }, "/uwsgi/processes"],
    [{ workers: -1 }, "/uwsgi/workers"],
    [{ harakiri: -1 }, "/uwsgi/harakiri"],
    [{ harakiri: "-1" }, "/uwsgi/harakiri"],
    [{ harakiri: "30s" }, "/uwsgi/harakiri"],
    [{ "offload-threads": "-2" }, "/uwsgi/offload-threads"],
    [{ master: "maybe" }, "/uwsgi/master"],
    [{ master: 2 }, "/uwsgi/master"],
    [{ "thunder-lock": "perhaps" }, "/uwsgi/thunder-lock"],
    [{ "wsgi-env-behaviour": "best" }, "/uwsgi/wsgi-env-behaviour"],
    [{ "chmod-socket": "0660" }, "/uwsgi/chmod-socket"],
    [{ env: ["A"] }, "/uwsgi/env"],
    [{ env: { A: "1" } }, "/uwsgi/env"],
    [{ vacuum: null }, "/uwsgi/vacuum"],
    // Refused options
    [{ mules: 2 }, "/uwsgi/mules"],
    [{ vhost: true }, "/uwsgi/vhost"],
    [{ "php-set": "a=b" }, "/uwsgi/php-set"],
    // Slips
    [{ proceses: 2 }, "/uwsgi/proceses"],
    [{ harakari: 2 }, "/uwsgi/harakari"],
    [{ mastre: true }, "/uwsgi/mastre"],
    [{ Master: true }, "/uwsgi/Master"],
    [{ max_requests: 10 }, "/uwsgi/max_requests"],
    [{ "enable-thread": true }, "/uwsgi/enable-thread"],
    [{ wsgi_file: "app.py" }, "/uwsgi/wsgi_file"],
    [{ lenien: true }, "/uwsgi/lenien"],
    // What uWSGI loses
    [{ group: { master: true } }, "/uwsgi/group"],
  ])("refuses %j", (uwsgi, path) => {
    expect(accepts({ uwsgi })).toBe(false);
    const paths = new Set(accepts.errors?.map(({ instancePath }) => instancePath.split("/", 3)));
    expect([...paths].map((parts) => parts.join("/"))).toContain(path);
  });

  test("wants the section and lets others hold anything", () => {
    expect(accepts({})).toBe(false);
    expect(accepts({ uWSGI: {} })).toBe(false);
    expect(accepts({ uwsgi: [] })).toBe(false);
    expect(accepts({ uwsgi: {}, web: { proceses: 2 }, version: 3 })).toBe(true);
  });

  const { properties } = section();

  test("has every name as a property, with a description", () => {
    const names = catalogue.flatMap((group) => [group.name, ...group.aliases]);
    const own = [...ownFlags, ...ownValued];
    const missing = [...names, ...own].filter((name) => !properties[name]?.description);
    expect(missing).toEqual([]);
    expect(Object.keys(properties)).toHaveLength(names.length + own.length);
  });

  test("says what an alias stands for, what is refused, and what does nothing", () => {
    expect(properties["workers"]?.description).toBe(
      "Alias of `processes`. Number of worker processes. Default: 1.",
    );
    expect(properties["mules"]).toEqual({
      description:
        "Refused by tsuwsgi. Mules. Instead: start it as a service of its own (systemd, a container).",
      deprecated: true,
      not: {},
    });
    expect(properties["no-fd-passing"]?.description).toMatch(/ Accepted and without effect: /);
    expect(properties["die-on-term"]).toMatchObject({ deprecated: true });
    expect(properties["master"]).not.toHaveProperty("deprecated");
  });

  test("finds a letter too few or two swapped in every longer name that does something", () => {
    const names = inventory
      .filter(({ status }) => status !== "refused")
      .flatMap(({ name, aliases }) => [name, ...aliases])
      .filter((name) => name.length >= 6);
    expect(names.length).toBeGreaterThan(90);
    const slips = names.flatMap((name) => [
      `${name.slice(0, 2)}${name.slice(3)}`,
      `${name.slice(0, 3)}${name[4]}${name[3]}${name.slice(5)}`,
      name.replaceAll("-", "_"),
    ]);
    const wrong = slips.filter(
      (slip) => !(slip in properties) && accepts({ uwsgi: { [slip]: 1 } }),
    );
    expect(wrong).toEqual([]);
  });
});

describe("files that tsuwsgi accepts", () => {
  const own = readdirSync(configs).filter(isData);
  test("there are some", () => expect(own.length).toBeGreaterThan(0));
  test.each(own)("configs/%s", (name) => {
    expect(accepts(data(join(configs, name))), JSON.stringify(accepts.errors)).toBe(true);
  });

  const published = join(import.meta.dirname, "../../../shared/corpus/files");
  const present = existsSync(published);
  const title = "published ones are accepted";
  test.skipIf(!present)(present ? title : `${title} [needs ../shared/corpus]`, () => {
    const judged = readdirSync(published)
      .filter(isData)
      .flatMap((name) => {
        const verdict = judge(join(published, name), name);
        return verdict === undefined ? [] : [{ name, ...verdict }];
      });
    const good = judged.filter(({ sound }) => sound);
    expect(good.filter(({ valid }) => !valid)).toEqual([]);
    expect(good.length).toBeGreaterThanOrEqual(4);
    // Refused options and wrong values are in some of the others.
    expect(judged.filter(({ sound, valid }) => !sound && !valid).length).toBeGreaterThan(0);
  });
});

const isData = (name: string) => /\.(?:ya?ml|json)$/.test(name);

/** The file as editors see it; undefined where YAML's or JSON's own rules are broken. */
function data(path: string): unknown {
  try {
    const text = readFileSync(path, "utf8");
    return path.endsWith(".json") ? JSON.parse(text) : load(text);
  } catch {
    return undefined;
  }
}

/** Whether settling finds no error (the machine is not looked at), and whether the schema accepts the file. */
function judge(path: string, name: string): { sound: boolean; valid: boolean } | undefined {
  const value = data(path);
  if (value === undefined) return undefined;
  const { report, found } = collector();
  const host = fakeHost({ files: { [name]: readFileSync(path) } });
  settle(
    loadConfiguration({ argv: [`--${name.split(".").pop()}`, name], host }, report),
    host,
    report,
  );
  return { sound: found.every(({ severity }) => severity !== "error"), valid: accepts(value) };
}

interface Property {
  readonly description?: string;
}

/** The `uwsgi` section of the schema, as it is written. */
function section(): { properties: { readonly [name: string]: Property | undefined } } {
  return JSON.parse(JSON.stringify(configSchema())).$defs.section;
}
