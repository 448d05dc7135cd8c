/** Bytes of a configuration to text. */
import type { Report } from "../diagnostic.ts";
import type { Source, Span } from "../source.ts";

/**
 * The text of a file. uWSGI passes any bytes through; here a text must be UTF-8, because messages,
 * schemas and generated files are. A byte order mark stays in the text: it matters to some formats.
 * @param place where the file was named, for faults of the whole
 * @returns a source to go on with (bad bytes are U+FFFD), or undefined when the bytes are no text at all;
 *   both faults are reported
 */
export function decode(
  name: string,
  bytes: Uint8Array,
  place: Span,
  report: Report,
): Source | undefined {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    const help = "save the file as UTF-8";
    return notText(`\`${name}\` is UTF-16, and must be UTF-8`, help, place, report);
  }
  const bad = firstBadByte(bytes);
  if (bad !== undefined && bytes.includes(0)) {
    const help = "check the path";
    return notText(`\`${name}\` is a binary file, not a configuration`, help, place, report);
  }
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const source = { name, text };
  if (bad !== undefined) {
    const start = new TextDecoder("utf-8", { ignoreBOM: true }).decode(
      bytes.subarray(0, bad),
    ).length;
    report({
      rule: "not-utf-8",
      severity: "error",
      message: `byte 0x${(bytes[bad] ?? 0).toString(16).padStart(2, "0")} is not UTF-8`,
      span: { source, start, end: start + 1 },
      help: "save the file as UTF-8",
    });
  }
  return source;
}

function notText(message: string, help: string, span: Span | undefined, report: Report): undefined {
  report({ rule: "not-text", severity: "error", message, span, help });
}

/**
 * The offset of the first byte of the first malformed sequence. The decoder throws for any beginning of
 * the bytes that holds a fault, so bisection finds where the fault becomes certain.
 */
function firstBadByte(bytes: Uint8Array): number | undefined {
  if (isUtf8(bytes, false)) return undefined;
  let good = 0;
  let faulty = bytes.length;
  while (good < faulty) {
    const middle = (good + faulty) >> 1;
    if (isUtf8(bytes.subarray(0, middle + 1), true)) good = middle + 1;
    else faulty = middle;
  }
  // The fault shows at its second byte when that does not continue the first.
  for (let start = good; start > 0 && start > good - 4; start--) {
    if (isUtf8(bytes.subarray(0, start), false)) return start;
  }
  return 0;
}

function isUtf8(bytes: Uint8Array, mayBeCut: boolean): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: mayBeCut });
    return true;
  } catch {
    return false;
  }
}
