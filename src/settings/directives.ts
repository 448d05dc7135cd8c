/** Rows for the options that were obeyed while the configuration was read: sources, placeholders, logic. */
import { catalogue } from "../options/catalogue.ts";
import type { OptionGroup } from "../options/option-group.ts";
import type { Format } from "../read/read.ts";
import { directiveOf } from "../resolve/directive.ts";
import type { HonouredOption } from "./option.ts";
import { directive } from "./option.ts";

/** One row for each directive, in the catalogue's order. */
export const directives: readonly HonouredOption[] = catalogue.flatMap((group) => {
  const summary = summaryOf(group);
  return summary === undefined ? [] : [directive(group.name, summary)];
});

function summaryOf({ name, type }: OptionGroup): string | undefined {
  const found = directiveOf(name);
  switch (found?.kind) {
    case "load":
      return sourceSummary(found.format);
    case "set":
      return "Set the option that the value names, `NAME=VALUE`.";
    case "set-placeholder":
      return "Make a private variable for placeholders, `NAME=VALUE`.";
    case "unsupported":
      return undefined;
    case undefined:
      // Ends of blocks, which do nothing where none is open.
      return type === "noop" && /^end-?(if|for)$/.test(name) ? "End a block." : undefined;
  }
}

function sourceSummary(format: Format | undefined): string {
  switch (format) {
    case "ini":
      return "Read an ini file here; `FILE:SECTION` reads another section.";
    case "yaml":
      return "Read a YAML file here; `FILE:KEY` reads another top-level key.";
    case "json":
    case "xml":
      return "Read a file here; this format is not yet supported, write ini or YAML.";
    case undefined:
      return "Read a file here, in the format that its name tells.";
  }
}
