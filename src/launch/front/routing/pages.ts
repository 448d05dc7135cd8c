/** `error-page-…`: what the server's own answers with some statuses look like. */
import { readFileSync } from "node:fs";
import type { RouteSettings } from "../../../settings/routing/route-settings.ts";

/** The pages by status, read once; of several for one status the first that can be read. */
export function readPages(pages: RouteSettings["pages"]): ReadonlyMap<number, Buffer> {
  const read = new Map<number, Buffer>();
  for (const { status, path } of pages) {
    if (read.has(status)) continue;
    try {
      read.set(status, readFileSync(path));
    } catch {
      // The next one, or the usual text; lint and the start have warned.
    }
  }
  return read;
}
