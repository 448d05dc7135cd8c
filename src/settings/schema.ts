/**
 * The JSON Schemas (draft 2020-12) that derive from the option table: one for whole files, that editors
 * use, and one for typed values, that settling validates against. Both use the same `$defs`.
 */
import { honoured } from "./honoured.ts";
import type { KnownOption } from "./inventory.ts";
import { inventory } from "./inventory.ts";
import type { HonouredOption, ValueSchema } from "./option.ts";
import { slipPattern } from "./slip.ts";

/** A JSON Schema as plain JSON. */
export type JsonSchema = { readonly [keyword: string]: unknown };

const schemaId = "config.schema.json";

/**
 * The schema of a configuration in YAML or JSON: `{uwsgi: {option: value}}`. Other sections beside
 * `uwsgi` may hold anything, since only reading one tells that it is a section.
 */
export function configSchema(): JsonSchema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: schemaId,
    title: "Configuration of tsuwsgi",
    description: "Options by the names that uWSGI has for them; see `tsuwsgi options`.",
    type: "object",
    required: ["uwsgi"],
    properties: { uwsgi: { $ref: "#/$defs/section" } },
    additionalProperties: {
      description: "Another section, read as `FILE:NAME`, or anything else.",
      anyOf: [{ $ref: "#/$defs/section" }, {}],
    },
    $defs: {
      section: section(),
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

/** What uWSGI reads as false; anything else is true. */
const falseTexts = ["false", "off", "no", "0"];

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
  "boolean-text": { enum: ["true", "on", "yes", "1", ...falseTexts, "", 0, 1] },
  off: {
    description: "A flag that is switched off.",
    enum: [false, 0, ...falseTexts],
  },
  variable: {
    description:
      "A variable of your own, used as `%(name)`; `set-placeholder: name=value` makes one that `strict` accepts.",
    anyOf: [{ $ref: "#/$defs/scalar" }, { type: "array", items: { $ref: "#/$defs/scalar" } }],
  },
  scalar: { anyOf: [{ type: "string" }, { $ref: "#/$defs/plain" }] },
};

/** Names of option definitions have a prefix, so that no option can meet a shared definition. */
function definition(name: string): string {
  return `option-${name}`;
}

/**
 * The options of one section. Any other name is a variable of the user's, which a schema cannot tell from a
 * misspelt option; so what is one slip away from an option that does something is taken for it.
 */
function section(): JsonSchema {
  const properties = inventory.flatMap((option) => {
    const own = property(option);
    const alias = { ...own, description: `Alias of \`${option.name}\`. ${own["description"]}` };
    return [[option.name, own], ...option.aliases.map((name) => [name, alias])];
  });
  return {
    type: "object",
    properties: Object.fromEntries(properties),
    patternProperties: Object.fromEntries(slips()),
    additionalProperties: { $ref: "#/$defs/variable" },
  };
}

/** An editor shows `not: {}` as an error and `deprecated` struck through, with the description beside it. */
function property(option: KnownOption): JsonSchema {
  const { row, refusal, group } = option;
  if (row) {
    const marked = group?.type === "deprecated" ? { deprecated: true } : {};
    return { description: described(row), ...marked, ...accepted(row) };
  }
  const remedy = refusal?.remedy === undefined ? "" : ` Instead: ${refusal.remedy}.`;
  const description = `Refused by tsuwsgi. ${option.summary}${remedy}`;
  const isFlag = group?.type === "flag" && group.argument === "no";
  const allowed = isFlag ? { $ref: "#/$defs/off" } : { not: {} };
  return { description, deprecated: true, ...allowed };
}

function described({ summary, why, schema }: HonouredOption): string {
  const nothing = why === undefined ? "" : ` Accepted and without effect: ${why}.`;
  const unset =
    why !== undefined || schema.default === undefined ? "" : ` Default: ${schema.default}.`;
  return `${summary}${nothing}${unset}`;
}

function accepted(row: HonouredOption): JsonSchema {
  const one = { anyOf: alternatives(row.name, row.schema) };
  return row.repeats ? { anyOf: [...one.anyOf, { type: "array", items: one }] } : one;
}

/** A value of the type itself, or text that reads as one: every value may be text in uWSGI's files. */
function alternatives(name: string, schema: ValueSchema): JsonSchema[] {
  const own = { $ref: `#/$defs/${definition(name)}` };
  const expansion = { $ref: "#/$defs/expansion" };
  switch (schema.type) {
    case "string":
      return schema.enum ? [own, expansion] : [own, { $ref: "#/$defs/plain" }, expansion];
    case "boolean":
      return [own, { $ref: "#/$defs/boolean-text" }, expansion];
    case "integer":
      return [own, { type: "string", pattern: digits(schema.minimum) }, expansion];
  }
}

/** Text of a whole number that is not below a minimum of 0 or 1, or of any. */
function digits(minimum = Number.NEGATIVE_INFINITY): string {
  if (minimum < 0) return "^[+-]?[0-9]+$";
  return minimum === 0 ? "^\\+?[0-9]+$" : "^\\+?0*[1-9][0-9]*$";
}

/** Letters that a name needs for its slips to be known: too many words are near to a shorter one. */
const shortestSlip = 6;

function slips(): [pattern: string, JsonSchema][] {
  const all = inventory.flatMap(({ name, aliases }) => [name, ...aliases]);
  return inventory
    .filter(({ status }) => status !== "refused")
    .flatMap(({ name, aliases }) => [name, ...aliases])
    .filter((name) => name.length >= shortestSlip)
    .map((name) => [
      slipPattern(name, all),
      { description: `Not an option. Did you mean \`${name}\`?`, not: {} },
    ]);
}
