/** The walk over entries in order: each option is listed, and what it includes comes right after it. */
import type { Report } from "../diagnostic.ts";
import { findOption } from "../options/find.ts";
import { parsePair } from "../options/value.ts";
import type { Entry } from "../read/entry.ts";
import type { Format } from "../read/read.ts";
import { formatOf, read } from "../read/read.ts";
import type { Span } from "../source.ts";
import { directiveOf } from "./directive.ts";
import type { OpenedFile } from "./files.ts";
import { Files } from "./files.ts";
import type { Host } from "./host.ts";
import type { LoadedFile } from "./magic-variables.ts";
import { magicVariables } from "./magic-variables.ts";

/** An option in the list, before expansion. */
export interface Item {
  readonly entry: Entry;
  readonly includes: readonly Span[];
  /** Acts at once or was made by `set-placeholder`: its value is never expanded. */
  readonly literal: boolean;
  readonly placeholder: boolean;
}

/** A file to read and the way to it. */
interface Load {
  readonly file: OpenedFile;
  readonly format: Format;
  /** As asked for; empty when it was not. */
  readonly section: string;
  readonly includes: readonly Span[];
  readonly place: Span | undefined;
}

/** Includes inside includes: more is no configuration that anyone could follow. */
const maxDepth = 32;
/** Files read in all, each time counted: two includes a file double at every level. */
const maxLoads = 1000;

/** The list as it grows. */
export class Walk {
  readonly items: Item[] = [];
  readonly #host: Host;
  readonly #report: Report;
  readonly #files: Files;
  /** The files being read, outermost first. */
  readonly #open: { readonly key: string; readonly shown: string }[] = [];
  #loads = 0;
  #first: LoadedFile | undefined;
  /** The ini file read last: `ini = :name` means a section of it. */
  #lastIni: OpenedFile | undefined;

  constructor(host: Host, report: Report) {
    this.#host = host;
    this.#report = report;
    this.#files = new Files(host, report);
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
    const file = this.#files.open(input.path, input.place);
    const { format, place } = input;
    if (file) this.#load({ file, format, section: input.section ?? "", includes: [], place });
  }

  #add(entry: Entry, includes: readonly Span[]): void {
    const directive = directiveOf(entry.key);
    if (directive?.kind === "unsupported") {
      this.#notYet(`\`${entry.key}\``, entry.keySpan, "write out what it stands for");
      return;
    }
    const listed = directive?.kind === "load" ? afterLoading(entry, directive.format) : entry;
    this.#list(listed, includes, findOption(entry.key)?.immediate ?? false, false);
    if (!directive) return;
    if (directive.kind === "load") this.#include(entry, directive.format, includes);
    else this.#set(entry, directive.kind === "set-placeholder", includes);
  }

  #list(entry: Entry, includes: readonly Span[], literal: boolean, placeholder: boolean): void {
    this.items.push({ entry, includes, literal, placeholder });
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
      keySpan: part(entry, 0, name.length),
      valueSpan: part(entry, name.length + 1, entry.value.length),
    };
    if (!placeholder) {
      this.#add(made, includes);
    } else if (findOption(name)) {
      const message = `\`${name}\` is an option, so it cannot be a placeholder`;
      this.#error(
        "placeholder-is-option",
        message,
        made.keySpan,
        `write \`${name} = …\` to set it`,
      );
    } else {
      this.#list(made, includes, true, true);
    }
  }

  #include(entry: Entry, given: Format | undefined, includes: readonly Span[]): void {
    const place = spanOrKey(entry);
    const scheme = /^[a-z]+:\/\//.exec(entry.value)?.[0];
    if (scheme !== undefined) {
      this.#notYet(`reading from \`${scheme}\``, place, "name a file");
      return;
    }
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
    const colon = given ? entry.value.lastIndexOf(":") : -1;
    const name = colon < 0 ? entry.value : entry.value.slice(0, colon);
    const section = colon < 0 ? "" : entry.value.slice(colon + 1);
    const file =
      colon === 0 ? this.#sameFile(format, section, place) : this.#files.open(name, place);
    if (file) this.#load({ file, format, section, includes: [...includes, place], place });
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

  #load({ file, format, section, includes, place }: Load): void {
    const wanted = section === "" ? "uwsgi" : section;
    const step = { key: `${file.path}\0${wanted}`, shown: `${file.name} [${wanted}]` };
    if (!this.#mayEnter(step, place)) return;
    const loaded = { name: file.name, path: file.path, section };
    this.#first ??= loaded;
    if (format === "ini") this.#lastIni = file;
    const variables = magicVariables(loaded, this.#first, this.#host);
    this.#open.push(step);
    this.addAll(read(format, file.source, section, variables, this.#report), includes);
    this.#open.pop();
  }

  #mayEnter(
    step: { readonly key: string; readonly shown: string },
    place: Span | undefined,
  ): boolean {
    const rule = "include-cycle";
    if (this.#open.some(({ key }) => key === step.key)) {
      const chain = [...this.#open, step].map(({ shown }) => shown).join(" > ");
      this.#error(rule, `a file that includes itself never ends: ${chain}`, place);
      return false;
    }
    if (this.#open.length >= maxDepth) {
      const chain = this.#open.map(({ shown }) => shown).join(" > ");
      this.#error(rule, `more than ${maxDepth} files include each other: ${chain}`, place);
      return false;
    }
    if (++this.#loads > maxLoads) {
      // Once is enough: every further include would say the same.
      if (this.#loads === maxLoads + 1) {
        this.#error(rule, `more than ${maxLoads} files are included`, place);
      }
      return false;
    }
    return true;
  }

  #notYet(what: string, span: Span, help: string): void {
    const message = `${what} is known to uWSGI, not yet supported by tsuwsgi`;
    this.#error("unsupported-directive", message, span, help);
  }

  #error(rule: string, message: string, span: Span | undefined, help?: string): void {
    const more = help === undefined ? {} : { help };
    this.#report({ rule, severity: "error", message, span, ...more });
  }
}

/** uWSGI cuts the section off the name of a JSON or XML file, and lists what is left. */
function afterLoading(entry: Entry, format: Format | undefined): Entry {
  const colon = entry.value.lastIndexOf(":");
  if ((format !== "json" && format !== "xml") || colon < 0) return entry;
  return { ...entry, value: entry.value.slice(0, colon) };
}

/** The value's place, or the key's when no value was written. */
function spanOrKey({ keySpan, valueSpan }: Entry): Span {
  return valueSpan.end > valueSpan.start ? valueSpan : keySpan;
}

/** A part of a value, where the value was written as it is; else the whole. */
function part({ value, valueSpan }: Entry, from: number, to: number): Span {
  const { source, start, end } = valueSpan;
  if (source.text.slice(start, end) !== value) return valueSpan;
  return { source, start: start + from, end: start + to };
}
