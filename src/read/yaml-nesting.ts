/** How the tokens of a YAML text lie in each other, which uWSGI does not look at. */
import { YamlScanner } from "./yaml-scanner.ts";
import type { YamlScalar, YamlToken } from "./yaml-token.ts";

/** All texts, and the keys of the outermost block, up to a fault if there is one. */
export function yamlLayout(text: string): {
  readonly scalars: readonly YamlScalar[];
  readonly topKeys: readonly YamlScalar[];
} {
  const scanner = new YamlScanner(text);
  const nesting = new YamlNesting();
  const scalars: YamlScalar[] = [];
  for (;;) {
    const token = scanner.next();
    nesting.take(token);
    if (token.kind === "scalar" && token.end > token.start) scalars.push(token);
    if (token.kind === "stream-end" || token.kind === "fault") break;
  }
  return { scalars, topKeys: nesting.topKeys };
}

/** Follows the tokens of a text. */
export class YamlNesting {
  /** The keys of the outermost block. */
  readonly topKeys: YamlScalar[] = [];
  readonly #brackets: YamlToken[] = [];
  #blocks = 0;
  #previous: YamlToken["kind"] | undefined;

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
          this.topKeys.push(token);
        }
    }
    this.#previous = token.kind;
  }

  /** Whether the scalar that was taken last is a key of the outermost block. */
  isTopKey(token: YamlScalar): boolean {
    return token === this.topKeys.at(-1);
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
