/** Reads the application's source with Python's own parser: syntax errors and a callable that cannot exist. */
import { join, resolve } from "node:path";
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
      readonly line: number;
      readonly column: number;
      readonly message: string;
    }
  | { readonly is: "unreadable"; readonly message: string }
  | {
      readonly is: "parsed";
      readonly callable: "yes" | "no" | "maybe";
      readonly names: readonly string[];
    };

/**
 * Parses the file of the application, if it can be found without importing anything, and reports what is
 * certainly wrong with it. Modules are looked for in `pythonpath` and `chdir` only; others are left to the start.
 * @param span the option that names the callable
 */
export function inspectApp(
  settings: Settings,
  python: string,
  machine: Machine,
  span: Span | undefined,
  report: Report,
): void {
  const { app } = settings;
  const path = app && sourceOf(app, settings, machine);
  if (!app || path === undefined) return;
  // -I and -S keep the environment and site packages out; -B leaves no files behind.
  const result = machine.run(python, ["-I", "-S", "-B", inspector, path, app.callable]);
  const finding = result.status === 0 ? parseFinding(result.stdout) : undefined;
  if (finding === undefined) {
    const reason = result.stderr.trim().split("\n").at(-1) || "it said nothing";
    report({
      rule: "python",
      severity: "error",
      message: `${python} cannot be used: ${reason}`,
      span,
      help: "tsuwsgi needs Python 3.8 or later",
    });
    return;
  }
  reportFinding(finding, app, path, machine.readText(path) ?? "", span, report);
}

function reportFinding(
  finding: Finding,
  app: AppSetting,
  path: string,
  text: string,
  span: Span | undefined,
  report: Report,
): void {
  switch (finding.is) {
    case "syntax-error": {
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
        message: `${path}: ${finding.message}`,
        span,
      });
      return;
    case "parsed":
      if (finding.callable === "no") report(missingCallable(app, path, finding.names, span));
  }
}

function missingCallable(
  app: AppSetting,
  path: string,
  names: readonly string[],
  span: Span | undefined,
): Parameters<Report>[0] {
  const found =
    names.length === 0
      ? "the file has no callable of its own"
      : `the file has ${names.map((name) => `\`${name}\``).join(", ")}: name one with \`callable\``;
  return {
    rule: "no-callable",
    severity: "error",
    message: `${path} has no \`${app.callable.replace("()", "")}\` for the server to call`,
    span,
    help: found,
  };
}

/** The file of an application: sys.path has the last `pythonpath` first and `chdir` after them. */
function sourceOf(app: AppSetting, settings: Settings, machine: Machine): string | undefined {
  if (app.kind === "file") return app.path;
  const parts = app.module.split(".");
  if (parts.includes("")) return undefined;
  return [...settings.pythonpath.toReversed(), settings.chdir]
    .flatMap((directory) => {
      const base = resolve(directory, ...parts);
      return [join(base, "__init__.py"), `${base}.py`];
    })
    .find((path) => machine.kind(path) === "file" && machine.readable(path));
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
