/** The expansion of values: `$(NAME)` in all of them first, then `%(name)`, in the order of the list. */
import type { Report } from "../diagnostic.ts";
import { isBareFlag } from "../read/entry.ts";
import type { Span } from "../source.ts";
import { evaluate } from "./expression.ts";
import type { Files } from "./files.ts";
import { type Lookup, placeholderNames, substitute } from "./placeholder.ts";
import type { ResolvedEntry } from "./resolved.ts";
import { schemeOf } from "./scheme.ts";
import type { Item } from "./walk.ts";

/** The environment as names and values. */
export interface Environment {
  readonly [name: string]: string | undefined;
}

/**
 * Expands every value that is not literal. An undefined name stays as written, with a warning.
 * @param files reads what `@(…)` names
 */
export function expandAll(
  items: readonly Item[],
  env: Environment,
  files: Files,
  report: Report,
): { readonly entries: ResolvedEntry[]; readonly used: Set<string> } {
  return new Expansion(items, env, files, report).run();
}

/** Names in logs' formats are variables of the log. */
const logFormat = /^log-?format/;

/** Each value that never ends takes its time; after so many the rest is left as it is. */
const maxEndless = 20;

class Expansion {
  readonly #items: readonly Item[];
  readonly #values: string[];
  readonly #env: Environment;
  readonly #files: Files;
  readonly #report: Report;
  /** Indexes of the values that only a start knows. */
  readonly #uncertain = new Set<number>();
  readonly #used = new Set<string>();
  /** Values that never end. */
  #endless = 0;
  /** Names that were complained about, for each option. */
  readonly #said = new Map<Item, Set<string>>();
  /** Index of the first option of each name that has a value. */
  readonly #firstOf = new Map<string, number>();

  constructor(items: readonly Item[], env: Environment, files: Files, report: Report) {
    this.#items = items;
    this.#env = env;
    this.#files = files;
    this.#report = report;
    this.#values = items.map(({ entry }) => entry.value);
    items.forEach(({ entry, uncertain, hidden }, index) => {
      if (uncertain) this.#uncertain.add(index);
      if (!hidden && !this.#firstOf.has(entry.key)) this.#firstOf.set(entry.key, index);
    });
  }

  run(): { entries: ResolvedEntry[]; used: Set<string> } {
    this.#each((value, item) => this.#environment(value, item));
    this.#each((value, item, index) => this.#fileTexts(value, item, index));
    this.#each((value, item, index) => this.#placeholders(value, item, index));
    for (const value of this.#values) {
      for (const name of placeholderNames(value)) this.#used.add(name);
    }
    for (const item of this.#items) if (item.literal && !item.placeholder) this.#literal(item);
    return {
      entries: this.#items.map((item, index) => this.#resolved(item, index)),
      used: this.#used,
    };
  }

  #each(expand: (value: string, item: Item, index: number) => string): void {
    this.#items.forEach((item, index) => {
      if (!item.literal) this.#values[index] = expand(this.#values[index] ?? "", item, index);
    });
  }

  #resolved({ entry, includes, placeholder, hidden }: Item, index: number): ResolvedEntry {
    return {
      ...entry,
      value: this.#values[index] ?? entry.value,
      written: entry.value,
      includes,
      ...(placeholder ? { placeholder } : {}),
      ...(hidden ? { hidden } : {}),
      ...(this.#uncertain.has(index) ? { uncertain: true } : {}),
    };
  }

  #environment(value: string, item: Item): string {
    return this.#substitute(value, "$", item, (name) => {
      const found = Object.hasOwn(this.#env, name) ? this.#env[name] : undefined;
      if (found === undefined && !this.#isSaid(item, `$${name}`))
        this.#undefinedVariable(name, item);
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

  /** `@(FILE)`, or `@(exec://COMMAND)` and the like, which only a start reads. */
  #fileTexts(value: string, item: Item, index: number): string {
    return this.#substitute(value, "@", item, (name) => {
      const read = this.#files.text(name, place(item, `@(${name})`));
      if (read === undefined) return undefined;
      if (read !== "later") return read.text;
      this.#uncertain.add(index);
      return undefined;
    });
  }

  #placeholders(value: string, item: Item, index: number): string {
    return this.#substitute(value, "%", item, (text, whole) => {
      const lookUp = (name: string) => this.#lookUp(name, text, item, { index, whole });
      return text.includes(" ") ? evaluate(text, lookUp) : lookUp(text);
    });
  }

  /**
   * @param text all that stands in the parentheses
   * @param at the option that is being expanded, and its value so far
   */
  #lookUp(
    name: string,
    text: string,
    item: Item,
    at: { readonly index: number; readonly whole: string },
  ): string | undefined {
    this.#used.add(name);
    const index = this.#firstOf.get(name);
    const first = index === undefined ? undefined : this.#items[index];
    // A flag of the command line has no value that a placeholder could take.
    if (index !== undefined && first && !isBareFlag(first.entry)) {
      if (this.#uncertain.has(index)) this.#uncertain.add(at.index);
      return index === at.index ? at.whole : this.#values[index];
    }
    if (!first && this.#files.unread) {
      this.#uncertain.add(at.index);
      return undefined;
    }
    // `%(_)` belongs to blocks: where it stays, there was no word for it.
    if (name !== "_" && !this.#isSaid(item, name) && !logFormat.test(item.entry.key)) {
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

  #substitute(value: string, marker: "$" | "@" | "%", item: Item, lookup: Lookup): string {
    if (this.#endless >= maxEndless) return value;
    const result = substitute(value, marker, lookup);
    if ("value" in result) return result.value;
    this.#endless++;
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
    if (/^(?:set|ini|ya?ml|json|js|xml(?:config)?|include|config)$/.test(item.entry.key)) return;
    // … and a scheme's command is not ours to read.
    if (schemeOf(item.entry.value) !== undefined) return;
    const message = `\`${item.entry.key}\` acts at once, so \`${found}\` in it is not expanded`;
    this.#warn("not-expanded", message, item, found, "write the value out");
  }

  /** A value is gone through again after each replacement, and would complain each time. */
  #isSaid(item: Item, name: string): boolean {
    const said = this.#said.get(item) ?? new Set();
    const before = said.has(name);
    this.#said.set(item, said.add(name));
    return before;
  }

  #warn(rule: string, message: string, item: Item, text: string, help: string): void {
    this.#report({ rule, severity: "warning", message, span: place(item, text), help });
  }
}

/** Where a text stands in a value; the whole value when it came there by expansion. */
function place({ entry: { valueSpan } }: Item, text: string): Span {
  const { source, start, end } = valueSpan;
  const at = source.text.slice(start, end).indexOf(text);
  return at < 0 ? valueSpan : { source, start: start + at, end: start + at + text.length };
}
