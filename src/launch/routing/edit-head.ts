/** The head of an answer with what routes add and take away. */
import { Buffer } from "node:buffer";
import { Flag } from "../protocol/frame.ts";
import type { RouteAnswer } from "./evaluate.ts";
import type { RouteScope } from "./scope.ts";

/** A head as a core gives it: status line and fields, each with its CRLF, and the flags of its frame. */
export interface AnswerHead {
  readonly head: Buffer;
  readonly flags: number;
}

/** A field that may be added: a token, a colon, and no character that ends the line (RFC 9110 5.5). */
const FIELD = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[\t -~\x80-\xff]*$/;
/** These frame the answer, and are the front's. */
const FRAMING = /^(?:connection|content-length|keep-alive|transfer-encoding|trailer|te|upgrade)$/i;

/** Flags that say that the application's head has a field, by the field's name. */
const FLAGS: Readonly<Record<string, number>> = {
  "content-length": Flag.length,
  date: Flag.date,
  server: Flag.server,
};

/** Takes fields away, then adds those that are fields at all. */
export function editHead(given: AnswerHead, scope: RouteScope): AnswerHead {
  if (scope.added.length === 0 && scope.removed.size === 0) return given;
  let { flags } = given;
  const lines = given.head.toString("latin1").split("\r\n");
  const kept = lines.filter((line, index) => {
    if (index === 0 || line === "") return true;
    const name = line.slice(0, line.indexOf(":")).toLowerCase();
    if (!scope.removed.has(name)) return true;
    if (name === "content-length") flags &= ~Flag.length;
    return false;
  });
  const fields = scope.added.filter((line) => {
    const name = FIELD.exec(line)?.[1];
    return name !== undefined && !FRAMING.test(name);
  });
  for (const line of fields) flags |= FLAGS[line.slice(0, line.indexOf(":")).toLowerCase()] ?? 0;
  // The front's own are not to come in their place.
  if (scope.removed.has("server")) flags |= Flag.server;
  if (scope.removed.has("date")) flags |= Flag.date;
  kept.splice(kept.length - 1, 0, ...fields);
  return { head: Buffer.from(kept.join("\r\n"), "latin1"), flags };
}

/** The head of an answer that rules give, for a body of so many bytes. */
export function headOf(answer: RouteAnswer, bytes: number): AnswerHead {
  const fields = [...answer.fields, `Content-Length: ${bytes}`].map((line) => `${line}\r\n`);
  const head = Buffer.from(`${answer.status}\r\n${fields.join("")}`, "latin1");
  return { head, flags: Flag.length | (answer.close ? Flag.close : 0) };
}
