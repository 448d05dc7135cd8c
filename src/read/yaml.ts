/**
 * YAML as uWSGI reads it from libyaml's tokens: the first block of pairs after the section's name, every
 * scalar as text, a list repeats its key. What uWSGI would lose or misread without a word is reported.
 */
import type { Report, Severity } from "../diagnostic.ts";
import type { Span } from "../source.ts";
import type { Entry } from "./entry.ts";
import type { ReadText } from "./read-text.ts";
import { missingSection } from "./section.ts";
import { YamlNesting } from "./yaml-nesting.ts";
import { YamlScanner } from "./yaml-scanner.ts";
import { reportYamlSyntax } from "./yaml-syntax.ts";
import type { YamlFault, YamlScalar, YamlToken } from "./yaml-token.ts";
import { misreadAs } from "./yaml-value.ts";

/** The options of one section, in order, none when the text is not YAML; never throws. */
export function readYaml(text: ReadText, section: string, report: Report): Entry[] {
  return new YamlReader(text, section, report).read();
}

/** What uWSGI takes the next scalar for. */
type Expected = "nothing" | "key" | "value" | "item";

class YamlReader {
  readonly #text: ReadText;
  readonly #section: string;
  readonly #report: Report;
  readonly #scanner: YamlScanner;
  readonly #entries: Entry[] = [];
  readonly #nesting = new YamlNesting();
  /** Findings wait for the end: a text that is not YAML has no other fault. */
  readonly #findings: (() => void)[] = [];
  #expected: Expected = "nothing";
  #key: YamlScalar | undefined;
  /** Blocks and lists that uWSGI counts as open in the section; 0 outside it. */
  #depth = 0;
  #previous: YamlToken | undefined;
  #first: YamlToken | undefined;
  /** The key at hand is known to be none. */
  #badKey = false;
  #stopped = false;
  /** It stopped at a text that it did not expect: what follows is lost, and that was said. */
  #lost = false;
  /** The section is there, or why it is not has been said. */
  #settled = false;

  constructor(text: ReadText, section: string, report: Report) {
    this.#text = text;
    this.#section = section;
    this.#report = report;
    this.#scanner = new YamlScanner(text.text);
  }

  read(): Entry[] {
    for (;;) {
      const token = this.#scanner.next();
      if (token.kind === "fault") {
        if (!this.#stopped) return this.#notYaml(token);
        this.#unread(token);
        break;
      }
      this.#first ??= token;
      this.#nesting.take(token);
      if (this.#stopped) this.#after(token);
      else this.#take(token);
      this.#previous = token;
      if (token.kind === "stream-end" || this.#lost) break;
    }
    if (!this.#settled) this.#missing();
    for (const finding of this.#findings) finding();
    return this.#entries;
  }

  #notYaml(fault: YamlFault): [] {
    reportYamlSyntax(this.#text, fault, this.#report);
    return [];
  }

  /** uWSGI does not read on, so what follows may be anything. */
  #unread({ start, end, message }: YamlFault): void {
    const whole = `not YAML: ${message}; uWSGI does not read so far`;
    this.#find("warning", "yaml-syntax", whole, { start, end });
  }

  #take(token: Exclude<YamlToken, YamlFault>): void {
    this.#noticeAbsent(token);
    this.#noticeKey(token);
    switch (token.kind) {
      case "scalar":
        this.#scalar(token);
        return;
      case "key":
        this.#expected = "key";
        this.#badKey = false;
        return;
      case "value":
        this.#expected = "value";
        return;
      case "flow-sequence-start":
      case "block-sequence-start":
        this.#listStart(token);
        return;
      case "block-entry":
      case "flow-entry":
        this.#expected = "item";
        this.#sectionAsList(token);
        return;
      case "block-mapping-start":
        this.#blockStart(token);
        return;
      case "flow-mapping-start":
        this.#flowMapping(token);
        return;
      case "block-end":
      case "flow-sequence-end":
        this.#end(token);
        return;
      case "alias":
        this.#alias(token);
        return;
      case "stream-end":
        this.#stopped = true;
        this.#unclosed();
        return;
      case "anchor":
      case "tag":
      case "directive":
      case "document":
      case "flow-mapping-end":
        this.#expected = "nothing";
    }
  }

  #scalar(token: YamlScalar): void {
    if (this.#expected === "nothing") {
      this.#stop(token);
    } else if (this.#expected === "key") {
      this.#key = token;
    } else {
      this.#value(token);
      if (this.#expected === "item") return;
      this.#key = undefined;
      this.#expected = "nothing";
    }
  }

  #value(token: YamlScalar): void {
    const key = this.#key;
    if (this.#depth === 0) {
      if (key?.value !== this.#section || this.#expected === "item") return;
      const message = `\`${this.#section}:\` must hold \`option: value\` lines`;
      this.#settle("yaml-section", message, token);
    } else if (key) {
      this.#option(key, token);
    }
  }

  #option(key: YamlScalar, value: YamlScalar): void {
    this.#misread(key, value);
    this.#entries.push({
      key: this.#untilNul(key),
      value: this.#untilNul(value),
      keySpan: this.#span(key),
      valueSpan: this.#span(value),
    });
  }

  #untilNul(scalar: YamlScalar): string {
    const nul = scalar.value.indexOf("\0");
    if (nul < 0) return scalar.value;
    this.#error("nul-byte", "a NUL: uWSGI drops the rest of the text", scalar, "take it out");
    return scalar.value.slice(0, nul);
  }

  #misread(key: YamlScalar, value: YamlScalar): void {
    const meant = value.plain ? misreadAs(value.value) : undefined;
    if (!meant) return;
    const message = `uWSGI takes \`${value.value}\` for text, not for ${meant.what}`;
    this.#find("warning", meant.rule, message, value, meant.help(key.value));
  }

  /** A scalar that uWSGI does not expect ends its reading, though not its start. */
  #stop(token: YamlScalar): void {
    this.#lost = true;
    this.#settled = true;
    const before = this.#previous;
    const why = "uWSGI stops reading here, and loses the rest";
    if (before?.kind === "anchor" || before?.kind === "tag") {
      const what = before.kind === "anchor" ? "an anchor" : "a tag";
      this.#error("yaml-anchor", `${what} before a text: ${why}`, before, "write the text alone");
    } else {
      this.#error("yaml-stop", `a text that belongs to no option: ${why}`, token);
    }
  }

  #alias(token: YamlToken): void {
    this.#expected = "nothing";
    if (this.#depth === 0) return;
    if (this.#previous?.kind === "key") return;
    const name = this.#key === undefined ? "" : ` for \`${this.#key.value}\``;
    const message = `uWSGI does not know aliases: this value${name} is lost`;
    this.#error("yaml-anchor", message, token, "write the value out");
  }

  #listStart(token: YamlToken): void {
    this.#expected = "item";
    if (this.#depth === 0) {
      this.#sectionAsList(token);
      return;
    }
    this.#depth++;
    if (this.#isItem(token)) this.#nestedItem(token, "a list");
  }

  /** A list where the section's options should be. */
  #sectionAsList(token: YamlToken): void {
    if (this.#depth > 0 || this.#settled) return;
    if (this.#key?.value !== this.#section || this.#previous?.kind !== "value") return;
    const message = "uWSGI reads only the first item of a list of options";
    this.#settle(
      "yaml-list-section",
      message,
      token,
      "leave out the dashes: one `option: value` a line, indented",
    );
  }

  #blockStart(token: YamlToken): void {
    if (this.#depth > 0) {
      this.#depth++;
      this.#nestedMapping(token);
    } else if (this.#key?.value === this.#section) {
      this.#depth = 1;
      this.#settled = true;
    }
  }

  #flowMapping(token: YamlToken): void {
    this.#expected = "nothing";
    if (this.#depth > 0) {
      this.#nestedMapping(token);
    } else if (this.#key?.value === this.#section && this.#previous?.kind === "value") {
      const message = "uWSGI reads nothing from a section in braces";
      this.#settle(
        "yaml-flow-section",
        message,
        token,
        "write one `option: value` a line, indented",
      );
    }
  }

  #nestedMapping(token: YamlToken): void {
    if (this.#previous?.kind === "value" && this.#key) {
      const message = `uWSGI drops \`${this.#key.value}\` and takes what is under it for options`;
      this.#error(
        "yaml-nested-mapping",
        message,
        this.#key,
        "write the options without a level above them",
      );
    } else if (this.#isItem(token)) {
      this.#nestedItem(token, "pairs");
    }
  }

  #isItem({ start }: YamlToken): boolean {
    const before = this.#previous;
    if (before?.kind === "block-entry" || before?.kind === "flow-sequence-start") return true;
    return before?.kind === "flow-entry" && this.#nesting.inList(start);
  }

  #nestedItem(token: YamlToken, what: string): void {
    const name = this.#key === undefined ? "" : ` of \`${this.#key.value}\``;
    const message = `an item${name} must be plain text: uWSGI takes ${what} apart, and loses the texts after`;
    this.#error(
      "yaml-nested-list",
      message,
      token,
      "quote the item if its colon or its brackets are part of the text",
    );
  }

  #end(token: YamlToken): void {
    this.#key = undefined;
    this.#expected = "nothing";
    if (this.#depth === 0) return;
    this.#depth--;
    this.#stopped = this.#depth === 0;
    if (!this.#stopped || token.kind === "block-end") return;
    this.#error(
      "yaml-brackets",
      "a `]` too many: uWSGI stops reading here, and loses the rest",
      token,
      "take it out",
    );
  }

  /** A value or an item where nothing was written. */
  #noticeAbsent(token: YamlToken): void {
    const before = this.#previous?.kind;
    const ends = ["key", "block-end", "block-entry", "stream-end", "document", "flow-entry"];
    ends.push("flow-mapping-end");
    if (!this.#key || !ends.includes(token.kind)) return;
    if (before !== "value" && before !== "block-entry") return;
    if (before === "value" && token.kind === "block-entry") return;
    const name = this.#key.value;
    if (this.#depth > 0) {
      const message = `\`${name}:\` without a value is dropped by uWSGI`;
      const help = `write \`${name}: true\`, or \`${name}: ""\` for an empty value`;
      this.#find("warning", "yaml-no-value", message, this.#key, help);
    } else if (name === this.#section && before === "value" && !this.#settled) {
      this.#settled = true;
      this.#find("warning", "empty-file", `\`${name}:\` holds no options`, this.#key);
    }
  }

  /** What stands for the name of an option and is no text. */
  #noticeKey(token: YamlToken): void {
    if (this.#depth === 0 || this.#badKey) return;
    const asKey =
      this.#previous?.kind === "key" && !["scalar", "anchor", "tag"].includes(token.kind);
    if (!asKey && !(token.kind === "value" && this.#expected !== "key")) return;
    this.#badKey = true;
    this.#error("yaml-key", "the name of an option must be plain text", token);
  }

  #unclosed(): void {
    const open = this.#nesting.unclosed();
    if (!open) return;
    const sign = this.#text.text.slice(open.start, open.end);
    const message = `\`${sign}\` is not closed: uWSGI takes all that follows for what is in it`;
    this.#error("yaml-brackets", message, open, `close it with \`${sign === "[" ? "]" : "}"}\``);
  }

  /** What follows where uWSGI reads no more. */
  #after(token: YamlToken): void {
    if (token.kind !== "scalar" || !this.#nesting.isTopKey(token)) return;
    if (token.value !== this.#section) return;
    const name = this.#section;
    const help = `move its options under the first \`${name}:\``;
    this.#error("yaml-repeated-section", `a second \`${name}:\` is not read by uWSGI`, token, help);
  }

  #missing(): void {
    if (!this.#first || this.#first.kind === "stream-end") {
      const message = "the file holds no options";
      this.#find("warning", "empty-file", message, { start: 0, end: 0 });
      return;
    }
    const present = this.#nesting.topKeys.map((key) => ({
      name: key.value,
      span: this.#span(key),
    }));
    const { start } = this.#first;
    const top = this.#text.span(start, Math.min(start + 1, this.#text.text.length));
    missingSection(this.#section, present, top, (name) => `\`${name}:\``, this.#report);
  }

  /** A fault that says why the section is not there. */
  #settle(rule: string, message: string, at: YamlToken, help?: string): void {
    this.#settled = true;
    this.#error(rule, message, at, help);
  }

  #error(rule: string, message: string, at: { start: number; end: number }, help?: string): void {
    this.#find("error", rule, message, at, help);
  }

  #find(
    severity: Severity,
    rule: string,
    message: string,
    at: { readonly start: number; readonly end: number },
    help?: string,
  ): void {
    const more = help === undefined ? {} : { help };
    const span = this.#span(at);
    this.#findings.push(() => this.#report({ rule, severity, message, span, ...more }));
  }

  #span({ start, end }: { readonly start: number; readonly end: number }): Span {
    return this.#text.span(start, end);
  }
}
