/** Where the comments of a text are, before it is parsed: warnings about what stands in one would be noise. */

/** The range of a comment; one that ends with its line ends before the line feed. */
export interface Comment {
  readonly start: number;
  readonly end: number;
}

/** The comments of a text in one format, from the first to the last. */
export type FindComments = (text: string) => Iterator<Comment>;

/** Answers for ascending offsets whether they are in a comment, in one pass over the text. */
export class Comments {
  readonly #found: Iterator<Comment>;
  #current: Comment | undefined;

  constructor(text: string, find: FindComments) {
    this.#found = find(text);
    this.#advance();
  }

  /** The comment around an offset; offsets must not go back. */
  at(offset: number): Comment | undefined {
    while (this.#current && this.#current.end <= offset) this.#advance();
    return this.#current && this.#current.start <= offset ? this.#current : undefined;
  }

  #advance(): void {
    const next = this.#found.next();
    this.#current = next.done ? undefined : next.value;
  }
}

/** Lines that begin with `;` or `#`. */
export function* iniComments(text: string): Generator<Comment> {
  for (let start = 0; start < text.length; ) {
    const end = endOfLine(text, start);
    let first = start;
    while (" \t\r".includes(text[first] ?? "\n")) first++;
    if (text[first] === ";" || text[first] === "#") yield { start: first, end };
    start = end + 1;
  }
}

/** From a `#` after a blank to the end of the line; quotes are not looked at. */
export function* yamlComments(text: string): Generator<Comment> {
  for (let start = text.indexOf("#"); start >= 0; start = text.indexOf("#", start + 1)) {
    if (start > 0 && !" \t\r\n".includes(text[start - 1] ?? "")) continue;
    const end = endOfLine(text, start);
    yield { start, end };
    start = end;
  }
}

/** `//` and `/* … *\/` outside strings. */
export function* jsonComments(text: string): Generator<Comment> {
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (inString && character === "\\") at++;
    else if (character === '"') inString = !inString;
    else if (!inString && character === "/") {
      const end = text[at + 1] === "/" ? endOfLine(text, at) : endOf(text, "/*", "*/", at);
      if (end === undefined) continue;
      yield { start: at, end };
      at = end - 1;
    }
  }
}

/** `<!-- … -->` outside CDATA. */
export function* xmlComments(text: string): Generator<Comment> {
  for (let start = text.indexOf("<!"); start >= 0; start = text.indexOf("<!", start + 2)) {
    const end = endOf(text, "<!--", "-->", start);
    if (end !== undefined) yield { start, end };
    start = (end ?? endOf(text, "<![CDATA[", "]]>", start) ?? start + 2) - 2;
  }
}

function endOfLine(text: string, start: number): number {
  const newline = text.indexOf("\n", start);
  return newline < 0 ? text.length : newline;
}

/** The end of what begins at an offset with `open`; the text's end when `close` is missing. */
function endOf(text: string, open: string, close: string, at: number): number | undefined {
  if (!text.startsWith(open, at)) return undefined;
  const found = text.indexOf(close, at + open.length);
  return found < 0 ? text.length : found + close.length;
}
