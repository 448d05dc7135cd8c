/** All tables. */
import type { HttpCase } from "../case.ts";
import { connection } from "./connection.ts";
import { fields } from "./fields.ts";
import { framing } from "./framing.ts";
import { requestLine } from "./request-line.ts";

/** Rows by topic. */
export const topics: Readonly<Record<string, readonly HttpCase[]>> = {
  ...requestLine,
  ...fields,
  ...framing,
  ...connection,
};
