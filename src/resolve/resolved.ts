/** The options of all sources in uWSGI's order, placeholders expanded, each with the way it came. */
import type { Entry } from "../read/entry.ts";
import type { Source, Span } from "../source.ts";

/** An entry after expansion; `value` is expanded, `written` is what stood there. */
export interface ResolvedEntry extends Entry {
  readonly written: string;
  /** The `ini = …` values that led here, outermost first; empty for what was given directly. */
  readonly includes: readonly Span[];
  /** Made by `set-placeholder` or `declare-option`: a name that even `strict` allows. */
  readonly placeholder?: true;
  /** Meant by an option that `declare-option` made: uWSGI obeys it, and does not list it. */
  readonly hidden?: true;
  /** Depends on what only a start can read (`exec://`, `http://`, an address): the value is not the real one. */
  readonly uncertain?: true;
}

export interface Resolved {
  readonly entries: readonly ResolvedEntry[];
  /** Names that some `%(name)` used: private variables, not misspelt options. */
  readonly used: ReadonlySet<string>;
  /** Of each text that another one included: the `ini = …` values that led there first, outermost first. */
  readonly chains?: ReadonlyMap<Source, readonly Span[]>;
}
