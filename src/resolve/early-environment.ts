/** `ienv` and `early-envdir`: they change the environment while the configuration is read. */
import { parsePair } from "../options/value.ts";
import type { Entry } from "../read/entry.ts";
import type { Host } from "./host.ts";

/** Names and values; undefined takes a variable away. */
export type Variables = { [name: string]: string | undefined };

/**
 * Sets in `env` what an option says, for the placeholders and conditions of the whole configuration.
 * Nothing happens for other options, and for what is wrong with these: settling says that.
 */
export function obeyEarly({ key, value }: Entry, host: Host, env: Variables): void {
  if (key === "ienv") {
    const pair = parsePair(value);
    if (pair.ok) env[pair.value.name] = pair.value.value;
  } else if (key === "early-envdir") {
    for (const name of host.list(value) ?? []) {
      const path = `${value}/${name}`;
      if (name.startsWith(".") || host.kindOf(path) !== "file") continue;
      const text = host.readText(path);
      if (text !== undefined) env[name] = variableOf(text);
    }
  }
}

/**
 * The variable that a file of an envdir holds: its text without the blanks and line breaks at its end, and with
 * line breaks for NUL bytes; undefined, which takes the variable away, for an empty file.
 */
export function variableOf(text: string): string | undefined {
  return text === "" ? undefined : text.replace(/[ \t\r\n]+$/, "").replaceAll("\0", "\n");
}
