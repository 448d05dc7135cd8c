/** A configuration on its way from one format to another: options and comments in order. */
import type { Entry } from "../../read/entry.ts";

/** What a writer writes. Names, values and comments may hold the characters that stand for magic variables. */
export interface Document {
  readonly section: string;
  readonly lines: readonly DocumentLine[];
}

/** One comment line, or one option. `gap`: a blank line stands before it. */
export type DocumentLine =
  | { readonly kind: "comment"; readonly text: string; readonly gap: boolean }
  | { readonly kind: "option"; readonly entry: Entry; readonly gap: boolean };

/** Why a format cannot hold a text; `at` says which part of the option is at fault. */
export interface Unwritable {
  readonly at: "key" | "value";
  /** What is in the way, to be put after "because": `it has a line break in it`. */
  readonly because: string;
}

/** One of the formats. */
export interface Writer {
  /** The whole file, ended by a line feed; only for a document that `unwritable` accepts. */
  readonly write: (document: Document) => string;
  /** What is in the way of one option; undefined when there is nothing. */
  readonly unwritable: (key: string, value: string) => Unwritable | undefined;
  /** The same for the name of a section. */
  readonly sectionFault: (section: string) => string | undefined;
}

/** One or more options that a format writes as one: the same name, directly after each other. */
export type Block =
  | { readonly kind: "comment"; readonly text: string; readonly gap: boolean }
  | {
      readonly kind: "options";
      readonly key: string;
      readonly values: readonly string[];
      readonly gap: boolean;
    };

/** The lines with repeated names joined. */
export function blocksOf(lines: readonly DocumentLine[]): Block[] {
  const blocks: { kind: "options"; key: string; values: string[]; gap: boolean }[] = [];
  const all: Block[] = [];
  for (const line of lines) {
    const last = all.at(-1);
    const open = blocks.at(-1);
    if (line.kind === "comment") {
      all.push(line);
    } else if (last !== undefined && last === open && open.key === line.entry.key && !line.gap) {
      open.values.push(line.entry.value);
    } else {
      const { key, value } = line.entry;
      const block = { kind: "options" as const, key, values: [value], gap: line.gap };
      blocks.push(block);
      all.push(block);
    }
  }
  return all;
}

/** An empty line where one is wanted. */
export function gapBefore({ gap }: { readonly gap: boolean }): string {
  return gap ? "\n" : "";
}
