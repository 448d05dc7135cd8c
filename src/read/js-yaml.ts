/**
 * js-yaml, loaded with the first YAML file: this process becomes the server's master, which would carry
 * it (1 MB) for nothing. `require`, because reading is synchronous.
 */
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** The parser; the same object every time. */
export function jsYaml(): typeof import("js-yaml") {
  return require("js-yaml");
}
