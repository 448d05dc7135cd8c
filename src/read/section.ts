/** What all file formats say about a section that is not there. */
import type { Report } from "../diagnostic.ts";
import { editDistance } from "../options/find.ts";
import type { Span } from "../source.ts";

/** A section of a file: its name and where that stands. */
export interface SectionName {
  readonly name: string;
  readonly span: Span;
}

/** Letters that may be wrong in the name of a section that is suggested. */
const maxSlips = 2;

/**
 * Reports that a file has no section of that name, at the most similar one if any, else at `top`.
 * @param show writes a name as the format does: `[name]` or `name:`
 * @param then what uWSGI does: for ini and YAML it goes on without the options
 */
export function missingSection(
  wanted: string,
  present: readonly SectionName[],
  top: Span,
  show: (name: string) => string,
  report: Report,
  then: "goes on" | "stops" = "goes on",
): void {
  const stops = then === "stops";
  const near = present
    .map((section) => ({ section, slips: slips(wanted, section.name) }))
    .filter(({ slips }) => slips <= maxSlips)
    .sort((a, b) => a.slips - b.slips)[0]?.section;
  const others = present.map(({ name }) => show(name)).slice(0, 5);
  const has = others.length > 0 ? `; the file has ${others.join(", ")}` : "";
  report({
    rule: stops ? "no-section" : "missing-section",
    severity: "error",
    message: `no section ${show(wanted)} here, so uWSGI ${stops ? "does not start" : "reads nothing"}${near ? "" : has}`,
    span: near?.span ?? top,
    help: near
      ? `write ${show(wanted)} exactly; this is ${show(near.name)}`
      : `begin the options with ${show(wanted)}`,
  });
}

function slips(wanted: string, name: string): number {
  return editDistance(wanted.toLowerCase(), name.trim().toLowerCase(), maxSlips);
}
