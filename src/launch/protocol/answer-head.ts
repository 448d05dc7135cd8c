/** Heads of answers as applications give them: a status line without its version, then fields, each with CRLF. */
import { Flag } from "./frame.ts";

/** A field of a head; its line has the CRLF. */
export interface AnswerField {
  /** In lower case. */
  readonly name: string;
  readonly value: string;
  readonly line: string;
}

/** A head taken apart, one character a byte. */
export interface AnswerHead {
  /** With its CRLF. */
  readonly status: string;
  readonly fields: readonly AnswerField[];
}

/** Takes a head apart. */
export function readAnswerHead(head: Buffer): AnswerHead {
  const [status = "", ...lines] = head.toString("latin1").split("\r\n");
  const fields = lines.filter((line) => line !== "").map(fieldOf);
  return { status: `${status}\r\n`, fields };
}

function fieldOf(line: string): AnswerField {
  const colon = line.indexOf(":");
  const name = line.slice(0, colon).toLowerCase();
  return { name, value: line.slice(colon + 1).trim(), line: `${line}\r\n` };
}

/** Puts a head together. */
export function writeAnswerHead(status: string, lines: readonly string[]): Buffer {
  return Buffer.from(status + lines.join(""), "latin1");
}

/** Flags that tell of a field. */
const TOLD: ReadonlyMap<string, number> = new Map([
  ["content-length", Flag.length],
  ["date", Flag.date],
  ["server", Flag.server],
]);

/**
 * Leaves fields out of a head.
 * @param names in lower case
 * @param flags of the ANSWER frame
 * @returns the head and the flags that fit it
 */
export function withoutFields(
  head: Buffer,
  flags: number,
  names: ReadonlySet<string>,
): { readonly head: Buffer; readonly flags: number } {
  const { status, fields } = readAnswerHead(head);
  const kept = fields.filter(({ name }) => !names.has(name));
  if (kept.length === fields.length) return { head, flags };
  let told = flags;
  for (const name of names) told &= ~(TOLD.get(name) ?? 0);
  return {
    head: writeAnswerHead(
      status,
      kept.map(({ line }) => line),
    ),
    flags: told,
  };
}
