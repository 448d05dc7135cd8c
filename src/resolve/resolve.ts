/** ENTRIES -> RESOLVED: the ordered walk that follows includes, then the expansion of every value. */
import type { Report } from "../diagnostic.ts";
import type { Entry } from "../read/entry.ts";
import type { Format } from "../read/read.ts";
import type { Span } from "../source.ts";
import { directiveOf } from "./directive.ts";
import { expandAll } from "./expand.ts";
import type { Host } from "./host.ts";
import type { Resolved, ResolvedEntry } from "./resolved.ts";
import type { Item } from "./walk.ts";
import { Walk } from "./walk.ts";

/** One thing to read: options that are there already, or a file that nothing in the list names. */
export type Input =
  | { readonly kind: "entries"; readonly entries: readonly Entry[] }
  | {
      readonly kind: "file";
      /** Relative to the working directory; `-` is standard input. */
      readonly path: string;
      readonly format: Format;
      /** The section to read; undefined for `uwsgi`. */
      readonly section: string | undefined;
      /** Where the file was named; undefined when that is no text. */
      readonly place: Span | undefined;
    };

/**
 * All options in the order in which uWSGI lists them, values expanded.
 * Environment variables are put in everywhere first, then placeholders; what cannot be done is reported
 * and left as it was written.
 */
export function resolve(inputs: readonly Input[], host: Host, report: Report): Resolved {
  const walk = new Walk(host, report);
  for (const input of inputs) {
    if (input.kind === "entries") walk.addAll(input.entries, []);
    else walk.loadBare(input);
  }
  walk.finish();
  const { entries, used } = expandAll(
    [...walk.hidden, ...walk.items],
    walk.env,
    walk.files,
    report,
  );
  applyLate(entries, walk);
  return { entries, used, chains: walk.chains };
}

/**
 * What uWSGI does when it goes through the finished list: `inherit` adds to its end, and an option that was
 * declared only further down means something after all.
 */
function applyLate(entries: ResolvedEntry[], walk: Walk): void {
  for (let at = 0; at < entries.length; at++) {
    const entry = entries[at] as ResolvedEntry;
    if (directiveOf(entry.key)?.kind === "inherit") {
      for (const item of walk.inherit(entry, entry.includes)) entries.push(late(item));
    } else if (!entry.placeholder && !entry.hidden) {
      const meant = walk.meaning(entry) ?? [];
      const made = meant.map((one) => ({
        ...entry,
        ...one,
        written: one.value,
        hidden: true as const,
      }));
      entries.splice(at + 1, 0, ...made);
      at += made.length;
    }
  }
}

function late({ entry, includes, placeholder }: Item): ResolvedEntry {
  return { ...entry, written: entry.value, includes, ...(placeholder ? { placeholder } : {}) };
}
