/** Why a text is not YAML, said for the slips that uWSGI's users make. */
import type { Report } from "../diagnostic.ts";
import type { ReadText } from "./read-text.ts";
import type { YamlFault } from "./yaml-token.ts";

/** What to say, and about which range. */
interface Slip {
  readonly start: number;
  readonly end: number;
  readonly message: string;
  readonly help: string;
}

/** Of a line only so much is looked at. */
const maxLine = 1000;

/** Reports a syntax error at its place. */
export function reportYamlSyntax(text: ReadText, fault: YamlFault, report: Report): void {
  const { start, end, message, help } = slipOf(text.text, fault) ?? {
    ...fault,
    message: `not YAML: ${fault.message}`,
    help: undefined,
  };
  report({
    rule: "yaml-syntax",
    severity: "error",
    message,
    span: text.span(start, end),
    ...(help === undefined ? {} : { help }),
  });
}

function slipOf(text: string, { start, end }: YamlFault): Slip | undefined {
  const character = text[start] ?? "";
  if (character !== "" && "%@`".includes(character)) {
    const message = `a value cannot begin with \`${character}\` in YAML`;
    return { start, end, message, help: "put the whole value in quotes" };
  }
  if (character === "\t") {
    return { start, end, message: "a tab cannot indent in YAML", help: "indent with blanks" };
  }
  return missingBlank(text, start) ?? colonInValue(text, start);
}

/** `key:value`, which shows where the next key ends or, in the last line, where it begins. */
function missingBlank(text: string, fault: number): Slip | undefined {
  const line = lineStart(text, fault);
  const starts = line > 0 ? [line, lineStart(text, line - 1)] : [line];
  for (const from of starts) {
    const colon = /^\s*[\w-]+(:)[^\s:]/d.exec(lineAt(text, from))?.indices?.[1];
    if (!colon) continue;
    const message = "a blank is missing after the colon";
    return { start: from + colon[0], end: from + colon[1], message, help: "write `option: value`" };
  }
  return undefined;
}

function colonInValue(text: string, fault: number): Slip | undefined {
  if (text[fault] !== ":" || !/^\s*[\w-]+\s*:\s/.test(lineAt(text, lineStart(text, fault)))) {
    return undefined;
  }
  const message = "a value cannot have a colon and a blank in it in YAML";
  return { start: fault, end: fault + 1, message, help: "put the whole value in quotes" };
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

function lineAt(text: string, start: number): string {
  const end = text.indexOf("\n", start);
  return text.slice(start, Math.min(end < 0 ? text.length : end, start + maxLine));
}
