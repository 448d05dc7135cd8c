/**
 * The command line, as getopt_long splits it for uWSGI: `--name value`, `--name=value`, `-p 4`, `-p4`,
 * letters in one argument, unambiguous abbreviations. A value that may be left out is given only with
 * `=` or right after its letter. Other arguments are files or applications; `--` makes all that follow such.
 */
import type { Report } from "../diagnostic.ts";
import { findAbbreviated, findShort, nearestNames } from "../options/find.ts";
import type { Argument } from "../options/option-group.ts";
import { ownFlags, ownValues } from "../options/own.ts";
import type { Span } from "../source.ts";
import type { ArgvSource } from "./argv-source.ts";
import { argvSource } from "./argv-source.ts";
import type { Entry } from "./entry.ts";
import { formatOf } from "./read.ts";

/** What a command line says. */
export interface CommandLine {
  /** The options in order, then the applications that were named without an option. */
  readonly entries: readonly Entry[];
  /** Configuration files named without an option: uWSGI reads them after everything else. */
  readonly files: readonly { readonly path: string; readonly span: Span }[];
}

/** Splits the arguments after the program's name; never throws. */
export function readArgv(argv: readonly string[], report: Report): CommandLine {
  return new ArgvReader(argv, report).read();
}

interface Given {
  readonly key: string;
  readonly keySpan: Span;
  readonly argument: Argument;
}

class ArgvReader {
  readonly #argv: readonly string[];
  readonly #report: Report;
  readonly #source: ArgvSource;
  readonly #entries: Entry[] = [];
  readonly #applications: Entry[] = [];
  readonly #files: { path: string; span: Span }[] = [];
  #at = 0;

  constructor(argv: readonly string[], report: Report) {
    this.#argv = argv;
    this.#report = report;
    this.#source = argvSource(argv);
  }

  read(): CommandLine {
    let onlyBare = false;
    for (; this.#at < this.#argv.length; this.#at++) {
      const text = this.#argv[this.#at] ?? "";
      if (onlyBare) this.#bare(text);
      else if (text === "--") onlyBare = true;
      else if (text.startsWith("--")) this.#long(text);
      else if (text.startsWith("-") && text !== "-") this.#letters(text);
      else this.#bare(text);
    }
    return { entries: [...this.#entries, ...this.#applications], files: this.#files };
  }

  #long(text: string): void {
    const equals = text.indexOf("=");
    const name = text.slice(2, equals < 0 ? undefined : equals);
    const keySpan = this.#source.part(this.#at, 0, name.length + 2);
    const found = this.#named(name, keySpan);
    if (!found) {
      if (equals < 0) this.#skipValue();
      return;
    }
    const given = { ...found, keySpan };
    if (equals < 0) {
      this.#without(given);
    } else if (given.argument === "no") {
      this.#error(
        "unexpected-value",
        `\`--${given.key}\` takes no value on the command line`,
        keySpan,
        `write \`--${given.key}\``,
      );
    } else {
      this.#add(given, text.slice(equals + 1), this.#source.part(this.#at, equals + 1));
    }
  }

  #named(name: string, span: Span): { key: string; argument: Argument } | undefined {
    if (ownFlags.includes(name)) return { key: name, argument: "no" };
    if (ownValues.includes(name)) return { key: name, argument: "required" };
    const found = findAbbreviated(name);
    if ("group" in found) return { key: found.name, argument: found.group.argument };
    if (found.candidates.length > 0) {
      const some = found.candidates.slice(0, 5).map((candidate) => `\`--${candidate}\``);
      const more = found.candidates.length > some.length ? ", …" : "";
      this.#error(
        "ambiguous-option",
        `\`--${name}\` is short for several options`,
        span,
        `write one of ${some.join(", ")}${more}`,
      );
    } else {
      const near = nearestNames(name).map((candidate) => `\`--${candidate}\``);
      const help = near.length > 0 ? `did you mean ${near.join(", ")}?` : undefined;
      this.#error("unknown-option", `\`--${name}\` is not an option`, span, help);
    }
    return undefined;
  }

  /** What follows an unknown option is likely its value, and no second fault. */
  #skipValue(): void {
    const next = this.#argv[this.#at + 1];
    if (next !== undefined && !next.startsWith("-") && !formatOf(next)) this.#at++;
  }

  /** Letters in one argument: flags, the last of which may have a value, here or in the next argument. */
  #letters(text: string): void {
    this.#warnOfOneDash(text);
    for (let at = 1; at < text.length; at++) {
      const letter = text[at] ?? "";
      const group = findShort(letter);
      const keySpan = this.#source.part(this.#at, at === 1 ? 0 : at, at + 1);
      if (!group) {
        const help = "long options begin with two dashes";
        this.#error("unknown-option", `\`-${letter}\` is not an option`, keySpan, help);
        return;
      }
      const given = { key: group.name, argument: group.argument, keySpan };
      const rest = text.slice(at + 1);
      if (given.argument !== "no" && rest !== "") {
        this.#add(given, rest, this.#source.part(this.#at, at + 1));
        return;
      }
      this.#without(given);
    }
  }

  /** `-master` is read as four letters and a value. */
  #warnOfOneDash(text: string): void {
    const name = text.slice(1).replace(/=.*$/s, "");
    const found = name.length > 2 ? findAbbreviated(name) : undefined;
    if (!found || !("group" in found) || found.name !== name) return;
    this.#report({
      rule: "one-dash",
      severity: "warning",
      message: `\`${text}\` is read as single letters`,
      span: this.#source.argument(this.#at),
      help: `write \`-${text}\``,
    });
  }

  /** An option without a value of its own argument's. */
  #without(given: Given): void {
    const { key, argument, keySpan } = given;
    const end = { ...keySpan, start: keySpan.end };
    if (argument === "no") {
      this.#add(given, "true", end);
    } else if (argument === "optional") {
      this.#add(given, "true", end);
      this.#looseValue(key);
    } else {
      const value = this.#argv[this.#at + 1];
      if (value === undefined) {
        this.#error("missing-value", `\`${key}\` needs a value`, keySpan, `write \`--${key}=…\``);
        return;
      }
      this.#at++;
      this.#add(given, value, this.#source.argument(this.#at));
      this.#warnOfOption(key, value);
    }
  }

  /** getopt takes the next argument for the value, whatever it is. */
  #warnOfOption(key: string, value: string): void {
    if (!value.startsWith("--")) return;
    const found = findAbbreviated(value.slice(2).replace(/=.*$/s, ""));
    if (!("group" in found)) return;
    this.#report({
      rule: "option-as-value",
      severity: "warning",
      message: `\`${value}\` is taken for the value of \`${key}\``,
      span: this.#source.argument(this.#at),
      help: `give \`${key}\` its value`,
    });
  }

  /** A value that may be left out must be joined to its option. */
  #looseValue(key: string): void {
    const next = this.#argv[this.#at + 1];
    if (next === undefined || next.startsWith("-") || isFileOrApplication(next)) return;
    this.#at++;
    const span = this.#source.argument(this.#at);
    const message = `\`${next}\` does not belong to \`--${key}\`, whose value may be left out`;
    this.#error("loose-value", message, span, `write \`--${key}=${next}\``);
  }

  #bare(text: string): void {
    const span = this.#source.argument(this.#at);
    if (formatOf(text)) {
      this.#files.push({ path: text, span });
    } else if (/\.(?:ini|ya?ml|json|js|xml):[^/]*$/.test(text)) {
      const option = formatOf(text.slice(0, text.lastIndexOf(":")));
      const message = `\`${text}\`: a section can be named only after an option`;
      this.#error("bare-section", message, span, `write \`--${option ?? "ini"} ${text}\``);
    } else if (/\.(?:py|wsgi)$/.test(text)) {
      this.#applications.push(application("wsgi-file", text, span));
    } else if (text.includes(":")) {
      this.#applications.push(application("module", text, span));
    } else {
      const message = `\`${text}\` is neither an option, a configuration file nor an application`;
      const help =
        "a file ends in .ini, .yaml, .py or .wsgi, or needs `--ini` before it; an application is `module:callable`; `tsuwsgi --help` lists the commands";
      this.#error("bare-argument", message, span, help);
    }
  }

  #add({ key, keySpan }: Given, value: string, valueSpan: Span): void {
    this.#entries.push({ key, value, keySpan, valueSpan });
  }

  #error(rule: string, message: string, span: Span, help: string | undefined): void {
    this.#report({
      rule,
      severity: "error",
      message,
      span,
      ...(help === undefined ? {} : { help }),
    });
  }
}

function isFileOrApplication(text: string): boolean {
  return formatOf(text) !== undefined || /\.(?:py|wsgi)$/.test(text) || text.includes(":");
}

function application(key: string, value: string, span: Span): Entry {
  return { key, value, keySpan: { ...span, end: span.start }, valueSpan: span };
}
