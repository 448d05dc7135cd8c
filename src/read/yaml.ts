/**
 * YAML as uWSGI reads it through libyaml's tokens: the first mapping under the section's key, every
 * scalar as text, a list repeats its key. What uWSGI would lose or misread without a word is an error.
 */
import type { Report } from "../diagnostic.ts";
import type { Entry } from "./entry.ts";
import { jsYaml } from "./js-yaml.ts";
import type { ReadText } from "./read-text.ts";
import { missingSection } from "./section.ts";
import { reportYamlSyntax } from "./yaml-syntax.ts";
import type { YamlMapping, YamlNode, YamlScalar } from "./yaml-tree.ts";
import { yamlDocuments } from "./yaml-tree.ts";

/** The options of one section, in order; never throws. */
export function readYaml(text: ReadText, section: string, report: Report): Entry[] {
  try {
    return new YamlReader(text, report).read(section);
  } catch (error) {
    if (!(error instanceof jsYaml().YAMLException)) throw error;
    reportYamlSyntax(text, error, report);
    return [];
  }
}

class YamlReader {
  readonly #text: ReadText;
  readonly #report: Report;
  readonly #entries: Entry[] = [];

  constructor(text: ReadText, report: Report) {
    this.#text = text;
    this.#report = report;
  }

  read(section: string): Entry[] {
    const roots = yamlDocuments(this.#text.text);
    const pairs = roots.flatMap((root) => (root.kind === "mapping" ? root.pairs : []));
    const [first, ...rest] = pairs.filter(({ key }) => scalarText(key) === section);
    if (first) this.#section(first.key, first.value, section);
    else this.#missing(roots, pairs, section);
    for (const { key } of rest) {
      this.#error("yaml-repeated-section", `a second \`${section}:\` is not read by uWSGI`, key, {
        help: `move its options under the first \`${section}:\``,
      });
    }
    return this.#entries;
  }

  #missing(roots: readonly YamlNode[], pairs: YamlMapping["pairs"], section: string): void {
    const [root] = roots;
    if (!root || (roots.length === 1 && root.kind === "scalar" && root.text === undefined)) {
      const span = this.#text.span(0, 0);
      const message = "the file holds no options";
      this.#report({ rule: "empty-file", severity: "warning", message, span });
      return;
    }
    const present = pairs.flatMap(({ key }) => {
      const name = scalarText(key);
      return name === undefined ? [] : [{ name, span: this.#span(key) }];
    });
    const top = this.#span(root);
    missingSection(section, present, top, (name) => `\`${name}:\``, this.#report);
  }

  #section(key: YamlNode, value: YamlNode, section: string): void {
    if (value.marked !== undefined) {
      this.#mark(value, value.marked);
    } else if (value.kind === "mapping" && value.flow) {
      this.#error("yaml-flow-section", "uWSGI reads nothing from a section in braces", value, {
        help: "write one `option: value` a line, indented",
      });
    } else if (value.kind === "mapping") {
      this.#mapping(value);
    } else if (value.kind === "list") {
      this.#listSection(value.items, value);
    } else if (value.kind === "scalar" && value.text === undefined) {
      const message = `\`${section}:\` holds no options`;
      this.#report({ rule: "empty-file", severity: "warning", message, span: this.#span(key) });
    } else {
      this.#error("yaml-section", `\`${section}:\` must hold \`option: value\` lines`, value, {});
    }
  }

  /** uWSGI reads such a list up to the end of its first item. */
  #listSection(items: readonly YamlNode[], list: YamlNode): void {
    const [first] = items;
    this.#error("yaml-list-section", "uWSGI reads only the first item of a list of options", list, {
      help: "leave out the dashes: one `option: value` a line, indented",
    });
    if (first?.kind === "mapping" && first.marked === undefined) this.#mapping(first);
  }

  /** @returns false where uWSGI stops reading */
  #mapping({ pairs }: YamlMapping): boolean {
    return pairs.every(({ key, value }) => this.#pair(key, value));
  }

  #pair(key: YamlNode, value: YamlNode): boolean {
    const marked = key.marked ?? value.marked;
    if (marked !== undefined) return this.#mark(value, marked);
    if (key.kind !== "scalar" || key.text === undefined) {
      this.#error("yaml-key", "the name of an option must be plain text", key, {});
      return true;
    }
    switch (value.kind) {
      case "scalar":
        this.#scalar(key, value);
        return true;
      case "list":
        return this.#list(key, value.items);
      case "mapping":
        this.#error(
          "yaml-nested-mapping",
          `uWSGI drops \`${key.text}\` and takes what is under it for options`,
          key,
          {
            help: "write the options without a level above them",
          },
        );
        return this.#mapping(value);
      case "alias":
        return false;
    }
  }

  /** A list or a mapping in a list is read as if it stood alone, and the items after it are lost. */
  #list(key: YamlScalar, items: readonly YamlNode[]): boolean {
    for (const item of items) {
      if (item.marked !== undefined) return this.#mark(item, item.marked);
      if (item.kind === "scalar") {
        this.#scalar(key, item);
        continue;
      }
      const message = `an item of \`${key.text}\` must be plain text: uWSGI takes it apart and loses the items after it`;
      const help = "quote the item if its colon or its brackets are part of the text";
      this.#error("yaml-nested-list", message, item, { help });
      if (item.kind === "mapping") return this.#mapping(item);
      return item.kind === "list" && this.#list(key, item.items);
    }
    return true;
  }

  #scalar(key: YamlScalar, value: YamlScalar): void {
    const name = key.text ?? "";
    if (value.text === undefined) {
      this.#report({
        rule: "yaml-no-value",
        severity: "warning",
        message: `\`${name}:\` without a value is dropped by uWSGI`,
        span: this.#span(key),
        help: `write \`${name}: true\`, or \`${name}: ""\` for an empty value`,
      });
      return;
    }
    this.#entries.push({
      key: name,
      value: value.text,
      keySpan: this.#span(key),
      valueSpan: this.#span(value),
    });
  }

  #mark(node: YamlNode, offset: number): boolean {
    const what = node.kind === "alias" ? "alias" : "anchor or tag";
    this.#report({
      rule: "yaml-anchor",
      severity: "error",
      message: `at an ${what} uWSGI stops reading, and loses the rest of the section`,
      span: this.#text.span(offset, offset + 1),
      help: "write the value out",
    });
    return false;
  }

  #error(rule: string, message: string, node: YamlNode, more: { help?: string }): void {
    this.#report({ rule, severity: "error", message, span: this.#span(node), ...more });
  }

  #span(node: YamlNode) {
    return this.#text.span(node.start, node.kind === "scalar" ? node.end : node.start + 1);
  }
}

function scalarText(node: YamlNode): string | undefined {
  return node.kind === "scalar" ? node.text : undefined;
}
