/**
 * JSON as uWSGI reads it with yajl: the object under the section's name, a list repeats its key, `true`
 * is 1, `false` and `null` are 0. What uWSGI skips without a word is an error.
 */
import type { Report } from "../diagnostic.ts";
import type { Span } from "../source.ts";
import type { Entry } from "./entry.ts";
import type { JsonFault, JsonPunctuation, JsonToken } from "./json-scanner.ts";
import { JsonScanner } from "./json-scanner.ts";
import { jsonText } from "./json-string.ts";
import type { ReadText } from "./read-text.ts";
import type { SectionName } from "./section.ts";
import { missingSection } from "./section.ts";

/** Objects and lists inside each other: yajl has no bound, and no configuration comes near. */
const maxDepth = 1000;

/** The options of one section, in order, none when the text is not JSON; never throws. */
export function readJson(text: ReadText, section: string, report: Report): Entry[] {
  return new JsonReader(text, section, report).read();
}

/** Reads a value whose first token is there already; false when the text is faulty. */
type ReadValue = (first: JsonToken) => boolean;

interface Key {
  readonly name: string;
  readonly span: Span;
}

class JsonReader {
  readonly #text: ReadText;
  readonly #section: string;
  readonly #report: Report;
  readonly #scanner: JsonScanner;
  readonly #entries: Entry[] = [];
  readonly #present: SectionName[] = [];
  /** A fault of the text is the only one that is shown: the others wait for its end. */
  readonly #findings: (() => void)[] = [];
  #found = false;
  #depth = 0;

  constructor(text: ReadText, section: string, report: Report) {
    this.#text = text;
    this.#section = section;
    this.#report = report;
    this.#scanner = new JsonScanner(text.text);
  }

  read(): Entry[] {
    const top = this.#scanner.next();
    if (!this.#top(top)) return [];
    if (!this.#found) {
      const span = this.#text.span(top.start, Math.min(top.start + 1, top.end));
      const show = (name: string) => `\`"${name}": {…}\``;
      missingSection(this.#section, this.#present, span, show, this.#report, "stops");
    }
    this.#cutAtNul();
    for (const finding of this.#findings) finding();
    return this.#entries;
  }

  #cutAtNul(): void {
    const nul = this.#text.text.indexOf("\0");
    if (nul < 0) return;
    const span = this.#text.span(nul, nul + 1);
    this.#error("nul-byte", "a NUL byte: uWSGI drops the rest of the text", span, "take it out");
  }

  #top(first: JsonToken): boolean {
    const isObject = first.kind === "{";
    const read = isObject
      ? this.#object((key, value) => this.#pair(key, value))
      : this.#skip(first);
    if (!read) return false;
    const rest = this.#scanner.next();
    return rest.kind === "end" || this.#unexpected(rest, "the end of the text");
  }

  /** A pair of the outermost object. */
  #pair(key: JsonToken, value: JsonToken): boolean {
    const { name, span } = this.#key(key);
    this.#present.push({ name, span });
    if (name !== this.#section) return this.#skip(value);
    if (this.#found) {
      const message = `a second \`"${name}"\` is not read by uWSGI`;
      const help = `move its options into the first \`"${name}"\``;
      this.#error("json-repeated-section", message, span, help);
      return this.#skip(value);
    }
    this.#found = true;
    if (value.kind === "{") return this.#sectionObject(span);
    const message = `\`"${name}"\` must hold \`"option": value\` pairs in braces; uWSGI does not start`;
    this.#error("json-section", message, this.#span(value), undefined);
    return this.#skip(value);
  }

  #sectionObject(span: Span): boolean {
    let pairs = 0;
    const read = this.#object((key, value) => {
      pairs++;
      return this.#option(this.#key(key), value);
    });
    const message = `\`"${this.#section}"\` holds no options`;
    if (pairs === 0) this.#warn("empty-file", message, span, undefined);
    return read;
  }

  #option(key: Key, value: JsonToken): boolean {
    if (value.kind === "[") return this.#list(key);
    if (value.kind !== "{") return this.#scalar(key, value);
    const message = `an object for a value: uWSGI skips \`${key.name}\` and all that is in it`;
    const help = "write the options without a level above them";
    this.#error("json-nested-object", message, key.span, help);
    return this.#skip(value);
  }

  /** A list repeats its key. */
  #list(key: Key): boolean {
    let items = 0;
    const read = this.#array((item) => {
      items++;
      if (item.kind !== "{" && item.kind !== "[") return this.#scalar(key, item);
      const message = `an item of \`${key.name}\` must be text or a number: uWSGI skips lists and objects in a list`;
      this.#error("json-nested-list", message, this.#span(item), undefined);
      return this.#skip(item);
    });
    const message = `\`${key.name}\` with an empty list is no option`;
    if (items === 0) this.#warn("json-no-value", message, key.span, "take it out");
    return read;
  }

  #scalar(key: Key, token: JsonToken): boolean {
    const value = this.#value(token);
    if (value === undefined) return this.#unexpected(token, "a value");
    const valueSpan = token.kind === "string" ? this.#inside(token) : this.#span(token);
    this.#entries.push({ key: key.name, value, keySpan: key.span, valueSpan });
    return true;
  }

  /** The text that uWSGI sees; undefined for what is no value. */
  #value(token: JsonToken): string | undefined {
    if (token.kind === "string") return this.#string(token);
    const written = this.#text.text.slice(token.start, token.end);
    if (token.kind === "number") return written;
    if (token.kind !== "word") return undefined;
    return written === "true" ? "1" : "0";
  }

  /** Reads a value that is no option, for its faults. */
  #skip(first: JsonToken): boolean {
    if (first.kind === "{") return this.#object((_key, value) => this.#skip(value));
    if (first.kind === "[") return this.#array((item) => this.#skip(item));
    if (first.kind === "string" || first.kind === "number" || first.kind === "word") return true;
    return this.#unexpected(first, "a value");
  }

  /** An object after its brace. */
  #object(pair: (key: JsonToken, value: JsonToken) => boolean): boolean {
    return this.#members("}", "a name in double quotes", (key) => {
      if (key.kind !== "string") return this.#unexpected(key, "a name in double quotes");
      const colon = this.#scanner.next();
      if (colon.kind !== ":") return this.#unexpected(colon, "`:` after the name");
      return pair(key, this.#scanner.next());
    });
  }

  #array(item: ReadValue): boolean {
    return this.#members("]", "a value", item);
  }

  /** What stands between braces or brackets, after the first of them. */
  #members(close: JsonPunctuation & ("}" | "]"), expected: string, member: ReadValue): boolean {
    let token = this.#scanner.next();
    if (token.kind === close) return true;
    if (++this.#depth > maxDepth) {
      const message = `more than ${maxDepth} objects and lists inside each other`;
      return this.#fault({ kind: "fault", start: token.start, end: token.start, message });
    }
    for (;;) {
      if (token.kind === ",") return this.#unexpected(token, expected);
      if (!member(token)) return false;
      const after = this.#scanner.next();
      if (after.kind === close) break;
      if (after.kind !== ",") return this.#unexpected(after, `\`,\` or \`${close}\``);
      token = this.#scanner.next();
      if (token.kind === close) return this.#trailingComma(after, close);
    }
    this.#depth--;
    return true;
  }

  #trailingComma({ start, end }: JsonToken, close: string): false {
    const message = `a comma before \`${close}\`, which JSON does not allow`;
    return this.#fault({ kind: "fault", start, end, message, help: "take the comma out" });
  }

  #unexpected(token: JsonToken, expected: string): false {
    if (token.kind === "fault") return this.#fault(token);
    const { start, end, kind } = token;
    const found = kind === "end" ? "the text ends" : `found \`${this.#shown(token)}\``;
    return this.#fault({ kind: "fault", start, end, message: `expected ${expected}, ${found}` });
  }

  #shown({ start, end }: JsonToken): string {
    const text = this.#text.text.slice(start, Math.min(end, start + 41));
    return text.length > 40 ? `${text.slice(0, 40)}…` : text;
  }

  #fault({ start, end, message, help }: JsonFault): false {
    this.#report({
      rule: "json-syntax",
      severity: "error",
      message: `not JSON: ${message}`,
      span: this.#text.span(start, end),
      ...(help === undefined ? {} : { help }),
    });
    return false;
  }

  #key(token: JsonToken): Key {
    return { name: this.#string(token), span: this.#inside(token) };
  }

  #string({ start, end }: JsonToken): string {
    const { value, flaw } = jsonText(this.#text.text, start + 1, end - 1);
    if (flaw) {
      const span = this.#text.span(flaw.start, flaw.end);
      if (flaw.kind === "nul")
        this.#error("nul-byte", "a NUL: uWSGI drops the rest of the text", span, "take it out");
      else
        this.#error(
          "json-surrogate",
          "half of a surrogate pair is no character",
          span,
          "write the character itself",
        );
    }
    return value;
  }

  /** The place of a string without its quotes. */
  #inside({ start, end }: JsonToken): Span {
    return this.#text.span(start + 1, end - 1);
  }

  #span({ start, end }: JsonToken): Span {
    return this.#text.span(start, end);
  }

  #error(rule: string, message: string, span: Span, help: string | undefined): void {
    this.#later("error", { rule, message, span, help });
  }

  #warn(rule: string, message: string, span: Span, help: string | undefined): void {
    this.#later("warning", { rule, message, span, help });
  }

  #later(
    severity: "error" | "warning",
    { help, ...rest }: { rule: string; message: string; span: Span; help: string | undefined },
  ): void {
    this.#findings.push(() =>
      this.#report({ ...rest, severity, ...(help === undefined ? {} : { help }) }),
    );
  }
}
