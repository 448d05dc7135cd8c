/** Which includes led to the text that a finding points at. */
import type { Diagnostic } from "../diagnostic.ts";
import type { Resolved } from "./resolved.ts";

/** The finding with the chain of includes of its text, if that has one. */
export function withChain(
  diagnostic: Diagnostic,
  { chains }: Pick<Resolved, "chains">,
): Diagnostic {
  const { span, includes: known } = diagnostic;
  const includes = known ?? (span && chains?.get(span.source));
  return includes === undefined ? diagnostic : { ...diagnostic, includes };
}
