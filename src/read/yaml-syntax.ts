/** Why a text is not YAML, said for the slips that uWSGI's users make. */
import type { YAMLException } from "js-yaml";
import type { Report } from "../diagnostic.ts";
import type { ReadText } from "./read-text.ts";

interface Slip {
  /** Found in the line of the fault or in the one before; its first group is what to point at. */
  readonly pattern: RegExp;
  readonly message: (found: string) => string;
  readonly help: string;
}

const slips: readonly Slip[] = [
  {
    pattern: /^(?:\s*-\s+|\s*[^\s#:][^:]*:\s+)([%@`])/d,
    message: (found) => `a value cannot begin with \`${found}\` in YAML`,
    help: "put the whole value in quotes",
  },
  {
    pattern: /^ *(\t)/d,
    message: () => "a tab cannot indent in YAML",
    help: "indent with blanks",
  },
  {
    pattern: /^\s*[\w-]+\s*:\s+[^\s"'#].*?(:)\s/d,
    message: () => "a value cannot have a colon and a blank in it in YAML",
    help: "put the whole value in quotes",
  },
  {
    pattern: /^\s*[\w-]+(:)[^\s:]/d,
    message: () => "a blank is missing after the colon",
    help: "write `option: value`",
  },
];

/** Reports a syntax error at its place. */
export function reportYamlSyntax(text: ReadText, error: YAMLException, report: Report): void {
  const position = Math.min(error.mark?.position ?? 0, text.text.length);
  const line = text.text.lastIndexOf("\n", position - 1) + 1;
  const before = text.text.lastIndexOf("\n", line - 2) + 1;
  const rule = "yaml-syntax";
  const severity = "error" as const;
  for (const slip of slips) {
    for (const start of line > 0 ? [line, before] : [line]) {
      const found = slip.pattern.exec(lineAt(text.text, start));
      const range = found?.indices?.[1];
      if (!found || !range) continue;
      const span = text.span(start + range[0], start + range[1]);
      report({ rule, severity, message: slip.message(found[1] ?? ""), span, help: slip.help });
      return;
    }
  }
  const span = text.span(position, Math.min(position + 1, text.text.length));
  report({ rule, severity, message: `not YAML: ${error.reason}`, span });
}

function lineAt(text: string, start: number): string {
  const end = text.indexOf("\n", start);
  return text.slice(start, end < 0 ? text.length : end);
}
