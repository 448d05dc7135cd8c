/** Everything that can be said about a configuration without starting it; the start says the same. */

import type { Diagnostic, Report } from "../diagnostic.ts";
import { collector, sortDiagnostics } from "../diagnostic.ts";
import { withChain } from "../resolve/chains.ts";
import type { Resolved } from "../resolve/resolved.ts";
import type { Machine } from "../settings/machine.ts";
import { preflight } from "../settings/preflight.ts";
import type { Settings } from "../settings/settings.ts";
import type { SettleHost } from "../settings/settle.ts";
import { settle } from "../settings/settle.ts";
import { valueSpan } from "../settings/typed-value.ts";
import type { Span } from "../source.ts";

/** A configuration with what was found in it. */
export interface Examined {
  readonly resolved: Resolved;
  /** Not to be started when an error was found. */
  readonly settings: Settings;
  /** Sorted, without repeats. */
  readonly found: readonly Diagnostic[];
  readonly hasErrors: boolean;
}

/**
 * Reads, settles and checks a configuration. Starts nothing and executes nothing of the application.
 * @param load reads the configuration
 * @param machine undefined leaves out what depends on the machine that the server is to run on
 */
export async function examine(
  load: (report: Report) => Resolved | Promise<Resolved>,
  host: SettleHost,
  machine: Machine | undefined,
): Promise<Examined> {
  const { report, found } = collector();
  const resolved = await load(report);
  const loading = [...found];
  const absences: Diagnostic[] = [];
  const settings = settle(
    resolved,
    host,
    afresh(loading, (diagnostic) => {
      if (absenceRules.has(diagnostic.rule)) absences.push(diagnostic);
      else report(diagnostic);
    }),
  );
  // With a faulty chdir every relative path would seem to be missing.
  if (machine && !faultyChdir(resolved, found)) {
    preflight(settings, resolved, machine, afresh(found, report));
  }
  const isKnown = !resolved.entries.some(({ uncertain }) => uncertain);
  const told = isKnown ? withAbsences(found, loading, absences) : found;
  const all = sortDiagnostics(causesOnly(told)).map((one) => withChain(one, resolved));
  return { resolved, settings, found: all, hasErrors: all.some(isError) };
}

const unsetRules = new Set(["undefined-variable", "undefined-placeholder"]);

/** A value that is wrong because nothing sets what stands in it has one fault: that nothing sets it. */
function causesOnly(found: readonly Diagnostic[]): readonly Diagnostic[] {
  const isCause = ({ rule }: Diagnostic) => unsetRules.has(rule);
  const causes = found.filter(isCause);
  const follows = ({ span }: Diagnostic) =>
    span !== undefined && causes.some((cause) => overlap(cause.span, span));
  const consequences = found.filter((d) => isError(d) && !isCause(d) && follows(d));
  return found
    .filter((diagnostic) => !consequences.includes(diagnostic))
    .map((diagnostic) =>
      isCause(diagnostic) && consequences.some(({ span }) => span && overlap(diagnostic.span, span))
        ? { ...diagnostic, severity: "error" as const }
        : diagnostic,
    );
}

const absenceRules = new Set(["no-socket", "no-app"]);

/**
 * What a configuration lacks is no news when it could not be read. When a file of it holds nothing, that
 * is the fault to tell.
 */
function withAbsences(
  found: readonly Diagnostic[],
  loading: readonly Diagnostic[],
  absences: readonly Diagnostic[],
): readonly Diagnostic[] {
  if (absences.length === 0 || loading.some(isError)) return found;
  const empty = loading.find(({ rule }) => rule === "empty-file");
  if (!empty || !absences.some(isError)) return [...found, ...absences];
  return found.map((diagnostic) =>
    diagnostic === empty ? { ...empty, severity: "error", help: needed } : diagnostic,
  );
}

const needed = "a start needs at least a socket (`http = :8080`) and an application (`module = …`)";

/** A report that drops what points at a place where an error was found already: it would follow from that. */
function afresh(found: readonly Diagnostic[], report: Report): Report {
  const before = found.filter(isError);
  return (diagnostic) => {
    const { span } = diagnostic;
    if (!span || !before.some((earlier) => overlap(earlier.span, span))) report(diagnostic);
  };
}

function faultyChdir(resolved: Resolved, found: readonly Diagnostic[]): boolean {
  const spans = resolved.entries.filter(({ key }) => key === "chdir").map(valueSpan);
  return found.some((error) => isError(error) && spans.some((span) => overlap(error.span, span)));
}

function overlap(a: Span | undefined, b: Span): boolean {
  if (a?.source !== b.source) return false;
  return a.start === b.start || (a.start < b.end && b.start < a.end);
}

function isError({ severity }: Diagnostic): boolean {
  return severity === "error";
}
