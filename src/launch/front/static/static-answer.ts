/** Sends planned answers about files. */
import type { FileHandle } from "node:fs/promises";
import { Flag } from "../../protocol/frame.ts";
import { Via } from "../exchange/access-record.ts";
import type { Arrival } from "../exchange/arrival.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { sendFile } from "../exchange/file-answer.ts";
import { readPart, SMALL_BYTES } from "./file-store.ts";
import { type FileFields, fileHead } from "./static-head.ts";
import type { Plan } from "./static-plan.ts";

const NOTHING = Buffer.alloc(0);

/** Gives an answer that needs nothing, or only what is in memory already. */
export function answerAtOnce({ exchange }: Arrival, plan: Plan): void {
  const { status, head, file, ranges } = plan;
  const content = file.content ?? NOTHING;
  const parts = ranges.map(({ start, end }) => content.subarray(start, end));
  claim(exchange, ranges.length);
  exchange.waiting.answer(status, Flag.length, head, body(parts, plan), true);
}

/**
 * Reads the file and gives the answer.
 * @param handle is closed in the end
 * @throws when the file has become shorter; part of the answer may be out
 */
export async function answerFrom(handle: FileHandle, arrival: Arrival, plan: Plan): Promise<true> {
  try {
    const [first, second] = plan.ranges;
    if (first !== undefined && second === undefined) {
      await sendRange(handle, arrival, plan, first);
      return true;
    }
    const parts: Buffer[] = [];
    for (const { start, end } of plan.ranges) {
      parts.push(await readPart(handle, start, end - start));
    }
    if (arrival.exchange.abandoned) return true;
    claim(arrival.exchange, parts.length);
    const { status, head } = plan;
    arrival.exchange.waiting.answer(status, Flag.length, head, body(parts, plan), true);
    return true;
  } finally {
    handle.close().catch(() => {}); // it was only read
  }
}

/** One range, with its beginning in the same write as the head. */
async function sendRange(
  handle: FileHandle,
  { exchange, sink }: Arrival,
  { status, head }: Plan,
  { start, end }: { readonly start: number; readonly end: number },
): Promise<void> {
  const size = Math.min(SMALL_BYTES, end - start);
  const part = await readPart(handle, start, size);
  if (exchange.abandoned) return;
  const at = start + size;
  claim(exchange, 1);
  exchange.waiting.answer(status, Flag.length, head, part, at === end);
  if (at === end) return;
  await sink.idle();
  await sendFile(handle, at, end - at, sink, exchange.waiting);
}

/** The answer has so many parts of a file. */
function claim(exchange: Exchange, parts: number): void {
  if (parts > 0) exchange.via = Via.sendfile;
  exchange.claim();
}

/** One part, or several with what goes between them. */
function body(parts: readonly Buffer[], { between }: Plan): Buffer {
  const [first = NOTHING] = parts;
  if (between.length === 0) return first;
  const pieces = between.flatMap((text, index) => {
    const part = parts[index];
    const head = Buffer.from(text, "latin1");
    return part === undefined ? [head] : [head, part];
  });
  return Buffer.concat(pieces);
}

/** Lets the web server in front send the file, which looks at conditions and ranges as well. */
export function answerRedirect(
  { exchange }: Arrival,
  fields: FileFields,
  path: string,
  mode: "x-sendfile" | "x-accel-redirect",
): void {
  const name = mode === "x-sendfile" ? "X-Sendfile" : "X-Accel-Redirect";
  // Encoded, as web servers decode it; uWSGI would put a line break in a file's name into the head.
  const encoded = path.replace(/[^!$&'()*+,\-./\w:;=@~]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).padStart(2, "0").toUpperCase()}`;
  });
  const head = fileHead(200, fields, `${name}: ${encoded}\r\n`);
  exchange.claim();
  exchange.waiting.answer(200, 0, head, NOTHING, true);
}
