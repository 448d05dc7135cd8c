/** Rows of the option table. What bounds a request. */

import type { HonouredOption } from "../option.ts";
import { integer } from "../option.ts";

const largest = Number.MAX_SAFE_INTEGER;

/** In the order of the documentation. */
export const requestRows: readonly HonouredOption[] = [
  integer(
    "buffer-size",
    "bufferSize",
    { minimum: 1, maximum: largest, default: 32768 },
    "Bytes that a request's head may have; more than 65535 counts as 65535.",
    "bytes",
  ),
  integer(
    "limit-post",
    "limitPost",
    { minimum: 0, maximum: largest, default: 0 },
    "Bytes that a request's body may have; 0 is no limit.",
    "bytes",
  ),
];
