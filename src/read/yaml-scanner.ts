/**
 * YAML taken apart to tokens as libyaml 0.2.5 does: uWSGI reads tokens and never looks whether they make
 * a document, so nothing less shows what it reads.
 */
import { blockScalar } from "./yaml-block.ts";
import { YamlCursor } from "./yaml-cursor.ts";
import { plainScalar, quotedScalar } from "./yaml-scalar.ts";
import { anchor, directive, tag } from "./yaml-tag.ts";
import type { YamlFault, YamlMark, YamlToken } from "./yaml-token.ts";
import { yamlFault } from "./yaml-token.ts";

/** Where a key may have begun that no colon has confirmed yet. */
interface PossibleKey {
  /** The number of its first token, from the beginning of the text. */
  readonly number: number;
  readonly at: number;
  readonly line: number;
  readonly column: number;
  /** Nothing but a key can stand there. */
  readonly required: boolean;
}

/** Characters from the beginning of a key to its colon: the bound of YAML 1.1. */
const maxKeyLength = 1024;
/** Brackets inside brackets: libyaml has no bound, and its time grows with the square. */
const maxFlowDepth = 1000;

/** Tokens that wait. They are numbered from the beginning of the text. */
class TokenQueue {
  readonly #tokens: YamlToken[] = [];
  #head = 0;
  /** The number of the token that comes next. */
  next = 0;

  /** The number of the token that is pushed next. */
  get end(): number {
    return this.next + this.#tokens.length - this.#head;
  }

  take(): YamlToken | undefined {
    const token = this.#tokens[this.#head++];
    this.next++;
    if (this.#head >= this.#tokens.length) {
      this.#tokens.length = 0;
      this.#head = 0;
    }
    return token;
  }

  push(token: YamlToken): void {
    this.#tokens.push(token);
  }

  insert(number: number, token: YamlToken): void {
    this.#tokens.splice(number - this.next + this.#head, 0, token);
  }
}

/** Gives one token a call. */
export class YamlScanner {
  readonly #cursor: YamlCursor;
  readonly #queue = new TokenQueue();
  /** Columns of the blocks around, outermost first; the last is the current one. */
  readonly #indents: number[] = [-1];
  /** One for each level of brackets. */
  readonly #keys: (PossibleKey | undefined)[] = [undefined];
  /** Levels below this one hold no key that is still possible. */
  #stale = 0;
  #keyAllowed = true;
  #last: YamlToken | undefined;

  constructor(text: string) {
    this.#cursor = new YamlCursor(text);
    // libyaml looks at the characters before anything else.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    const bad = text.search(/[\0-\x08\v\f\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]/u);
    if (bad >= 0)
      this.#last = yamlFault(bad, bad + 1, "a control character, which YAML does not allow");
  }

  /** The next token; after `stream-end` or a fault the same one again and again. */
  next(): YamlToken {
    if (this.#last) return this.#last;
    const fault = this.#fill();
    const token = fault ?? this.#queue.take() ?? this.#mark("stream-end", 0);
    if (token.kind === "stream-end" || token.kind === "fault") this.#last = token;
    return token;
  }

  /** Fetches until the first token that waits cannot come after a key that is not confirmed yet. */
  #fill(): YamlFault | undefined {
    for (;;) {
      if (this.#queue.next < this.#queue.end) {
        const stale = this.#staleKeys();
        if (stale) return stale;
        const key = this.#keys[this.#stale];
        if (key?.number !== this.#queue.next) return undefined;
      }
      const fault = this.#fetch();
      if (fault) return fault;
    }
  }

  #isStale(key: PossibleKey): boolean {
    const { line, at, text } = this.#cursor;
    if (key.line < line) return true;
    const length = at - key.at;
    // The bound counts characters, of which some are two units.
    return (
      length > maxKeyLength &&
      (length > 2 * maxKeyLength || [...text.slice(key.at, at)].length > maxKeyLength)
    );
  }

  /** Keys that can be none any more: a required one is a fault. */
  #staleKeys(): YamlFault | undefined {
    for (; this.#stale < this.#keys.length; this.#stale++) {
      const key = this.#keys[this.#stale];
      if (key && !this.#isStale(key)) return undefined;
      if (key?.required) return missingColon(key, this.#cursor);
      this.#keys[this.#stale] = undefined;
    }
    return undefined;
  }

  get #flow(): boolean {
    return this.#keys.length > 1;
  }

  get #indent(): number {
    return this.#indents.at(-1) ?? -1;
  }

  #fetch(): YamlFault | undefined {
    this.#skipToToken();
    const stale = this.#staleKeys();
    if (stale) return stale;
    const cursor = this.#cursor;
    this.#unroll(cursor.column);
    if (cursor.ended) {
      cursor.endLine();
      return this.#boundary(() => this.#mark("stream-end", 0));
    }
    if (cursor.column === 0 && cursor.is("%")) return this.#boundary(() => directive(cursor));
    if (cursor.isDocumentMark()) return this.#boundary(() => this.#mark("document", 3));
    return this.#token(cursor.text[cursor.at] ?? "");
  }

  /** Blanks, comments and line ends; a tab only where no key can begin. */
  #skipToToken(): void {
    const cursor = this.#cursor;
    for (;;) {
      if (cursor.column === 0 && cursor.is("\ufeff")) cursor.at++;
      while (cursor.is(" ") || (cursor.is("\t") && (this.#flow || !this.#keyAllowed))) cursor.at++;
      cursor.skipComment();
      if (!cursor.isBreak()) return;
      cursor.takeBreak();
      if (!this.#flow) this.#keyAllowed = true;
    }
  }

  #token(character: string): YamlFault | undefined {
    const alone = this.#cursor.isBlankOrEnd(1);
    switch (character) {
      case "[":
        return this.#flowStart("flow-sequence-start");
      case "{":
        return this.#flowStart("flow-mapping-start");
      case "]":
        return this.#flowEnd("flow-sequence-end");
      case "}":
        return this.#flowEnd("flow-mapping-end");
      case ",":
        return this.#afterKey("flow-entry", true);
      case "-":
        return alone ? this.#entry("block-entry", "block-sequence-start") : this.#plain();
      case "?":
        if (!alone && !this.#flow) return this.#plain();
        return this.#entry("key", "block-mapping-start");
      case ":":
        return alone || this.#flow ? this.#value() : this.#plain();
      default:
        return this.#content(character);
    }
  }

  /** What may be a key, or text that is none. */
  #content(character: string): YamlFault | undefined {
    const cursor = this.#cursor;
    switch (character) {
      case "*":
        return this.#atom(() => anchor(cursor, "alias"));
      case "&":
        return this.#atom(() => anchor(cursor, "anchor"));
      case "!":
        return this.#atom(() => tag(cursor, this.#flow));
      case '"':
      case "'":
        return this.#atom(() => quotedScalar(cursor));
      case "|":
      case ">":
        return this.#flow ? this.#cannotBegin() : this.#block();
      case "%":
      case "@":
      case "`":
      case "\t":
        return this.#cannotBegin();
      default:
        return this.#plain();
    }
  }

  #cannotBegin(): YamlFault {
    const { at, text } = this.#cursor;
    const message =
      text[at] === "\t" ? "a tab cannot indent" : `a value cannot begin with \`${text[at] ?? ""}\``;
    return yamlFault(at, at + 1, message);
  }

  #block(): YamlFault | undefined {
    const fault = this.#removeKey();
    this.#keyAllowed = true;
    return fault ?? this.#push(blockScalar(this.#cursor, this.#indent));
  }

  #plain(): YamlFault | undefined {
    let broken = false;
    const fault = this.#atom(() => {
      const found = plainScalar(this.#cursor, { indent: this.#indent, flow: this.#flow });
      broken = found.broken;
      return found.token;
    });
    if (broken) this.#keyAllowed = true;
    return fault;
  }

  /** Something that may be a key, and that no key follows directly. */
  #atom(scan: () => YamlToken): YamlFault | undefined {
    const fault = this.#saveKey();
    if (fault) return fault;
    this.#keyAllowed = false;
    return this.#push(scan());
  }

  /** What ends all blocks. */
  #boundary(scan: () => YamlToken): YamlFault | undefined {
    this.#unroll(-1);
    const fault = this.#removeKey();
    this.#keyAllowed = false;
    return fault ?? this.#push(scan());
  }

  #flowStart(kind: YamlMark["kind"]): YamlFault | undefined {
    const { at } = this.#cursor;
    if (this.#keys.length > maxFlowDepth) {
      return yamlFault(at, at + 1, `more than ${maxFlowDepth} brackets inside each other`);
    }
    const fault = this.#saveKey();
    if (fault) return fault;
    this.#keys.push(undefined);
    this.#keyAllowed = true;
    return this.#push(this.#mark(kind, 1));
  }

  #flowEnd(kind: YamlMark["kind"]): YamlFault | undefined {
    const fault = this.#removeKey();
    if (fault) return fault;
    if (this.#keys.length > 1) this.#keys.pop();
    this.#keyAllowed = false;
    return this.#push(this.#mark(kind, 1));
  }

  /** `-` or `?`, the first of which begins a block. */
  #entry(kind: "block-entry" | "key", block: YamlMark["kind"]): YamlFault | undefined {
    const { at, column } = this.#cursor;
    if (!this.#flow) {
      if (!this.#keyAllowed) {
        const what = kind === "key" ? "a key" : "an item of a list";
        return yamlFault(at, at + 1, `${what} must begin its line`);
      }
      this.#roll(column, this.#queue.end, this.#mark(block, 0));
    }
    return this.#afterKey(kind, kind === "block-entry" || !this.#flow);
  }

  #afterKey(kind: YamlMark["kind"], keyAllowed: boolean): YamlFault | undefined {
    const fault = this.#removeKey();
    this.#keyAllowed = keyAllowed;
    return fault ?? this.#push(this.#mark(kind, 1));
  }

  #value(): YamlFault | undefined {
    const { at, column } = this.#cursor;
    const key = this.#keys.at(-1);
    if (key) {
      this.#queue.insert(key.number, { kind: "key", start: key.at, end: key.at });
      this.#roll(key.column, key.number, {
        kind: "block-mapping-start",
        start: key.at,
        end: key.at,
      });
      this.#keys[this.#keys.length - 1] = undefined;
      this.#keyAllowed = false;
    } else {
      if (!this.#flow) {
        if (!this.#keyAllowed) return yamlFault(at, at + 1, "no key can end here");
        this.#roll(column, this.#queue.end, this.#mark("block-mapping-start", 0));
      }
      this.#keyAllowed = !this.#flow;
    }
    return this.#push(this.#mark("value", 1));
  }

  #push(token: YamlToken): YamlFault | undefined {
    if (token.kind === "fault") return token;
    this.#queue.push(token);
    return undefined;
  }

  /** A token of the next characters, which are passed. */
  #mark(kind: YamlMark["kind"], length: number): YamlMark {
    const start = this.#cursor.at;
    this.#cursor.at += length;
    return { kind, start, end: start + length };
  }

  #saveKey(): YamlFault | undefined {
    if (!this.#keyAllowed) return undefined;
    const fault = this.#removeKey();
    if (fault) return fault;
    const { at, line, column } = this.#cursor;
    const top = this.#keys.length - 1;
    const required = !this.#flow && this.#indent === column;
    this.#keys[top] = { number: this.#queue.end, at, line, column, required };
    this.#stale = Math.min(this.#stale, top);
    return undefined;
  }

  #removeKey(): YamlFault | undefined {
    const top = this.#keys.length - 1;
    const key = this.#keys[top];
    if (key?.required) return missingColon(key, this.#cursor);
    this.#keys[top] = undefined;
    return undefined;
  }

  /** Opens a block at a column right of the one around it. */
  #roll(column: number, number: number, token: YamlMark): void {
    if (this.#flow || this.#indent >= column) return;
    this.#indents.push(column);
    this.#queue.insert(number, token);
  }

  /** Closes the blocks right of a column. */
  #unroll(column: number): void {
    if (this.#flow) return;
    while (this.#indent > column) {
      this.#queue.push(this.#mark("block-end", 0));
      this.#indents.pop();
    }
  }
}

function missingColon({ at }: PossibleKey, { text }: YamlCursor): YamlFault {
  const [line = ""] = text.slice(at, at + 80).split("\n", 1);
  const end = Math.max(at + line.trimEnd().length, at + 1);
  const message = "a line that is neither `option: value` nor part of a value";
  return yamlFault(at, Math.min(end, text.length), message);
}
