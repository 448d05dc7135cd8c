/** What is decided about a file by its name: Expires, and whether a compressed one may stand for it. */
import { parsePattern } from "../../../options/pattern.ts";
import type { ExpiresSubject, StaticSettings } from "../../../settings/static-settings.ts";

/** What the rules for Expires look at. */
export type Subjects = Readonly<Record<ExpiresSubject, string>>;

interface Rule {
  readonly subject: ExpiresSubject;
  /** Undefined: the subject is `text`. */
  readonly pattern: RegExp | undefined;
  readonly text: string;
  readonly milliseconds: number;
  readonly fromChange: boolean;
}

/** uWSGI's order; in it each kind could add a field of its own, here the first that fits has the word. */
const ORDER: readonly ExpiresSubject[] = ["file", "path-info", "uri", "type"];

/** The rules of a server. */
export class StaticRules {
  /** Whether there is any rule about compressed files. */
  readonly compresses: boolean;
  readonly #expires: readonly Rule[];
  readonly #all: boolean;
  readonly #prefixes: readonly string[];
  readonly #ends: readonly string[];
  readonly #patterns: readonly RegExp[];

  constructor(settings: StaticSettings) {
    const { gzipAll, gzipPrefixes, gzipEnds, gzipPatterns } = settings;
    this.compresses = gzipAll || gzipPrefixes.length + gzipEnds.length + gzipPatterns.length > 0;
    this.#all = gzipAll;
    this.#prefixes = gzipPrefixes;
    this.#ends = gzipEnds;
    this.#patterns = gzipPatterns.flatMap(compiled);
    const ranks = (rule: Rule) => 2 * ORDER.indexOf(rule.subject) + Number(rule.fromChange);
    this.#expires = settings.expires
      .map(({ subject, pattern, seconds, fromChange }) => ({
        subject,
        pattern: subject === "type" ? undefined : compiled(pattern)[0],
        text: pattern,
        milliseconds: seconds * 1000,
        fromChange,
      }))
      .toSorted((one, other) => ranks(one) - ranks(other));
  }

  /** Whether any rule for Expires exists. */
  get expires(): boolean {
    return this.#expires.length > 0;
  }

  /** When an answer expires, milliseconds since 1970; undefined: nothing is said about it. */
  expiry(subjects: Subjects, changedMs: number, nowMs: number): number | undefined {
    const rule = this.#expires.find(({ subject, pattern, text }) =>
      pattern === undefined ? subjects[subject] === text : pattern.test(subjects[subject]),
    );
    return rule && (rule.fromChange ? changedMs : nowMs) + rule.milliseconds;
  }

  /** Whether a compressed file beside this one is to be looked for. */
  compressed(path: string): boolean {
    return (
      this.#all ||
      this.#prefixes.some((prefix) => path.startsWith(prefix)) ||
      this.#ends.some((end) => path.endsWith(end)) ||
      this.#patterns.some((pattern) => pattern.test(path))
    );
  }
}

/** Settings have only patterns that can be compiled. */
function compiled(pattern: string): RegExp[] {
  const read = parsePattern(pattern);
  return read.ok ? [read.value] : [];
}

/** Text of one character a byte, as people read it, for patterns. */
export function readable(path: string): string {
  return /[\x80-\xff]/.test(path) ? Buffer.from(path, "latin1").toString() : path;
}
