/**
 * The JSON Schemas (draft 2020-12) that derive from the option table: one for whole files, that editors
 * use, and one for typed values, that settling validates against. Both use the same `$defs`.
 */
import { catalogue } from "../options/catalogue.ts";
import { honoured, honouredOption } from "./honoured.ts";
import type { HonouredOption, ValueSchema } from "./option.ts";

/** A JSON Schema as plain JSON. */
export type JsonSchema = { readonly [keyword: string]: unknown };

const schemaId = "config.schema.json";

/**
 * The schema of a configuration in YAML or JSON: `{uwsgi: {option: value}}`.
 * Other keys are private variables, so they are allowed; options of uWSGI's that tsuwsgi does not
 * support are not.
 */
export function configSchema(): JsonSchema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: schemaId,
    title: "Configuration of tsuwsgi",
    description: "The options that tsuwsgi acts on, by the names that uWSGI has for them.",
    type: "object",
    required: ["uwsgi"],
    properties: {
      uwsgi: {
        type: "object",
        properties: Object.fromEntries([...optionProperties(), ...unsupportedProperties()]),
      },
    },
    $defs: {
      ...sharedDefinitions,
      ...Object.fromEntries(honoured.map((row) => [definition(row.name), row.schema])),
    },
  };
}

/**
 * The schema of typed values: `{option: value}`, and lists for options that repeat.
 * Directives are over when values are checked, and are left out.
 */
export function valuesSchema(): JsonSchema {
  const acted = honoured.filter((row) => row.status !== "directive");
  const properties = acted.map((row) => {
    const one = { $ref: `${schemaId}#/$defs/${definition(row.name)}` };
    return [row.name, row.repeats ? { type: "array", items: one } : one];
  });
  return { $id: "values.schema.json", type: "object", properties: Object.fromEntries(properties) };
}

const sharedDefinitions = {
  expansion: {
    description: "Text with a placeholder, an environment variable or a file in it.",
    type: "string",
    pattern: "%|\\$\\(|@\\(",
  },
  plain: {
    description: "A value that YAML or JSON takes for something else than text.",
    anyOf: [{ type: "number" }, { type: "boolean" }],
  },
  "boolean-text": { enum: ["true", "on", "yes", "1", "false", "off", "no", "0", "", 0, 1] },
  "integer-text": { type: "string", pattern: "^[+-]?[0-9]+$" },
  unsupported: { description: "Known to uWSGI, not yet supported by tsuwsgi.", not: {} },
};

/** Names of option definitions have a prefix, so that no option can meet a shared definition. */
function definition(name: string): string {
  return `option-${name}`;
}

/** The properties of the options of the table, under each of their names. */
function optionProperties(): [string, JsonSchema][] {
  return honoured.flatMap((row) =>
    names(row.name).map((name): [string, JsonSchema] => [name, property(row)]),
  );
}

function property(row: HonouredOption): JsonSchema {
  const one = { anyOf: alternatives(row.name, row.schema) };
  const value = row.repeats ? { anyOf: [...one.anyOf, { type: "array", items: one }] } : one;
  return { description: row.summary, ...value };
}

/** A value of the type itself, or text that reads as one: every value may be text in uWSGI's files. */
function alternatives(name: string, { type }: ValueSchema): JsonSchema[] {
  const own = { $ref: `#/$defs/${definition(name)}` };
  if (type === "string") return [own, { $ref: "#/$defs/plain" }];
  return [own, { $ref: `#/$defs/${type}-text` }, { $ref: "#/$defs/expansion" }];
}

function unsupportedProperties(): [string, JsonSchema][] {
  return catalogue
    .filter((group) => honouredOption(group.name) === undefined)
    .flatMap((group) => names(group.name))
    .map((name) => [name, { $ref: "#/$defs/unsupported" }]);
}

/** An option's names, the catalogue's own first; an option that only tsuwsgi has is its own name. */
function names(name: string): readonly string[] {
  const group = catalogue.find((candidate) => candidate.name === name);
  return group ? [group.name, ...group.aliases] : [name];
}
