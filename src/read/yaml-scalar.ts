/** The scalars of YAML as libyaml folds them. */
import type { YamlCursor } from "./yaml-cursor.ts";
import { yamlEscape } from "./yaml-escape.ts";
import type { YamlFault, YamlScalar } from "./yaml-token.ts";
import { yamlFault } from "./yaml-token.ts";

/** Where a scalar stands: the column of the block around it, -1 for none, and whether in brackets. */
export interface ScalarPlace {
  readonly indent: number;
  readonly flow: boolean;
}

/** Line ends between two pieces of text: one becomes a blank, of several the first is dropped. */
class Fold {
  blanks = "";
  #first = "";
  #rest: string[] = [];
  /** Whether a line has ended since the last text. */
  broken = false;

  takeBreak(cursor: YamlCursor): void {
    const taken = cursor.takeBreak();
    if (this.broken) this.#rest.push(taken);
    else this.#first = taken;
    this.blanks = "";
    this.broken = true;
  }

  /** What stands for it all, which begins anew. */
  take(): string {
    const folded = this.broken ? this.#folded() : this.blanks;
    this.blanks = "";
    this.#first = "";
    this.#rest = [];
    this.broken = false;
    return folded;
  }

  #folded(): string {
    const rest = this.#rest.join("");
    if (this.#first !== "\n") return this.#first + rest;
    return rest === "" ? " " : rest;
  }
}

/** Passes blanks and line ends; a fault where a tab stands for indentation. */
function takeSpace(cursor: YamlCursor, fold: Fold, indent: number): YamlFault | undefined {
  const start = cursor.at;
  let blanksStart = start;
  while (cursor.isBlank() || cursor.isBreak()) {
    if (cursor.isBreak()) {
      fold.takeBreak(cursor);
      blanksStart = cursor.at;
    } else if (fold.broken && cursor.column < indent && cursor.is("\t")) {
      return yamlFault(cursor.at, cursor.at + 1, "a tab cannot indent");
    } else {
      cursor.at++;
    }
  }
  if (!fold.broken) fold.blanks = cursor.text.slice(blanksStart, cursor.at);
  return undefined;
}

/**
 * A scalar without quotes.
 * @returns also whether it was followed by a line end, after which a key may begin
 */
export function plainScalar(
  cursor: YamlCursor,
  { indent, flow }: ScalarPlace,
): { readonly token: YamlScalar | YamlFault; readonly broken: boolean } {
  const start = cursor.at;
  const parts: string[] = [];
  const fold = new Fold();
  let end = start;
  while (!cursor.isDocumentMark() && !cursor.is("#")) {
    const from = cursor.at;
    const fault = plainRun(cursor, flow, start);
    if (fault) return { token: fault, broken: false };
    if (cursor.at > from) {
      parts.push(fold.take(), cursor.text.slice(from, cursor.at));
      end = cursor.at;
    }
    if (!cursor.isBlank() && !cursor.isBreak()) break;
    const tab = takeSpace(cursor, fold, indent + 1);
    if (tab) return { token: tab, broken: false };
    if (!flow && cursor.column < indent + 1) break;
  }
  const token = { kind: "scalar" as const, start, end, value: parts.join(""), plain: true };
  return { token, broken: fold.broken };
}

/** Passes text up to a blank or what ends the scalar. */
function plainRun(cursor: YamlCursor, flow: boolean, start: number): YamlFault | undefined {
  for (; !cursor.isBlankOrEnd(); cursor.at++) {
    const character = cursor.text[cursor.at] ?? "";
    if (character === ":") {
      if (flow && ",?[]{}".includes(cursor.text[cursor.at + 1] ?? " ")) {
        return yamlFault(start, cursor.at + 1, "a `:` that nothing follows, in brackets");
      }
      if (cursor.isBlankOrEnd(1)) return undefined;
    } else if (flow && ",[]{}".includes(character)) {
      return undefined;
    }
  }
  return undefined;
}

/** A scalar in quotes; the cursor is at the first of them. */
export function quotedScalar(cursor: YamlCursor): YamlScalar | YamlFault {
  const open = cursor.at;
  const quote = cursor.text[open] ?? "";
  const parts: string[] = [];
  const fold = new Fold();
  cursor.at++;
  for (;;) {
    if (cursor.isDocumentMark()) {
      return yamlFault(open, open + 1, "the quote is not closed before the end of the document");
    }
    if (cursor.ended) return yamlFault(open, open + 1, "the quote is not closed");
    const fault = quotedRun(cursor, quote, parts, fold);
    if (fault) return fault;
    if (cursor.is(quote)) break;
    takeSpace(cursor, fold, 0);
    parts.push(fold.take());
  }
  const end = cursor.at;
  cursor.at++;
  return { kind: "scalar", start: open + 1, end, value: parts.join(""), plain: false };
}

/** Passes text up to a blank or the quote. */
function quotedRun(
  cursor: YamlCursor,
  quote: string,
  parts: string[],
  fold: Fold,
): YamlFault | undefined {
  let from = cursor.at;
  while (!cursor.isBlankOrEnd()) {
    const doubled = quote === "'" && cursor.is("'") && cursor.is("'", 1);
    if (cursor.is(quote) && !doubled) break;
    if (!doubled && (quote === "'" || !cursor.is("\\"))) {
      cursor.at++;
      continue;
    }
    parts.push(cursor.text.slice(from, cursor.at));
    if (doubled) {
      parts.push("'");
      cursor.at += 2;
    } else if (cursor.isBreak(1)) {
      // The line end is escaped: it does not count, but blanks after it are indentation.
      cursor.at++;
      cursor.takeBreak();
      fold.broken = true;
      return undefined;
    } else {
      const found = yamlEscape(cursor.text, cursor.at);
      if ("kind" in found) return found;
      parts.push(found.value);
      cursor.at = found.end;
    }
    from = cursor.at;
  }
  parts.push(cursor.text.slice(from, cursor.at));
  return undefined;
}
