/** The options of all sources in uWSGI's order, placeholders expanded, each with the way it came. */
import type { Entry } from "../read/entry.ts";
import type { Span } from "../source.ts";

/** An entry after expansion; `value` is expanded, `written` is what stood there. */
export interface ResolvedEntry extends Entry {
  readonly written: string;
  /** The `ini = …` values that led here, outermost first; empty for what was given directly. */
  readonly includes: readonly Span[];
  /** Made by `set-placeholder`: a private variable that even `strict` allows. */
  readonly placeholder?: true;
}

export interface Resolved {
  readonly entries: readonly ResolvedEntry[];
  /** Names that some `%(name)` used: private variables, not misspelt options. */
  readonly used: ReadonlySet<string>;
}
