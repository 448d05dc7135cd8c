/** Block scalars of YAML, `|` and `>`, as libyaml reads them. */
import type { YamlCursor } from "./yaml-cursor.ts";
import type { YamlFault, YamlScalar } from "./yaml-token.ts";
import { yamlFault } from "./yaml-token.ts";

/** The letters after `|` or `>`. */
interface Header {
  readonly chomping: "strip" | "clip" | "keep";
  /** Blanks more than the block around it; 0 when the text tells. */
  readonly increment: number;
}

/**
 * A block scalar; the cursor is at its `|` or `>`.
 * @param outer the column of the block around it, -1 for none
 */
export function blockScalar(cursor: YamlCursor, outer: number): YamlScalar | YamlFault {
  const literal = cursor.is("|");
  const header = blockHeader(cursor);
  if ("kind" in header) return header;
  const lines = new BlockLines(cursor, outer, header.increment);
  const start = cursor.at;
  let end = start;
  const parts: string[] = [];
  let breaks = "";
  let lineBreak = "";
  let wasIndented = false;
  const fault = lines.skip((taken) => {
    breaks += taken;
  });
  if (fault) return fault;
  while (cursor.column === lines.indent && !cursor.ended) {
    const indented = cursor.isBlank();
    const folds = !literal && lineBreak === "\n" && !wasIndented && !indented;
    parts.push(folds ? (breaks === "" ? " " : "") : lineBreak, breaks);
    wasIndented = indented;
    const from = cursor.at;
    while (!cursor.isBreakOrEnd()) cursor.at++;
    parts.push(cursor.text.slice(from, cursor.at));
    lineBreak = cursor.takeBreak();
    end = cursor.at;
    const emptied: string[] = [];
    const tab = lines.skip((taken) => emptied.push(taken));
    if (tab) return tab;
    breaks = emptied.join("");
  }
  if (header.chomping !== "strip") parts.push(lineBreak);
  if (header.chomping === "keep") parts.push(breaks);
  return { kind: "scalar", start, end, value: parts.join(""), plain: false };
}

/** Reads the header and its line. */
function blockHeader(cursor: YamlCursor): Header | YamlFault {
  const start = cursor.at;
  cursor.at++;
  let chomping: Header["chomping"] = "clip";
  let increment = 0;
  for (let seen = 0; seen < 2; seen++) {
    const character = cursor.ended ? "" : (cursor.text[cursor.at] ?? "");
    if (chomping === "clip" && /^[-+]$/.test(character)) {
      chomping = character === "+" ? "keep" : "strip";
    } else if (increment === 0 && /^\d$/.test(character)) {
      if (character === "0") {
        return yamlFault(cursor.at, cursor.at + 1, "the indentation of a block must be 1 to 9");
      }
      increment = Number(character);
    } else {
      break;
    }
    cursor.at++;
  }
  cursor.skipBlanks();
  cursor.skipComment();
  if (!cursor.isBreakOrEnd()) {
    const message = "the text of a block must begin in the line after its `|` or `>`";
    return yamlFault(start, cursor.at, message);
  }
  cursor.takeBreak();
  return { chomping, increment };
}

/** The lines of a block: where they begin, which the first one may tell. */
class BlockLines {
  /** The column of the text; 0 until it is known. */
  indent: number;
  readonly #cursor: YamlCursor;
  readonly #outer: number;

  constructor(cursor: YamlCursor, outer: number, increment: number) {
    this.#cursor = cursor;
    this.#outer = outer;
    this.indent = increment === 0 ? 0 : Math.max(outer, 0) + increment;
  }

  /** Passes empty lines and the indentation of the next one. */
  skip(taken: (lineBreak: string) => void): YamlFault | undefined {
    const cursor = this.#cursor;
    const within = () => this.indent === 0 || cursor.column < this.indent;
    let widest = 0;
    for (;;) {
      while (within() && cursor.is(" ")) cursor.at++;
      widest = Math.max(widest, cursor.column);
      if (within() && cursor.is("\t")) {
        return yamlFault(cursor.at, cursor.at + 1, "a tab cannot indent");
      }
      if (!cursor.isBreak()) break;
      taken(cursor.takeBreak());
    }
    if (this.indent === 0) this.indent = Math.max(widest, this.#outer + 1, 1);
    return undefined;
  }
}
