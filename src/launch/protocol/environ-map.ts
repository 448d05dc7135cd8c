/** An environ read back from its marshal form, for what has to understand or change it before the application. */
import { EnvironWriter } from "./environ.ts";
import { FRAME_HEADER } from "./frame.ts";

const SHORT_ASCII = 0x7a;
const UNICODE = 0x75;
const END = 0x30;

/** Of all of them: what is cut from its blocks stays. */
const writer = new EnvironWriter();

/**
 * The variables of an environ that EnvironWriter made, one character a byte.
 * @param frame FRAME_HEADER bytes, then the dict, with or without its end
 */
export function readEnviron(frame: Buffer): Map<string, string> {
  const vars = new Map<string, string>();
  let at = FRAME_HEADER + 1;
  let key: string | undefined;
  while (at < frame.length && frame[at] !== END) {
    const kind = frame[at];
    const start = at + (kind === SHORT_ASCII ? 2 : 5);
    const size = kind === SHORT_ASCII ? frame.readUInt8(at + 1) : frame.readUInt32LE(at + 1);
    at = start + size;
    const text = frame.toString(kind === UNICODE ? "utf8" : "latin1", start, at);
    if (key === undefined) {
      key = text;
    } else {
      vars.set(key, text);
      key = undefined;
    }
  }
  return vars;
}

/**
 * An environ in the form that an Exchange takes.
 * @param vars one character a byte
 * @param whole the dict gets its end
 */
export function writeEnviron(vars: ReadonlyMap<string, string>, whole: boolean): Buffer {
  let bytes = 0;
  for (const [name, value] of vars) bytes += name.length + value.length + 8;
  writer.begin(bytes);
  for (const [name, value] of vars) {
    writer.text(name);
    writer.text(value);
  }
  if (whole) writer.end();
  return writer.frame();
}
