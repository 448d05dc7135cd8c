/** How the tokens of a YAML text lie in each other, which uWSGI does not look at. */
import type { YamlScalar, YamlToken } from "./yaml-token.ts";

/** Names of top-level keys that are kept for a message. */
const maxTopKeys = 1000;

/** Follows the tokens of a text. */
export class YamlNesting {
  /** The keys of the outermost block, the first thousand. */
  readonly topKeys: YamlScalar[] = [];
  readonly #brackets: YamlToken[] = [];
  #blocks = 0;
  #previous: YamlToken["kind"] | undefined;
  #lastTopKey: YamlScalar | undefined;

  take(token: YamlToken): void {
    switch (token.kind) {
      case "block-mapping-start":
      case "block-sequence-start":
        this.#blocks++;
        break;
      case "block-end":
        this.#blocks--;
        break;
      case "flow-mapping-start":
      case "flow-sequence-start":
        this.#brackets.push(token);
        break;
      case "flow-mapping-end":
      case "flow-sequence-end":
        this.#brackets.pop();
        break;
      case "scalar":
        if (this.#previous === "key" && this.#blocks === 1 && this.#brackets.length === 0) {
          this.#lastTopKey = token;
          if (this.topKeys.length < maxTopKeys) this.topKeys.push(token);
        }
    }
    this.#previous = token.kind;
  }

  /** Whether the scalar that was taken last is a key of the outermost block. */
  isTopKey(token: YamlScalar): boolean {
    return token === this.#lastTopKey;
  }

  /** Whether an offset after all brackets that were taken is in `[…]`, be it the one that begins there. */
  inList(offset: number): boolean {
    return this.#brackets.findLast(({ start }) => start < offset)?.kind === "flow-sequence-start";
  }

  /** The innermost bracket that is open. */
  unclosed(): YamlToken | undefined {
    return this.#brackets.at(-1);
  }
}
