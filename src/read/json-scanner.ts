/**
 * The tokens of JSON as yajl 2 reads it for uWSGI: RFC 8259, and comments, and vertical tabs and form
 * feeds for blanks. A NUL ends the text.
 */

/** One token; offsets are UTF-16, a string's are those of its quotes. */
export type JsonToken =
  | {
      readonly kind: JsonPunctuation | "string" | "number" | "word" | "end";
      readonly start: number;
      readonly end: number;
    }
  | JsonFault;

export type JsonPunctuation = "{" | "}" | "[" | "]" | ":" | ",";

/** What is no token, and why. */
export interface JsonFault {
  readonly kind: "fault";
  readonly start: number;
  readonly end: number;
  readonly message: string;
  readonly help?: string;
}

/** Takes a text apart, one token a call. */
export class JsonScanner {
  readonly #text: string;
  /** Where the text ends for yajl. */
  readonly #end: number;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    const nul = text.indexOf("\0");
    this.#end = nul < 0 ? text.length : nul;
  }

  /** The next token; past the last one `end`, again and again. */
  next(): JsonToken {
    const fault = this.#skip();
    const token = fault ?? this.#token(this.#at);
    this.#at = token.end;
    return token;
  }

  #token(start: number): JsonToken {
    const character = this.#character(start);
    switch (character) {
      case "":
        return { kind: "end", start, end: start };
      case "{":
      case "}":
      case "[":
      case "]":
      case ":":
      case ",":
        return { kind: character, start, end: start + 1 };
      case '"':
        return this.#string(start);
      default:
        return /[-\d]/.test(character) ? this.#number(start) : this.#word(start);
    }
  }

  /** Passes blanks and comments. */
  #skip(): JsonFault | undefined {
    for (;;) {
      const character = this.#character(this.#at);
      if (character === "/") {
        const start = this.#at;
        const end = this.#comment(start);
        if (end === undefined) return this.#unexpected(start);
        this.#at = end;
      } else if (character !== "" && " \t\n\v\f\r".includes(character)) {
        this.#at++;
      } else {
        return undefined;
      }
    }
  }

  #comment(start: number): number | undefined {
    const second = this.#character(start + 1);
    if (second !== "/" && second !== "*") return undefined;
    const close = second === "/" ? "\n" : "*/";
    const found = this.#text.indexOf(close, start + 2);
    return found < 0 ? this.#end : Math.min(found + close.length, this.#end);
  }

  #string(start: number): JsonToken {
    for (let at = start + 1; at < this.#end; at++) {
      const character = this.#character(at);
      if (character === '"') return { kind: "string", start, end: at + 1 };
      if (character < " ") return controlInString(at, character);
      if (character === "\\") {
        const length = escapeLength(this.#text, at);
        if (length === 0) return badEscape(this.#text, at, this.#end);
        at += length - 1;
      }
    }
    const message = "the text ends inside a string";
    return { kind: "fault", start, end: start + 1, message, help: 'close it with `"`' };
  }

  #number(start: number): JsonToken {
    const minus = this.#character(start) === "-";
    const first = minus ? start + 1 : start;
    let at = this.#character(first) === "0" ? first + 1 : this.#digits(first);
    if (at === first) return noDigit(start, at, "the minus sign");
    if (at > first && isDigit(this.#character(at))) {
      const help = "take the zero off, or put the value in quotes";
      return { kind: "fault", start, end: at, message: "a number cannot begin with 0", help };
    }
    if (this.#character(at) === ".") {
      const fraction = at + 1;
      at = this.#digits(fraction);
      if (at === fraction) return noDigit(start, at, "the point");
    }
    if (/^[eE]$/.test(this.#character(at))) {
      const exponent = /^[-+]$/.test(this.#character(at + 1)) ? at + 2 : at + 1;
      at = this.#digits(exponent);
      if (at === exponent) return noDigit(start, at, "the exponent");
    }
    return { kind: "number", start, end: at };
  }

  #digits(at: number): number {
    let end = at;
    while (isDigit(this.#character(end))) end++;
    return end;
  }

  #word(start: number): JsonToken {
    let end = start;
    while (end < start + 40 && /^[\w$]$/.test(this.#character(end))) end++;
    const word = this.#text.slice(start, end);
    if (["true", "false", "null"].includes(word)) return { kind: "word", start, end };
    if (word === "") return this.#unexpected(start);
    const message = `\`${word}\` is not JSON: only \`true\`, \`false\` and \`null\` stand without quotes`;
    const help = `write \`${suggestion(word)}\``;
    return { kind: "fault", start, end, message, help };
  }

  #unexpected(start: number): JsonFault {
    const character = String.fromCodePoint(this.#text.codePointAt(start) ?? 0);
    const end = start + character.length;
    if (character === "\ufeff") {
      const message = "a byte order mark, which uWSGI refuses in JSON";
      return { kind: "fault", start, end, message, help: "save the file without it" };
    }
    const help = helpFor.get(character);
    const message = `\`${character}\` cannot stand here in JSON`;
    return { kind: "fault", start, end, message, ...(help === undefined ? {} : { help }) };
  }

  /** One UTF-16 unit, or nothing at the end. */
  #character(at: number): string {
    return at < this.#end ? (this.#text[at] ?? "") : "";
  }
}

const helpFor: ReadonlyMap<string, string> = new Map([
  ["'", "strings are in double quotes"],
  ["#", "write comments as `// …` or `/* … */`"],
  ["/", "a comment is `// …` or `/* … */`; anything else goes in quotes"],
]);

/** What was meant by a word without quotes. */
function suggestion(word: string): string {
  const lower = word.toLowerCase();
  if (lower === "none" || lower === "undefined" || lower === "null") return "null";
  return lower === "true" || lower === "false" ? lower : `"${word}"`;
}

/** The length of a valid escape, 2 or 6; 0 for any other. */
export function escapeLength(text: string, at: number): 0 | 2 | 6 {
  const letter = text[at + 1] ?? "";
  if (letter === "u") return /^[\da-fA-F]{4}$/.test(text.slice(at + 2, at + 6)) ? 6 : 0;
  return letter !== "" && '"\\/bfnrt'.includes(letter) ? 2 : 0;
}

function badEscape(text: string, start: number, end: number): JsonFault {
  if (text[start + 1] === "u") {
    const message = "`\\u` must be followed by four hexadecimal digits";
    return { kind: "fault", start, end: Math.min(start + 2, end), message };
  }
  const next = start + 1 < end ? String.fromCodePoint(text.codePointAt(start + 1) ?? 0) : "";
  const message = `\`\\${next}\` is no escape in JSON`;
  const help = "write `\\\\` for a backslash";
  return { kind: "fault", start, end: start + 1 + next.length, message, help };
}

function controlInString(start: number, character: string): JsonFault {
  const isBreak = character === "\n" || character === "\r";
  const what = isBreak ? "a line break" : character === "\t" ? "a tab" : "a control character";
  const written = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }[character] ?? "\\u….";
  const message = `${what} inside a string`;
  const help = isBreak ? 'close the string with `"`, or write `\\n`' : `write \`${written}\``;
  return { kind: "fault", start, end: start + 1, message, help };
}

function noDigit(start: number, end: number, after: string): JsonFault {
  return { kind: "fault", start, end, message: `a number needs a digit after ${after}` };
}

function isDigit(character: string): boolean {
  return character >= "0" && character <= "9";
}
