/** Reads the application's source with Python's own parser: syntax errors and a callable that cannot exist. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Report } from "../diagnostic.ts";
import type { Span } from "../source.ts";
import type { Machine } from "./machine.ts";
import type { AppSetting, Settings } from "./settings.ts";

const inspector = fileURLToPath(new URL("../../python/tsuwsgi/inspect_source.py", import.meta.url));

/** What python/tsuwsgi/inspect_source.py prints. */
type Finding =
  | {
      readonly is: "syntax-error";
      readonly path: string;
      readonly line: number;
      readonly column: number;
      readonly message: string;
    }
  | { readonly is: "unreadable"; readonly path: string; readonly message: string }
  | {
      readonly is: "parsed";
      readonly path: string;
      readonly callable: "yes" | "no" | "maybe";
      readonly names: readonly string[];
    }
  /** `name` is the module, or the package on the way to it, that is nowhere. */
  | { readonly is: "no-module"; readonly name: string }
  /** Only importing it would tell. */
  | { readonly is: "unknown" };

/** The options that a finding can be the fault of. */
export interface AppSpans {
  /** Names the file or module. */
  readonly app: Span | undefined;
  /** Names the callable. */
  readonly callable: Span | undefined;
}

/** Rules about the application: what a start would end with uWSGI's exit code 22 for. */
export const appRules: ReadonlySet<string> = new Set([
  "wsgi-file",
  "no-module",
  "app-syntax",
  "no-callable",
]);

/** Finds and parses an application's file without importing anything, and reports what is certainly wrong. */
export function inspectApp(
  app: AppSetting,
  settings: Settings,
  python: string,
  machine: Machine,
  spans: AppSpans,
  report: Report,
): void {
  const result = machine.run(python, inspection(app, settings));
  const finding = result.status === 0 ? parseFinding(result.stdout) : undefined;
  if (finding === undefined) {
    const reason = result.stderr.trim().split("\n").at(-1) || "it said nothing";
    report({
      rule: "python",
      severity: "error",
      message: `${python} cannot be used: ${reason}`,
      span: spans.app,
      help: "tsuwsgi needs Python 3.8 or later",
    });
    return;
  }
  reportFinding(finding, app, settings, machine, spans, report);
}

/** The interpreter's arguments; -B leaves no files behind. */
function inspection(app: AppSetting, { chdir, pythonpath }: Settings): string[] {
  if (app.kind === "file") {
    // -I and -S: nothing else than the file matters, and without site packages Python starts sooner.
    return ["-I", "-S", "-B", inspector, app.callable, "file", app.path];
  }
  if (app.kind === "eval") return ["-I", "-S", "-B", inspector, app.callable, "eval", app.code];
  // As the server will have it: the last `pythonpath` first, then the current directory.
  const directories = [...pythonpath.toReversed().map((path) => resolve(chdir, path)), chdir];
  return ["-B", inspector, app.callable, "module", app.module, ...directories];
}

function reportFinding(
  finding: Finding,
  app: AppSetting,
  settings: Settings,
  machine: Machine,
  spans: AppSpans,
  report: Report,
): void {
  switch (finding.is) {
    case "unknown":
      return;
    case "no-module":
      // `env = PYTHONPATH=…` and its like change where the server's interpreter looks.
      if (settings.env.some(({ name }) => name.startsWith("PYTHON"))) return;
      report({
        rule: "no-module",
        severity: "error",
        message: `there is no Python module \`${finding.name}\` in ${settings.chdir}, \`pythonpath\` or the interpreter's own path`,
        span: spans.app,
        help: "write the module's name, and `chdir` or `pythonpath` for the directory that it lies in",
      });
      return;
    case "syntax-error": {
      if (app.kind === "eval") {
        const message = `the code of \`eval\` has a syntax error in line ${finding.line}: ${finding.message}`;
        report({ rule: "app-syntax", severity: "error", message, span: spans.app });
        return;
      }
      const { path } = finding;
      const text = machine.readText(path) ?? "";
      const start = offsetOf(text, finding.line, finding.column);
      report({
        rule: "app-syntax",
        severity: "error",
        message: `the application has a syntax error: ${finding.message}`,
        span: { source: { name: path, text }, start, end: start },
      });
      return;
    }
    case "unreadable":
      report({
        rule: "app-syntax",
        severity: "error",
        message: `${finding.path}: ${finding.message}`,
        span: spans.app,
      });
      return;
    case "parsed":
      if (finding.callable === "no")
        report(missingCallable(app, finding.path, finding.names, spans.callable));
  }
}

function missingCallable(
  app: AppSetting,
  path: string,
  names: readonly string[],
  span: Span | undefined,
): Parameters<Report>[0] {
  const what = app.kind === "eval" ? "the code" : "the file";
  const found =
    names.length === 0
      ? `${what} has no callable of its own`
      : `${what} has ${names.map((name) => `\`${name}\``).join(", ")}: name one with \`callable\``;
  return {
    rule: "no-callable",
    severity: "error",
    message: `${app.kind === "eval" ? "the code of `eval`" : path} has no \`${app.callable.replace("()", "")}\` for the server to call`,
    span,
    help: found,
  };
}

function offsetOf(text: string, line: number, column: number): number {
  let start = 0;
  for (let at = 1; at < line; at++) {
    const next = text.indexOf("\n", start);
    if (next < 0) break;
    start = next + 1;
  }
  return Math.min(start + Math.max(column - 1, 0), text.length);
}

/** The parse boundary: only our own script writes this, and a broken interpreter may print anything. */
function parseFinding(text: string): Finding | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && "is" in value
      ? (value as Finding)
      : undefined;
  } catch {
    return undefined;
  }
}
