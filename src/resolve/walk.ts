/** The walk over entries in order: each option is listed, and what it includes comes right after it. */
import type { Report } from "../diagnostic.ts";
import { findOption } from "../options/find.ts";
import { parsePair } from "../options/value.ts";
import type { Entry } from "../read/entry.ts";
import { isBareFlag } from "../read/entry.ts";
import type { Format } from "../read/read.ts";
import { formatOf, read } from "../read/read.ts";
import type { Source, Span } from "../source.ts";
import { placeOf } from "../source.ts";
import type { Block } from "./blocks.ts";
import { closesBlock, openBlock } from "./blocks.ts";
import { expandCustom } from "./custom-option.ts";
import type { Directive } from "./directive.ts";
import { directiveOf } from "./directive.ts";
import { obeyEarly, type Variables } from "./early-environment.ts";
import { partOfValue, spanOrKey } from "./entry-span.ts";
import type { OpenedFile } from "./files.ts";
import { Files } from "./files.ts";
import type { Host } from "./host.ts";
import { Loads } from "./loads.ts";
import type { LoadedFile } from "./magic-variables.ts";
import { magicVariables } from "./magic-variables.ts";
import { schemeOf } from "./scheme.ts";

/** An option in the list, before expansion. */
export interface Item {
  readonly entry: Entry;
  readonly includes: readonly Span[];
  /** Acts at once or was made by `set-placeholder`: its value is never expanded. */
  readonly literal: boolean;
  readonly placeholder: boolean;
  readonly hidden: boolean;
  /** Known only when a server starts. */
  readonly uncertain: boolean;
}

/** What an item is besides its text. */
type Traits = Partial<Pick<Item, "literal" | "placeholder" | "hidden" | "uncertain">>;

/** A file to read and the way to it. */
interface Load {
  readonly file: OpenedFile;
  readonly format: Format;
  /** As asked for; empty when it was not. */
  readonly section: string;
  readonly includes: readonly Span[];
  readonly place: Span | undefined;
  /** Does not count as the first file, nor what is read in it. */
  readonly unnoticed: boolean;
}

/** Options in all, and characters in their values: loops multiply. */
const maxItems = 100_000;
const maxCharacters = 32 * 1024 * 1024;

/** The list as it grows. */
export class Walk {
  readonly items: Item[] = [];
  /** Meant by declared options, which act before all that is not immediate. */
  readonly hidden: Item[] = [];
  readonly files: Files;
  /** How each included text was come to. */
  readonly chains = new Map<Source, readonly Span[]>();
  /** The environment, with what the configuration adds while it is read. */
  readonly env: Variables;
  readonly #host: Host;
  readonly #report: Report;
  /** Templates of the options that `declare-option` made. */
  readonly #declared = new Map<string, string>();
  /** Plugins that were named so far. */
  readonly #plugins = new Set<string>();
  /** Index of the first item of each name. */
  readonly #firstOf = new Map<string, number>();
  #block: { readonly rounds: Block; readonly opened: Entry } | undefined;
  /** An option goes through the open block at the moment: what it includes is taken as it is. */
  #running = false;
  #characters = 0;
  #full = false;
  readonly #loads: Loads;
  /** What `%P` and the other capitals are of: the first file that an option of one format named. */
  #first: LoadedFile | undefined;
  /** Open `include`s, `inherit`s and bare arguments: uWSGI takes no file in them for the first. */
  #unnoticed = 0;
  /** The ini file read last: `ini = :name` means a section of it. */
  #lastIni: OpenedFile | undefined;

  constructor(host: Host, report: Report) {
    this.env = { ...host.env };
    this.#host = { ...host, env: this.env };
    this.#report = report;
    this.files = new Files(host, report);
    this.#loads = new Loads(report);
  }

  /** Lists entries and obeys those that steer the reading. */
  addAll(entries: readonly Entry[], includes: readonly Span[]): void {
    for (const entry of entries) this.#add(entry, includes);
  }

  /** Reads a file that no option names. */
  loadBare(input: {
    readonly path: string;
    readonly format: Format;
    readonly section: string | undefined;
    readonly place: Span | undefined;
  }): void {
    const file = this.files.open(input.path, input.place);
    const { format, place } = input;
    const load = { file, format, section: input.section ?? "", includes: [], place };
    // What no text names is the only file, as if `--ini` had named it.
    const unnoticed = place !== undefined;
    if (file) this.#load({ ...load, file, unnoticed });
  }

  /** Says that a block is still open at the end of everything. */
  finish(): void {
    if (!this.#block) return;
    const { key, keySpan } = this.#block.opened;
    this.#report({
      rule: "unclosed-block",
      severity: "warning",
      message: `\`${key}\` is never closed, so it goes for all options after it, in other files and on the command line too`,
      span: keySpan,
      help: "write `endif` or `endfor` behind its options",
    });
  }

  /** Reads the file of an `inherit`, whose value is expanded. What is in it is listed last and never expanded. */
  inherit(entry: Entry, includes: readonly Span[]): readonly Item[] {
    const from = this.items.length;
    const place = spanOrKey(entry);
    if (includes.some(({ source, start }) => source === place.source && start === place.start)) {
      this.#error("include-cycle", `\`${entry.value}\` inherits itself and never ends`, place);
      return [];
    }
    this.#include(entry, undefined, includes);
    return this.items.slice(from).map((item) => ({ ...item, literal: true }));
  }

  /** What a declared option means; undefined when the name is not declared. */
  meaning(entry: Entry): readonly Entry[] | undefined {
    const template = this.#declared.get(entry.key);
    if (template === undefined) return undefined;
    const spans = { keySpan: entry.keySpan, valueSpan: entry.valueSpan };
    return expandCustom(template, entry.value).map((meant) => ({ ...meant, ...spans }));
  }

  #add(entry: Entry, includes: readonly Span[]): void {
    if (this.#running) {
      this.#take(entry, includes);
      return;
    }
    if (closesBlock(entry.key)) this.#block = undefined;
    if (!this.#block) {
      this.#take(entry, includes);
      return;
    }
    const rounds = this.#block.rounds();
    if (isBareFlag(entry) && rounds.some((word) => word !== undefined)) {
      const { key } = this.#block.opened;
      const message = `\`${key}\` is still open here, and uWSGI crashes on a flag without a value in a block`;
      this.#error(
        "flag-in-block",
        message,
        entry.keySpan,
        `close the block, or write \`--${entry.key}=true\` in a file`,
      );
      return;
    }
    this.#running = true;
    for (const word of rounds) {
      if (this.#full) break;
      const value = word === undefined ? entry.value : entry.value.replaceAll("%(_)", () => word);
      this.#take({ ...entry, value }, includes);
    }
    this.#running = false;
  }

  /** Lists an option, and does what it does at once. */
  #take(entry: Entry, includes: readonly Span[]): void {
    const directive = directiveOf(entry.key);
    const option = findOption(entry.key);
    const declared = this.#declared.has(entry.key);
    this.#list(shown(entry, directive), includes, {
      literal: declared || (option?.immediate ?? false),
      placeholder: declared,
    });
    if (/^(?:need-)?plugins?$/.test(entry.key)) this.#plug(entry.value);
    if (declared) this.#mean(entry, includes);
    obeyEarly(entry, this.#host, this.env);
    if (directive && !this.#full) this.#obey(entry, directive, includes);
  }

  #obey(entry: Entry, directive: Directive, includes: readonly Span[]): void {
    switch (directive.kind) {
      case "load":
        this.#include(entry, directive.format, includes);
        break;
      case "set":
      case "set-placeholder":
        this.#set(entry, directive.kind === "set-placeholder", includes);
        break;
      case "block":
        this.#openBlock(entry);
        break;
      case "declare":
        this.#declare(entry);
        break;
      case "resolve":
        this.#address(entry, includes);
        break;
      case "exit":
        this.#error("exit", "`exit` ends the start here", entry.keySpan, "take it out to start");
        break;
      case "inherit":
        break; // when everything else is there
    }
  }

  #plug(value: string): void {
    for (const name of value.split(",")) this.#plugins.add(name.trim());
  }

  #openBlock(entry: Entry): void {
    if (this.#block) {
      const { key, keySpan } = this.#block.opened;
      const { line } = placeOf(keySpan);
      const message = `\`${entry.key}\` in \`${key}\` (line ${line}): uWSGI has no blocks in blocks`;
      this.#error("nested-block", message, entry.keySpan, "close the outer one first");
      return;
    }
    const list = {
      valueOf: (name: string) => {
        const first = this.items[this.#firstOf.get(name) ?? -1]?.entry;
        return first === undefined || isBareFlag(first) ? undefined : first.value;
      },
      hasPlugin: (name: string) => this.#plugins.has(name),
    };
    try {
      this.#block = { rounds: openBlock(entry.key, entry.value, this.#host, list), opened: entry };
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      const message = `\`${entry.value}\` is no regular expression: ${error.message}`;
      this.#error("invalid-expression", message, spanOrKey(entry));
    }
  }

  #declare(entry: Entry): void {
    const pair = parsePair(entry.value);
    if (!pair.ok) {
      const message = `\`declare-option\` must be \`NAME=OPTION=VALUE;…\`, and is \`${entry.value}\``;
      this.#error("invalid-declaration", message, spanOrKey(entry));
    } else {
      this.#declared.set(pair.value.name, pair.value.value);
    }
  }

  /** A declared option acts at once; what it means is obeyed and not listed. */
  #mean(entry: Entry, includes: readonly Span[]): void {
    for (const meant of this.meaning(entry) ?? []) {
      const directive = directiveOf(meant.key);
      if (directive) this.#obey(meant, directive, includes);
      else {
        const traits = { literal: true, placeholder: false, uncertain: false };
        this.hidden.push({ entry: meant, includes, hidden: true, ...traits });
      }
    }
  }

  /** `resolve = NAME=HOST` */
  #address(entry: Entry, includes: readonly Span[]): void {
    const pair = parsePair(entry.value);
    if (!pair.ok) {
      const message = `\`resolve\` must be \`NAME=HOST\`, and is \`${entry.value}\``;
      this.#error("invalid-placeholder", message, spanOrKey(entry));
      return;
    }
    const { name, value: host } = pair.value;
    const literal = /^\d{1,3}(?:\.\d{1,3}){3}$/.test(host);
    const later = !literal && this.#host.live === undefined;
    const address = literal || later ? host : this.#host.live?.lookup(host);
    if (address === undefined) {
      const span = partOfValue(entry, name.length + 1, entry.value.length);
      this.#error("unresolvable-host", `no address is found for \`${host}\``, span);
      return;
    }
    const made = {
      key: name,
      value: address,
      keySpan: partOfValue(entry, 0, name.length),
      valueSpan: partOfValue(entry, name.length + 1, entry.value.length),
    };
    this.#list(made, includes, { literal: true, placeholder: true, uncertain: later });
  }

  #list(entry: Entry, includes: readonly Span[], traits: Traits): void {
    this.#characters += entry.value.length;
    if (this.items.length >= maxItems || this.#characters > maxCharacters) {
      if (!this.#full) {
        const what = this.items.length >= maxItems ? `${maxItems} options` : "32 Mi characters";
        this.#error("too-many-options", `the configuration has more than ${what}`, entry.keySpan);
      }
      this.#full = true;
      return;
    }
    if (!this.#firstOf.has(entry.key)) this.#firstOf.set(entry.key, this.items.length);
    const none = { literal: false, placeholder: false, hidden: false, uncertain: false };
    this.items.push({ entry, includes, ...none, ...traits });
  }

  #set(entry: Entry, placeholder: boolean, includes: readonly Span[]): void {
    const pair = parsePair(entry.value);
    if (!pair.ok) {
      const message = `\`${entry.key}\` must be ${pair.expected}, and is \`${entry.value}\``;
      this.#error("invalid-placeholder", message, spanOrKey(entry));
      return;
    }
    const { name, value } = pair.value;
    const made = {
      key: name,
      value,
      keySpan: partOfValue(entry, 0, name.length),
      valueSpan: partOfValue(entry, name.length + 1, entry.value.length),
    };
    if (!placeholder) {
      this.#take(made, includes);
    } else if (findOption(name)) {
      const message = `\`${name}\` is an option, so it cannot be a placeholder`;
      this.#error(
        "placeholder-is-option",
        message,
        made.keySpan,
        `write \`${name} = …\` to set it`,
      );
    } else {
      this.#list(made, includes, { literal: true, placeholder: true });
    }
  }

  #include(entry: Entry, given: Format | undefined, includes: readonly Span[]): void {
    const place = spanOrKey(entry);
    const format = given ?? formatOf(entry.value);
    if (!format) {
      const message = `\`${entry.value}\` does not end in .ini, .yaml, .yml, .json, .js or .xml, which tells \`${entry.key}\` the format`;
      this.#error(
        "unknown-format",
        message,
        place,
        "use `ini = …` or `yaml = …`, which take any name",
      );
      return;
    }
    const colon = given ? sectionColon(entry.value) : -1;
    const name = colon < 0 ? entry.value : entry.value.slice(0, colon);
    const section = colon < 0 ? "" : entry.value.slice(colon + 1);
    const file =
      colon === 0 ? this.#sameFile(format, section, place) : this.files.open(name, place);
    const unnoticed = given === undefined;
    if (file) {
      this.#load({ file, format, section, includes: [...includes, place], place, unnoticed });
    }
  }

  /** `:name` is a section of the ini file that was read last. */
  #sameFile(format: Format, section: string, place: Span): OpenedFile | undefined {
    if (format === "ini" && this.#lastIni) return this.#lastIni;
    const message =
      format === "ini"
        ? `\`:${section}\` means the ini file read last, and there is none`
        : `\`:${section}\` without a file works only for ini`;
    this.#error("no-file", message, place, `write \`FILE:${section}\``);
    return undefined;
  }

  #load({ file, format, section, includes, place, unnoticed }: Load): void {
    const wanted = section === "" ? "uwsgi" : section;
    const key = `${format}\0${file.path}\0${wanted}`;
    if (!this.#loads.enter({ key, shown: `${file.name} [${wanted}]` }, place)) return;
    const loaded = { name: file.name, path: file.path, section };
    if (unnoticed) this.#unnoticed++;
    if (this.#unnoticed === 0) this.#first ??= loaded;
    if (format === "ini") this.#lastIni = file;
    const variables = magicVariables(loaded, this.#first ?? noFile, this.#host);
    if (includes.length > 0 && !this.chains.has(file.source)) {
      this.chains.set(file.source, includes);
    }
    this.addAll(read(format, file.source, section, variables, this.#report), includes);
    this.#loads.leave();
    if (unnoticed) this.#unnoticed--;
  }

  #error(rule: string, message: string, span: Span | undefined, help?: string): void {
    const more = help === undefined ? {} : { help };
    this.#report({ rule, severity: "error", message, span, ...more });
  }
}

const noFile: LoadedFile = { name: "", path: "", section: "" };

/** An option as uWSGI lists it: its JSON and XML readers cut the section off the text that they were given. */
function shown(entry: Entry, directive: Directive | undefined): Entry {
  if (directive?.kind !== "load") return entry;
  if (directive.format !== "json" && directive.format !== "xml") return entry;
  const colon = sectionColon(entry.value);
  return colon < 0 ? entry : { ...entry, value: entry.value.slice(0, colon) };
}

/** Where `:SECTION` begins in the value of an option that reads a file, -1 when it does not. */
function sectionColon(value: string): number {
  // In an address only what comes after its last slash can name a section.
  const from = schemeOf(value) === undefined ? 0 : value.lastIndexOf("/");
  const colon = value.lastIndexOf(":");
  return colon < from ? -1 : colon;
}
