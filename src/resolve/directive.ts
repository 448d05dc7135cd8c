/** The options that steer the reading itself. */
import { findOption } from "../options/find.ts";
import type { Format } from "../read/read.ts";
import { opensBlock } from "./blocks.ts";

/** What an option does while the configuration is read; undefined for all that only set something. */
export type Directive =
  /** Reads a file of one format, or, without one, of the format that its name tells. */
  | { readonly kind: "load"; readonly format: Format | undefined }
  /** Adds an option. */
  | { readonly kind: "set" }
  /** Adds a private variable. */
  | { readonly kind: "set-placeholder" }
  /** Opens a block: what follows is repeated, or left out. */
  | { readonly kind: "block" }
  /** Reads a file once all other options are there. */
  | { readonly kind: "inherit" }
  /** Makes an option that stands for others. */
  | { readonly kind: "declare" }
  /** Adds a private variable with the address of a host. */
  | { readonly kind: "resolve" }
  /** Ends the start. */
  | { readonly kind: "exit" };

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
  ["inherit", { kind: "inherit" }],
  ["declare-option", { kind: "declare" }],
  ["resolve", { kind: "resolve" }],
  ["exit", { kind: "exit" }],
]);

/** The directive that an option of this name is. */
export function directiveOf(key: string): Directive | undefined {
  const group = findOption(key);
  if (!group) return undefined;
  if (opensBlock(group.name)) return { kind: "block" };
  return directives.get(key) ?? directives.get(group.name);
}
