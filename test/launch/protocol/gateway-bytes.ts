/** Ways in which bytes can come, for the readers of gateway protocols. */

import type { CgiVariables } from "../../../src/launch/protocol/cgi-variables.ts";
import { FRAME_HEADER } from "../../../src/launch/protocol/frame.ts";
import { unmarshal } from "../../helpers/marshal.ts";

/** The environ that was made of variables. */
export function environOf(variables: CgiVariables): Record<string, string> {
  variables.writer.end();
  return unmarshal(variables.writer.frame().subarray(FRAME_HEADER));
}

/** Bytes whole, one by one, and cut at every place in two. */
export function* piecesOf(bytes: Buffer): Generator<Buffer[]> {
  yield [bytes];
  yield [...bytes].map((byte) => Buffer.of(byte));
  for (let at = 1; at < bytes.length; at++) yield [bytes.subarray(0, at), bytes.subarray(at)];
}
