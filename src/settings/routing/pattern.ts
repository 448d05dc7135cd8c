/**
 * A regular expression of PCRE as one of JavaScript that matches the same. What cannot be said in
 * JavaScript without a difference is a fault. Both sides see bytes: subjects have one character a byte.
 */
import type { RoutePattern } from "./route-settings.ts";
import { bytesOf, type Checked, type Fault } from "./template.ts";

/** POSIX classes (`[[:alpha:]]`) in the C locale. */
const posix: Readonly<Record<string, string>> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  ascii: "\\x00-\\x7f",
  blank: "\\t ",
  cntrl: "\\x00-\\x1f\\x7f",
  digit: "0-9",
  graph: "!-~",
  lower: "a-z",
  print: " -~",
  punct: "!-\\/:-@\\[-`{-~",
  space: "\\t-\\r ",
  upper: "A-Z",
  word: "\\w",
  xdigit: "0-9A-Fa-f",
};

/** Escapes that mean another thing in JavaScript, or nothing: outside of and inside of a class. */
const escapes: Readonly<Record<string, readonly [string, string?]>> = {
  A: ["^"],
  Z: ["(?=\\n?$)"],
  z: ["$"],
  a: ["\\x07", "\\x07"],
  e: ["\\x1b", "\\x1b"],
  h: ["[\\t \\xa0]", "\\t \\xa0"],
  H: ["[^\\t \\xa0]", "\\x00-\\x08\\n-\\x1f!-\\x9f\\xa1-\\xff"],
  R: ["(?:\\r\\n|[\\n-\\r\\x85])"],
  s: ["[\\t-\\r ]", "\\t-\\r "],
  S: ["[^\\t-\\r ]", "\\x00-\\x08\\x0e-\\x1f!-\\xff"],
  v: ["[\\n-\\r\\x85]", "\\n-\\r\\x85"],
  V: ["[^\\n-\\r\\x85]", "\\x00-\\t\\x0e-\\x84\\x86-\\xff"],
};

/** Escapes that mean the same in both. */
const same = /^[bBdDwWtnrf]$/;

/** Translates a pattern. */
export function translatePattern(text: string): Checked<RoutePattern> {
  const reader = new PatternReader(text);
  const source = reader.read();
  if (typeof source !== "string") return { fault: source };
  try {
    new RegExp(source, reader.flags);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^.*: /s, "") : String(error);
    return { fault: wrong(text, 0, text.length, `the regular expression is wrong: ${reason}`) };
  }
  return { ok: { source, flags: reader.flags } };
}

/** How many groups a pattern has. */
export function groupCount({ source, flags }: RoutePattern): number {
  return (new RegExp(`${source}|`, flags).exec("")?.length ?? 1) - 1;
}

function wrong(_text: string, start: number, end: number, message: string): Fault {
  const help = "write it another way: PCRE and JavaScript have the usual parts in common";
  return { message, help, start, end };
}

class PatternReader {
  flags = "";
  readonly #text: string;
  #at = 0;
  #out = "";
  #dot = "[^\\n]";

  constructor(text: string) {
    this.#text = text;
  }

  /** The JavaScript source, or what cannot be translated. */
  read(): string | Fault {
    this.#leadingFlags();
    while (this.#at < this.#text.length) {
      const fault = this.#step();
      if (fault !== undefined) return fault;
    }
    return this.#out;
  }

  /** `(?i)` and `(?s)` at the beginning are for the whole. */
  #leadingFlags(): void {
    for (;;) {
      const found = /^\(\?([is]+)\)/.exec(this.#text.slice(this.#at));
      if (!found) return;
      if (found[1]?.includes("i")) this.flags = "i";
      if (found[1]?.includes("s")) this.#dot = "[^]";
      this.#at += found[0].length;
    }
  }

  #step(): Fault | undefined {
    const char = this.#text.charAt(this.#at);
    switch (char) {
      case "\\":
        return this.#escape();
      case "[":
        return this.#class();
      case "(":
        return this.#group();
      case "$":
        this.#put("(?=\\n?$)", 1);
        return undefined;
      case ".":
        this.#put(this.#dot, 1);
        return undefined;
      case "*":
      case "+":
      case "?":
      case "}":
        if (this.#text.charAt(this.#at + 1) === "+" && (char !== "}" || this.#isQuantifier()))
          return this.#fault(2, "possessive quantifiers are not JavaScript's");
    }
    this.#put(bytesOf(this.#character()), this.#character().length);
    return undefined;
  }

  #character(): string {
    return String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
  }

  #isQuantifier(): boolean {
    return /\{\d+(,\d*)?$/.test(this.#text.slice(0, this.#at));
  }

  #put(source: string, length: number): void {
    this.#out += source;
    this.#at += length;
  }

  #fault(length: number, message: string): Fault {
    const what = this.#text.slice(this.#at, this.#at + length);
    return wrong(this.#text, this.#at, this.#at + length, `\`${what}\`: ${message}`);
  }

  #escape(): Fault | undefined {
    const letter = this.#text.charAt(this.#at + 1);
    if (letter === "") return this.#fault(1, "nothing follows the backslash");
    if (letter === "Q") {
      const end = this.#text.indexOf("\\E", this.#at);
      const literal = this.#text.slice(this.#at + 2, end < 0 ? undefined : end);
      const quoted = bytesOf(literal).replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
      this.#put(quoted, literal.length + (end < 0 ? 2 : 4));
      return undefined;
    }
    const number = /^\\([1-9])(?!\d)/.exec(this.#text.slice(this.#at));
    if (number) {
      if (Number(number[1]) > countGroups(this.#text))
        return this.#fault(2, "there is no such group");
      this.#put(number[0], 2);
      return undefined;
    }
    return this.#simpleEscape(letter, false);
  }

  #simpleEscape(letter: string, inClass: boolean): Fault | undefined {
    const rest = this.#text.slice(this.#at);
    const hex = /^\\x(?:\{([0-9A-Fa-f]{1,2})\}|([0-9A-Fa-f]{1,2}))/.exec(rest);
    if (hex) {
      this.#put(`\\x${(hex[1] ?? hex[2] ?? "").padStart(2, "0")}`, hex[0].length);
      return undefined;
    }
    const octal = /^\\(0[0-7]{0,2})/.exec(rest);
    if (octal) {
      const code = Number.parseInt(octal[1] ?? "0", 8);
      this.#put(`\\x${code.toString(16).padStart(2, "0")}`, octal[0].length);
      return undefined;
    }
    const known = Object.hasOwn(escapes, letter) ? escapes[letter]?.[inClass ? 1 : 0] : undefined;
    if (known !== undefined) this.#put(known, 2);
    else if (same.test(letter) && !(inClass && letter === "B")) this.#put(`\\${letter}`, 2);
    else if (/[0-9A-Za-z]/.test(letter)) return this.#fault(2, "JavaScript has no such escape");
    else {
      const char = String.fromCodePoint(this.#text.codePointAt(this.#at + 1) ?? 0);
      const plain = bytesOf(char);
      this.#put(plain.length === 1 ? `\\${plain}` : plain, 1 + char.length);
    }
    return undefined;
  }

  #class(): Fault | undefined {
    const start = this.#at;
    const negated = this.#text.charAt(this.#at + 1) === "^";
    this.#put(negated ? "[^" : "[", negated ? 2 : 1);
    for (let first = true; this.#at < this.#text.length; first = false) {
      const char = this.#text.charAt(this.#at);
      if (char === "]" && !first) {
        this.#put("]", 1);
        return undefined;
      }
      const fault = this.#member(char);
      if (fault !== undefined) return fault;
    }
    this.#at = start;
    return this.#fault(this.#text.length - start, "the class has no `]`");
  }

  #member(char: string): Fault | undefined {
    if (char === "\\") return this.#simpleEscape(this.#text.charAt(this.#at + 1), true);
    const named = /^\[([:.=])(\^?)(\w+)\1\]/.exec(this.#text.slice(this.#at));
    if (named) {
      const members = Object.hasOwn(posix, named[3] ?? "") ? posix[named[3] ?? ""] : undefined;
      if (named[1] !== ":" || named[2] !== "" || members === undefined)
        return this.#fault(named[0].length, "there is no such class");
      this.#put(members, named[0].length);
    } else if (char === "]" || char === "[") this.#put(`\\${char}`, 1);
    else this.#put(bytesOf(this.#character()), this.#character().length);
    return undefined;
  }

  #group(): Fault | undefined {
    const rest = this.#text.slice(this.#at);
    const comment = /^\(\?#[^)]*\)/.exec(rest);
    if (comment) {
      this.#at += comment[0].length;
      return undefined;
    }
    const named = /^\(\?P?<([A-Za-z_]\w*)>/.exec(rest) ?? /^\(\?'([A-Za-z_]\w*)'/.exec(rest);
    if (named) {
      this.#put(`(?<${named[1]}>`, named[0].length);
      return undefined;
    }
    const plain = /^\((?:\?(?::|=|!|<=|<!))?(?![?*])/.exec(rest);
    if (!plain) {
      const length = /^\([?*][^)]{0,8}\)?/.exec(rest)?.[0].length ?? 1;
      return this.#fault(length, "JavaScript has no such group");
    }
    this.#put(plain[0], plain[0].length);
    return undefined;
  }
}

function countGroups(text: string): number {
  const bare = text.replace(/\\./gs, "").replace(/\[\^?\]?[^\]]*\]/g, "");
  return bare.match(/\((?!\?)|\(\?P?<(?![=!])|\(\?'/g)?.length ?? 0;
}
