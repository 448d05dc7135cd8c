/** One section of a configuration file in another format, such that uWSGI reads the same options from it. */
import type { Diagnostic, Report } from "../../diagnostic.ts";
import { collector } from "../../diagnostic.ts";
import type { Entry } from "../../read/entry.ts";
import type { MagicVariables } from "../../read/magic.ts";
import type { Format } from "../../read/read.ts";
import { read, readSection } from "../../read/read.ts";
import type { Source, Span } from "../../source.ts";
import { arrange } from "./arrange.ts";
import { commentsOf } from "./comments.ts";
import type { Writer } from "./document.ts";
import { expandKept, holdsStandIn, keepMagic, showMagic, writeMagic } from "./keep-magic.ts";
import { ownReferences } from "./own-references.ts";
import { iniWriter } from "./write-ini.ts";
import { jsonWriter } from "./write-json.ts";
import { xmlWriter } from "./write-xml.ts";
import { yamlWriter } from "./write-yaml.ts";

/** What is to be converted. */
export interface Conversion {
  readonly source: Source;
  readonly from: Format;
  readonly to: Format;
  /** As `read` takes it: empty when none was asked for, which gives one called `uwsgi`. It keeps its name. */
  readonly section: string;
  /** What the magic variables of the file stand for; they are kept, but decide what the text means. */
  readonly variables: MagicVariables;
}

const writers: { readonly [format in Format]: Writer } = {
  ini: iniWriter,
  yaml: yamlWriter,
  json: jsonWriter,
  xml: xmlWriter,
};

/**
 * The section in the other format: the same options in the same order, with placeholders, logic, includes
 * and magic variables as they were written, and with the comments.
 * @returns undefined when the text has errors or the format cannot hold it; each fault is reported
 */
export function convert(conversion: Conversion, report: Report): string | undefined {
  const { source, from, to, section } = conversion;
  const variables = once(conversion.variables);
  const { report: note, found } = collector();
  const meant = read(from, source, section, variables, note);
  const text = keepMagic(source, variables);
  const entries = readSection(from, text, section, () => {});
  const writer = writers[to];
  if (!found.some(isError)) {
    unwritable(conversion, entries, note);
    sameMeaning(meant, entries, { ...conversion, variables }, note);
    ownReferences(entries, from, to, note);
  }
  found.forEach(report);
  if (found.some(isError)) return undefined;
  const values = entries.map(({ valueSpan }) => valueSpan);
  const name = sectionName(section);
  const lines = arrange(entries, commentsOf(from, text, name, values));
  return writeMagic(writer.write({ section: name, lines }));
}

function sectionName(section: string): string {
  return section === "" ? "uwsgi" : section;
}

/** The time is another one at every look. */
function once(variables: MagicVariables): MagicVariables {
  const known = new Map<string, string | undefined>();
  return (letter) => {
    if (!known.has(letter)) known.set(letter, variables(letter));
    return known.get(letter);
  };
}

function isError({ severity }: Diagnostic): boolean {
  return severity === "error";
}

function unwritable(
  { source, to, section }: Conversion,
  entries: readonly Entry[],
  report: Report,
) {
  const { unwritable, sectionFault } = writers[to];
  const format = to === "ini" ? "an ini file" : to.toUpperCase();
  const cannot = (what: string, because: string, span: Span) =>
    report({
      rule: "cannot-convert",
      severity: "error",
      message: `${what} cannot be written in ${format}: ${because}`,
      span,
      help: "change it, or choose another format",
    });
  const fault = sectionFault(sectionName(section));
  if (fault !== undefined) {
    cannot(`the section \`${section}\``, fault, { source, start: 0, end: 0 });
  }
  if (holdsStandIn(source.text)) {
    const start = source.text.search(/[\u{40000}-\u{4007f}]/u);
    cannot("an unassigned character", "it is used inside", { source, start, end: start + 2 });
  }
  for (const { key, value, keySpan, valueSpan } of entries) {
    const found = /\p{Surrogate}/u.test(key + value)
      ? ({ at: "value", because: "half a character is no text" } as const)
      : unwritable(key, value);
    if (!found) continue;
    const what = found.at === "key" ? "the name" : "the value of";
    const span = found.at === "key" || valueSpan.end === valueSpan.start ? keySpan : valueSpan;
    cannot(`${what} \`${showMagic(key)}\``, found.because, span);
  }
}

/**
 * With its variables kept, a text must hold the options that it holds with them replaced. It does not
 * where the text that one stands for has a quote or a bracket in it, or is empty and nothing else is there.
 */
function sameMeaning(
  meant: readonly Entry[],
  kept: readonly Entry[],
  { variables, source }: Conversion,
  report: Report,
): void {
  const index = Array.from({ length: Math.max(meant.length, kept.length) }).findIndex(
    (_, at) =>
      meant[at]?.key !== expandKept(kept[at]?.key ?? "", variables) ||
      meant[at]?.value !== expandKept(kept[at]?.value ?? "", variables),
  );
  if (index < 0) return;
  const entry = kept[index] ?? meant[index];
  report({
    rule: "cannot-convert",
    severity: "error",
    message:
      "what a magic variable stands for decides here how the text is read, so it cannot be kept",
    span: entry ? entry.valueSpan : { source, start: 0, end: 0 },
    help: "write out what the variable stands for",
  });
}
