/** The options that steer the reading itself. */
import { findOption } from "../options/find.ts";
import type { Format } from "../read/read.ts";

/** What an option does while the configuration is read; undefined for all that only set something. */
export type Directive =
  /** Reads a file of one format, or, without one, of the format that its name tells. */
  | { readonly kind: "load"; readonly format: Format | undefined }
  /** Adds an option. */
  | { readonly kind: "set" }
  /** Adds a private variable. */
  | { readonly kind: "set-placeholder" }
  | { readonly kind: "unsupported" };

const load = (format?: Format): Directive => ({ kind: "load", format });

const directives = new Map<string, Directive>([
  ["ini", load("ini")],
  ["yaml", load("yaml")],
  ["yml", load("yaml")],
  ["json", load("json")],
  ["js", load("json")],
  ["xml", load("xml")],
  ["xmlconfig", load("xml")],
  ["config", load()],
  ["include", load()],
  ["set", { kind: "set" }],
  ["set-placeholder", { kind: "set-placeholder" }],
  ["set-ph", { kind: "set-placeholder" }],
  ["inherit", { kind: "unsupported" }],
  ["declare-option", { kind: "unsupported" }],
]);

/** The directive that an option of this name is. The ends of blocks do nothing where no block is open. */
export function directiveOf(key: string): Directive | undefined {
  const group = findOption(key);
  if (!group) return undefined;
  if (group.type === "logic" && !/^end/.test(group.name)) return { kind: "unsupported" };
  return directives.get(key) ?? directives.get(group.name);
}
