import type { Resolved, ResolvedEntry } from "../../src/resolve/resolved.ts";
import type { Source } from "../../src/source.ts";

/**
 * A resolved configuration from plain `key = value` lines, as if they stood in app.ini.
 * @param used private variables that some placeholder uses
 */
export function resolvedFrom(text: string, used: readonly string[] = []): Resolved {
  const source = { name: "app.ini", text };
  const entries: ResolvedEntry[] = [];
  let start = 0;
  for (const line of text.split("\n")) {
    if (line.trim() !== "" && !line.startsWith("[")) entries.push(entryOf(source, line, start));
    start += line.length + 1;
  }
  return { entries, used: new Set(used) };
}

/** An option that stands alone on the command line. */
export function bareEntry(key: string): ResolvedEntry {
  const source = { name: "(command line)", text: `--${key}` };
  const keySpan = { source, start: 2, end: 2 + key.length };
  const valueSpan = { source, start: keySpan.end, end: keySpan.end };
  return { key, value: "true", written: "true", keySpan, valueSpan, includes: [] };
}

function entryOf(source: Source, line: string, start: number): ResolvedEntry {
  const equals = line.indexOf("=");
  const keyEnd = equals < 0 ? line.length : equals;
  const key = line.slice(0, keyEnd).trim();
  const value = equals < 0 ? "" : line.slice(equals + 1).trim();
  const keySpan = { source, start, end: start + key.length };
  const at = value === "" ? keySpan.end : start + line.indexOf(value, equals + 1);
  const valueSpan = { source, start: at, end: at + value.length };
  return { key, value, written: value, keySpan, valueSpan, includes: [] };
}
