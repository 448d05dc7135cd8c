/** One value as a YAML scalar that libyaml, and so uWSGI, reads back to the same text. */

/** What `yamlScalar` has to know besides the text. */
export interface ScalarStyle {
  /** Blanks before the lines of a block scalar; absent where the scalar must fit in one line. */
  readonly indent?: string;
  /** Quotes what other YAML readers would take for a number, a boolean, a date or null. */
  readonly typed?: boolean;
  /** Characters that will be replaced by unknown text, so that a plain scalar is too bold. */
  readonly opaque?: RegExp;
}

/**
 * The text as it stands after `key: ` or `- `: plain where nothing can be misread, else in quotes, as a
 * block when it has lines and `indent` allows one.
 */
export function yamlScalar(text: string, style: ScalarStyle = {}): string {
  const opaque = style.opaque?.test(text) === true;
  if (plain.test(text) && !separators.test(text) && !opaque) {
    if (!style.typed || !otherType.test(text)) return text;
  }
  if (!escaped.test(text)) return `'${text.replaceAll("'", "''")}'`;
  return block(text, style.indent) ?? doubleQuoted(text);
}

/** Begins with nothing that is an indicator, ends in no blank. */
const plain = /^[\p{L}\p{N}_./][\p{L}\p{N} _./=,@+~^*$%()?&!<>|;\\"'[\]{}:#-]*(?<![ :])$/u;

/** Would begin a comment or a value in a plain scalar. */
const separators = /:\s|\s#/;

/** Text that the types of YAML 1.1 and 1.2 take for something else. */
const otherType =
  /^(?:null|~|y|n|yes|no|on|off|true|false|[-+]?(?:0[xo])?[\d_]+(?:[.:][\d_.:]*)?(?:e[-+]?\d+)?|[-+]?\.\d+(?:e[-+]?\d+)?|0x[\da-f_]+|[-+]?\.inf|\.nan|\d+-\d+-\d+.*)$/i;

/** Line breaks of YAML 1.1, and what may not stand in a YAML text as it is. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const escaped = /[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/;

function block(text: string, indent: string | undefined): string | undefined {
  if (indent === undefined || escaped.test(text.replaceAll("\n", ""))) return undefined;
  const ended = text.endsWith("\n");
  const lines = (ended ? text.slice(0, -1) : text).split("\n");
  const [first = ""] = lines;
  if (!/^\S/.test(first) || lines.at(-1) === "") return undefined;
  if (lines.some((line) => line !== "" && !/\S/.test(line))) return undefined;
  const body = lines.map((line) => (line === "" ? "" : `${indent}${line}`)).join("\n");
  return `${ended ? "|" : "|-"}\n${body}`;
}

const names = new Map([
  ["\n", "\\n"],
  ["\t", "\\t"],
  ["\r", "\\r"],
  ['"', '\\"'],
  ["\\", "\\\\"],
]);

function doubleQuoted(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const special = /["\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g;
  return `"${text.replace(special, (character) => names.get(character) ?? codeEscape(character))}"`;
}

function codeEscape(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, "0")}`
    : `\\u${code.toString(16).padStart(4, "0")}`;
}
