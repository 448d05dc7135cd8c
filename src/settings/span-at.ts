/** From a place in the settings back to the text, for messages. */
import type { Resolved } from "../resolve/resolved.ts";
import type { Place, Span } from "../source.ts";
import { placeOf } from "../source.ts";
import { valueSpan } from "./typed-value.ts";

/** The span of the entry that stands at a place; undefined for defaults, which have no place. */
export function spanAt(resolved: Resolved, place: Place | undefined): Span | undefined {
  if (!place) return undefined;
  for (const entry of resolved.entries) {
    const span = valueSpan(entry);
    if (span.source.name !== place.file) continue;
    const found = placeOf(span);
    if (found.line === place.line && found.column === place.column) return span;
  }
  return undefined;
}
