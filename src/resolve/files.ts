/** Configuration files and their text, each read once. */
import { resolve } from "node:path";
import type { Report } from "../diagnostic.ts";
import { decode } from "../read/decode.ts";
import type { Source, Span } from "../source.ts";
import type { FileRead, Host } from "./host.ts";
import { readScheme, schemeOf } from "./scheme.ts";

/** A file that was read. */
export interface OpenedFile {
  /** As it was given, without a section. */
  readonly name: string;
  /** Absolute, its directory without links; empty for standard input. */
  readonly path: string;
  readonly source: Source;
}

/** Reads files through the host. */
export class Files {
  readonly #host: Host;
  readonly #report: Report;
  /** Some text was not read, because only a start can; nobody knows which options it holds. */
  unread = false;
  readonly #opened = new Map<string, OpenedFile>();

  constructor(host: Host, report: Report) {
    this.#host = host;
    this.#report = report;
  }

  /**
   * A file by its name, relative to the working directory; `-` is standard input.
   * @param named where it was named; undefined when no text names it, and the file stands for itself
   * @returns undefined when it cannot be read or is no text; that was reported
   */
  open(name: string, named: Span | undefined): OpenedFile | undefined {
    const before = this.#opened.get(name);
    if (before) return before;
    const scheme = schemeOf(name);
    const path = name === "-" || scheme !== undefined ? "" : this.#absolute(name);
    const shown = name === "-" ? "(standard input)" : name;
    const place = named ?? { source: { name: shown, text: "" }, start: 0, end: 0 };
    const read = scheme === undefined ? this.#read(name, path) : readScheme(name, this.#host);
    if (read.ok === "later") {
      this.#notNow(name, place);
      return undefined;
    }
    if (!read.ok) {
      this.#cannotRead(name, path, read.problem, place);
      return undefined;
    }
    const source = decode(shown, read.bytes, place, this.#report);
    if (!source) return undefined;
    const file = { name, path, source };
    this.#opened.set(name, file);
    return file;
  }

  /**
   * A text for `@(NAME)`: as it is, without the line break at its end.
   * @returns undefined when it cannot be read, which was reported; "later" when only a start can read it
   */
  text(name: string, place: Span): { readonly text: string } | "later" | undefined {
    const scheme = schemeOf(name);
    const path = scheme === undefined ? this.#absolute(name) : "";
    const read = scheme === undefined ? this.#read(name, path) : readScheme(name, this.#host);
    if (read.ok === "later") return "later";
    if (!read.ok) {
      this.#cannotRead(name, path, read.problem, place);
      return undefined;
    }
    const source = decode(name, read.bytes, place, this.#report);
    return source && { text: source.text.replace(/\n$/, "") };
  }

  #read(name: string, path: string): FileRead {
    return this.#host.readFile(name === "-" ? "-" : path);
  }

  #notNow(name: string, span: Span): void {
    this.unread = true;
    this.#report({
      rule: "read-at-start",
      severity: "warning",
      message: `what \`${name}\` gives is read only when a server starts, so it is not examined`,
      span,
    });
  }

  #absolute(name: string): string {
    const path = resolve(this.#host.cwd(), name);
    const slash = path.lastIndexOf("/");
    const directory = this.#host.realpath(path.slice(0, slash) || "/");
    return directory === undefined ? path : `${directory.replace(/\/$/, "")}${path.slice(slash)}`;
  }

  #cannotRead(name: string, path: string, problem: string, span: Span): void {
    const looked = name.startsWith("/") || path === "" ? "" : ` (looked for \`${path}\`)`;
    const what = name === "" ? "no file is named" : `cannot read \`${name}\`: ${problem}${looked}`;
    this.#report({
      rule: "unreadable-file",
      severity: "error",
      message: what,
      span,
      ...helpFor(name, problem, span),
    });
  }
}

function helpFor(name: string, problem: string, { source }: Span): { help?: string } {
  if (/[%$]\(/.test(name)) {
    return {
      help: "files are read before placeholders are expanded; only magic variables such as `%d` work here",
    };
  }
  if (problem !== "no such file" || name.startsWith("/")) return {};
  // Only a file that includes another has a directory of its own; on the command line the path says it all.
  if (source.name.startsWith("(") || source.text === "") return {};
  return {
    help: "a relative path starts at the working directory; `%d` is the directory of the including file",
  };
}
