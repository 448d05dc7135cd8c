/** Writes what derives from the option table into schemas/; run by the build. */
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { configSchema, valuesSchema } from "./schema.ts";

/** The generated files by name: the schema for people and editors, and ajv's code for typed values. */
export async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ["config.schema.json", `${JSON.stringify(configSchema(), undefined, 2)}\n`],
    ["validate-values.mjs", await validatorCode()],
  ]);
}

async function validatorCode(): Promise<string> {
  const { Ajv2020 } = await import("ajv/dist/2020.js");
  const { default: standalone } = await import("ajv/dist/standalone/index.js");
  const ajv = new Ajv2020({ allErrors: true, code: { source: true, esm: true } });
  ajv.addSchema(configSchema());
  const code = standalone.default(ajv, ajv.compile(valuesSchema()));
  const head = [
    "// biome-ignore-all lint: generated",
    "// biome-ignore-all format: generated",
    "// Generated from src/settings/honoured.ts by `npm run build`; do not edit.",
  ];
  return `${head.join("\n")}\n${code}\n`;
}

/** Files that are as they should be stay untouched, so that a build leaves the tree clean. */
async function writeGenerated(): Promise<void> {
  for (const [name, text] of await generatedFiles()) {
    const file = new URL(`../../schemas/${name}`, import.meta.url);
    if (present(file) !== text) writeFileSync(file, text);
  }
}

function present(file: URL): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await writeGenerated();
