/**
 * The list of rules of uWSGI's configuration language, each with the files, arguments and environment
 * that it was tried with and what uWSGI made of them: Markdown in a fixed form.
 */

/** One rule. Of `gives`, `stops` and `log` each rule has exactly one. */
export interface Rule {
  /** `R001` */
  readonly id: string;
  readonly title: string;
  /** Contents by path, relative to the working directory. */
  readonly files: ReadonlyMap<string, string>;
  /** As for uWSGI; made up from the first file when the rule names none. */
  readonly argv: readonly string[];
  readonly env: { readonly [name: string]: string };
  readonly expected: Expected;
}

/** What uWSGI did: its list without the line of the file itself, its last words, or lines of its log. */
export type Expected =
  | { readonly kind: "gives"; readonly text: string }
  | { readonly kind: "stops"; readonly text: string }
  | { readonly kind: "log"; readonly text: string };

/** All rules of the list. Throws where the Markdown has another form. */
export function parseRules(markdown: string): Rule[] {
  return markdown
    .split(/^### /m)
    .slice(1)
    .map((section) => parseRule(section));
}

function parseRule(section: string): Rule {
  const [heading = "", ...lines] = section.split("\n");
  const [, id = "", title = ""] = /^(R\d{3})\. (.*)$/.exec(heading) ?? [];
  const blocks = fencedBlocks(lines);
  const inline = (name: string) =>
    lines
      .map((line) => line.match(`^${name}: \`(.*)\`$`)?.[1])
      .find((found) => found !== undefined);
  const files = filesOf(id, title, blocks);
  const expected = blocks.flatMap(({ label, content }) => expectationOf(label, content));
  const [only] = expected;
  if (id === "" || !only || expected.length !== 1) throw new Error(`no rule: ${heading}`);
  const given = inline("arguments")?.split(" ");
  return {
    id,
    title: title.replaceAll("`", ""),
    files,
    argv: given ?? usualArguments(files),
    env: environment(inline("environment")),
    expected: given ? only : withImplied(only, usualArguments(files)),
  };
}

interface Block {
  /** The line above the fence: a file name in backticks, or what the block tells. */
  readonly label: string;
  /** The lines, each ended by a newline. */
  readonly content: string;
}

function fencedBlocks(lines: readonly string[]): Block[] {
  const blocks: Block[] = [];
  let open: { label: string; content: string } | undefined;
  lines.forEach((line, index) => {
    if (line !== "```") {
      if (open) open.content += `${unmarked(line)}\n`;
    } else if (open) {
      blocks.push(open);
      open = undefined;
    } else {
      open = { label: lines[index - 1] ?? "", content: "" };
    }
  });
  return blocks;
}

const marks = new Map([
  ["TAB", "\t"],
  ["CR", "\r"],
  ["NUL", "\0"],
  ["VT", "\v"],
  ["NBSP", "\u00a0"],
  ["BOM", "\ufeff"],
]);

/** Blanks at the end of a line are shown as `·`, invisible characters by their names. */
function unmarked(line: string): string {
  return line
    .replace(/·+$/, (dots) => " ".repeat(dots.length))
    .replaceAll(/<([A-Z]+)>/g, (written, name: string) => marks.get(name) ?? written);
}

function filesOf(id: string, title: string, blocks: readonly Block[]): Map<string, string> {
  const files = new Map<string, string>();
  for (const { label, content } of blocks) {
    const path = /^`(.+)`$/.exec(label)?.[1];
    if (path !== undefined) files.set(path, fileContent(title, content));
  }
  for (const [path, content] of files) {
    const target = /^-> (\S+) \(symlink\)\n$/.exec(content)?.[1];
    if (target === undefined) continue;
    const found = files.get(target);
    if (found === undefined) throw new Error(`${id}: a link to nothing`);
    files.set(path, found);
  }
  return files;
}

function fileContent(title: string, content: string): string {
  if (content === "\n") return "";
  return title.includes("without a newline") ? content.slice(0, -1) : content;
}

function expectationOf(label: string, text: string): Expected[] {
  switch (label) {
    case "gives:":
      return [{ kind: "gives", text: text === "(nothing)\n" ? "" : text }];
    case "stops:":
      return [{ kind: "stops", text }];
    case "log:":
      return [{ kind: "log", text }];
    default:
      return [];
  }
}

const flags = new Map([
  ["yaml", "--yaml"],
  ["json", "--json"],
  ["xml", "--xml"],
]);

function usualArguments(files: ReadonlyMap<string, string>): string[] {
  const [first = ""] = files.keys();
  return [flags.get(first.slice(first.lastIndexOf(".") + 1)) ?? "--ini", first];
}

/** The lists leave out the line of a file called `a`, unless something stands before it. */
function withImplied(expected: Expected, [flag = "", path = ""]: readonly string[]): Expected {
  const line = `${flag.slice(2)} = ${path}\n`;
  if (expected.kind !== "gives" || !path.startsWith("a.") || expected.text.includes(line)) {
    return expected;
  }
  return { kind: "gives", text: line + expected.text };
}

function environment(text: string | undefined): { [name: string]: string } {
  const pairs = (text ?? "").split(" ").filter((pair) => pair !== "");
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
  );
}
