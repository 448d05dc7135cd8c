/** A position in a YAML text, with its line and column. */
export class YamlCursor {
  readonly text: string;
  at = 0;
  line = 0;
  #lineStart = 0;

  /** @param text a byte order mark at its beginning is passed over */
  constructor(text: string) {
    this.text = text;
    if (text.startsWith("\ufeff")) {
      this.at = 1;
      this.#lineStart = 1;
    }
  }

  get column(): number {
    return this.at - this.#lineStart;
  }

  get ended(): boolean {
    return this.at >= this.text.length;
  }

  /** The UTF-16 unit at a distance; NaN past the end. */
  unit(distance = 0): number {
    return this.text.charCodeAt(this.at + distance);
  }

  is(character: string, distance = 0): boolean {
    return this.text[this.at + distance] === character;
  }

  isBlank(distance = 0): boolean {
    const unit = this.unit(distance);
    return unit === 0x20 || unit === 0x9;
  }

  /** LF, CR, NEL, LS and PS, as YAML 1.1 has them. */
  isBreak(distance = 0): boolean {
    const unit = this.unit(distance);
    return unit === 0xa || unit === 0xd || unit === 0x85 || unit === 0x2028 || unit === 0x2029;
  }

  isBreakOrEnd(distance = 0): boolean {
    return this.isBreak(distance) || this.at + distance >= this.text.length;
  }

  isBlankOrEnd(distance = 0): boolean {
    return this.isBlank(distance) || this.isBreakOrEnd(distance);
  }

  /** Whether `---` or `...` stands here, at the beginning of a line. */
  isDocumentMark(): boolean {
    if (this.column !== 0 || !this.isBlankOrEnd(3)) return false;
    return this.text.startsWith("---", this.at) || this.text.startsWith("...", this.at);
  }

  skipBlanks(): void {
    while (this.isBlank()) this.at++;
  }

  /** Up to the end of the line, not over it. */
  skipComment(): void {
    if (!this.is("#")) return;
    while (!this.isBreakOrEnd()) this.at++;
  }

  /** Passes a line end and gives what it counts for; nothing at the end of the text. */
  takeBreak(): string {
    if (!this.isBreak()) return "";
    const unit = this.unit();
    this.at += unit === 0xd && this.unit(1) === 0xa ? 2 : 1;
    this.line++;
    this.#lineStart = this.at;
    return unit === 0x2028 || unit === 0x2029 ? String.fromCharCode(unit) : "\n";
  }

  /** Counts the end of the text as the beginning of a line. */
  endLine(): void {
    if (this.column === 0) return;
    this.line++;
    this.#lineStart = this.at;
  }
}
