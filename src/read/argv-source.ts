/** The command line as a text that messages can point into. */
import type { Source, Span } from "../source.ts";

/** The arguments joined by blanks, quoted as for a shell, and the place of each. */
export interface ArgvSource {
  readonly source: Source;
  /** The place of a whole argument; past the last one, the end of the text. */
  readonly argument: (index: number) => Span;
  /** The place of the part of an argument that begins at an offset in it; the whole when it is quoted. */
  readonly part: (index: number, from: number, to?: number) => Span;
}

/** Builds the text of `argv`. */
export function argvSource(argv: readonly string[]): ArgvSource {
  const shown = argv.map(quoteArgument);
  const starts: number[] = [];
  let length = 0;
  for (const text of shown) {
    starts.push(length);
    length += text.length + 1;
  }
  const source = { name: "(command line)", text: shown.join(" ") };
  const end = source.text.length;

  const argument = (index: number): Span => {
    const start = starts[index] ?? end;
    return { source, start, end: start + (shown[index]?.length ?? 0) };
  };
  const part = (index: number, from: number, to?: number): Span => {
    const whole = argument(index);
    const text = argv[index] ?? "";
    // Only the part up to the quotes stands in the text as it is.
    const plain = shown[index] === text || shown[index]?.startsWith(text.slice(0, from)) === true;
    if (!plain) return whole;
    return {
      source,
      start: whole.start + from,
      end: to === undefined ? whole.end : whole.start + to,
    };
  };
  return { source, argument, part };
}

/** An argument as one would type it; of `--name=value` only the value is quoted. */
function quoteArgument(argument: string): string {
  const name = /^--[\w-]+=/.exec(argument)?.[0] ?? "";
  const rest = argument.slice(name.length);
  if (/^[\w@%+=:,./-]+$/.test(rest) || (rest === "" && name !== "")) return argument;
  return `${name}'${rest.replaceAll("'", "'\\''")}'`;
}
