/** The expansion of values: `$(NAME)` in all of them first, then `%(name)`, in the order of the list. */
import type { Report } from "../diagnostic.ts";
import type { Span } from "../source.ts";
import { evaluate } from "./expression.ts";
import { placeholderNames, substitute } from "./placeholder.ts";
import type { Resolved, ResolvedEntry } from "./resolved.ts";
import type { Item } from "./walk.ts";

/** The environment as names and values. */
export interface Environment {
  readonly [name: string]: string | undefined;
}

/** Expands every value that is not literal. An undefined name stays as written, with a warning. */
export function expandAll(items: readonly Item[], env: Environment, report: Report): Resolved {
  return new Expansion(items, env, report).run();
}

/** Names in logs' formats are variables of the log. */
const logFormat = /^log-?format/;

class Expansion {
  readonly #items: readonly Item[];
  readonly #values: string[];
  readonly #env: Environment;
  readonly #report: Report;
  readonly #used = new Set<string>();
  /** Index of the first option of each name that has a value. */
  readonly #firstOf = new Map<string, number>();

  constructor(items: readonly Item[], env: Environment, report: Report) {
    this.#items = items;
    this.#env = env;
    this.#report = report;
    this.#values = items.map(({ entry }) => entry.value);
    items.forEach(({ entry }, index) => {
      if (!this.#firstOf.has(entry.key)) this.#firstOf.set(entry.key, index);
    });
  }

  run(): Resolved {
    this.#each((value, item) => this.#environment(value, item));
    this.#each((value, item) => this.#noFiles(value, item));
    this.#each((value, item) => this.#placeholders(value, item));
    for (const value of this.#values) {
      for (const name of placeholderNames(value)) this.#used.add(name);
    }
    for (const item of this.#items) if (item.literal && !item.placeholder) this.#literal(item);
    return {
      entries: this.#items.map((item, index) => this.#resolved(item, index)),
      used: this.#used,
    };
  }

  #each(expand: (value: string, item: Item) => string): void {
    this.#items.forEach((item, index) => {
      if (!item.literal) this.#values[index] = expand(this.#values[index] ?? "", item);
    });
  }

  #resolved({ entry, includes, placeholder }: Item, index: number): ResolvedEntry {
    return {
      ...entry,
      value: this.#values[index] ?? entry.value,
      written: entry.value,
      includes,
      ...(placeholder ? { placeholder } : {}),
    };
  }

  #environment(value: string, item: Item): string {
    return this.#substitute(value, "$", item, (name) => {
      const found = Object.hasOwn(this.#env, name) ? this.#env[name] : undefined;
      if (found === undefined) this.#undefinedVariable(name, item);
      return found;
    });
  }

  #undefinedVariable(name: string, item: Item): void {
    const plain = /^\w+/.exec(name)?.[0];
    const message =
      plain === undefined || plain === name
        ? `\`$(${name})\` is not in the environment, and stays as it is written`
        : `\`$(${name})\` is no variable: only a name may stand in it, without defaults or blanks`;
    this.#warn("undefined-variable", message, item, `$(${name})`, `set it before the start`);
  }

  /** `@(FILE)` */
  #noFiles(value: string, item: Item): string {
    return this.#substitute(value, "@", item, (name) => {
      this.#report({
        rule: "unsupported-directive",
        severity: "error",
        message: `\`@(${name})\` is known to uWSGI, not yet supported by tsuwsgi`,
        span: place(item, `@(${name})`),
        help: "write the text of the file here",
      });
      return undefined;
    });
  }

  #placeholders(value: string, item: Item): string {
    return this.#substitute(value, "%", item, (text) => {
      if (text.includes(" ")) return evaluate(text, (name) => this.#lookUp(name, text, item));
      return this.#lookUp(text, text, item);
    });
  }

  /** @param text all that stands in the parentheses */
  #lookUp(name: string, text: string, item: Item): string | undefined {
    this.#used.add(name);
    const index = this.#firstOf.get(name);
    const first = index === undefined ? undefined : this.#items[index];
    // A flag of the command line has no value that a placeholder could take.
    if (index !== undefined && first && !isBareFlag(first)) return this.#values[index];
    // `%(_)` belongs to blocks, which were refused where they begin.
    if (!logFormat.test(item.entry.key) && name !== "_") {
      const stays = text === name ? "stays as it is written" : "counts as nothing";
      const message = first
        ? `\`%(${name})\` is a flag without a value, and ${stays}`
        : `no option is called \`${name}\`, so \`%(${name})\` ${stays}`;
      this.#warn(
        "undefined-placeholder",
        message,
        item,
        `%(${text})`,
        `set \`${name} = …\` somewhere`,
      );
    }
    return undefined;
  }

  #substitute(
    value: string,
    marker: "$" | "@" | "%",
    item: Item,
    lookup: (name: string) => string | undefined,
  ): string {
    const result = substitute(value, marker, lookup);
    if ("value" in result) return result.value;
    this.#report({
      rule: "endless-expansion",
      severity: "error",
      message: `\`${marker}(${result.endless})\` leads back to itself, so the value never ends`,
      span: place(item, `${marker}(${result.endless})`),
      help: "let it refer to another option",
    });
    return item.entry.value;
  }

  /** Options that act at once see the text as it stands. */
  #literal(item: Item): void {
    const found = /[$%@]\([^()\s]+\)/.exec(item.entry.value)?.[0];
    if (found === undefined) return;
    // `set = a=%(b)` makes an option whose value is expanded; a file's name was refused already.
    if (/^(?:set|ini|ya?ml|include|config)$/.test(item.entry.key)) return;
    const message = `\`${item.entry.key}\` acts at once, so \`${found}\` in it is not expanded`;
    this.#warn("not-expanded", message, item, found, "write the value out");
  }

  #warn(rule: string, message: string, item: Item, text: string, help: string): void {
    this.#report({ rule, severity: "warning", message, span: place(item, text), help });
  }
}

/** An option that stands alone on the command line: uWSGI keeps no value, and shows `true`. */
function isBareFlag({ entry: { value, valueSpan } }: Item): boolean {
  return value === "true" && valueSpan.end === valueSpan.start;
}

/** Where a text stands in a value; the whole value when it came there by expansion. */
function place({ entry: { valueSpan } }: Item, text: string): Span {
  const { source, start, end } = valueSpan;
  const at = source.text.slice(start, end).indexOf(text);
  return at < 0 ? valueSpan : { source, start: start + at, end: start + at + text.length };
}
