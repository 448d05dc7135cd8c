import { readFileSync } from "node:fs";

/** The version of this package, from its package.json; the depth below it is the same in src and dist. */
export const version: string = readVersion();

function readVersion(): string {
  const url = new URL("../../package.json", import.meta.url);
  const content: unknown = JSON.parse(readFileSync(url, "utf8"));
  const { version } = { version: "", ...(typeof content === "object" ? content : {}) };
  return version;
}
