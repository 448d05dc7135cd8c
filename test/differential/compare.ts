/** One comparison: the same world for uWSGI and for tsuwsgi. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { inspect } from "node:util";
import { argumentsOf, askUwsgi } from "./oracle.ts";
import type { World } from "./world.ts";
import { askTsuwsgi } from "./world.ts";

/** How a comparison ended that found no difference. */
export type Verdict = "same list" | "both stop";

/**
 * Fails with the files and both answers when the two differ: where uWSGI prints a list, tsuwsgi has the
 * same bytes and, with `lenient`, no error; where uWSGI stops, tsuwsgi has an error with a place.
 * @param directory made for this run, and removed after it
 */
export function compare(world: World, directory: string): Verdict {
  for (const [path, content] of Object.entries(world.files)) {
    const file = join(directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  try {
    const { verdict, difference } = judge(world, directory);
    if (verdict === undefined) throw new Error(`${difference}\n\n${describeWorld(world)}`);
    return verdict;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function judge(
  world: World,
  directory: string,
): { readonly verdict?: Verdict; readonly difference?: string } {
  const theirs = askUwsgi(world, directory);
  const ours = askTsuwsgi(world, argumentsOf(world), directory);
  const list = ours.bytes.toString("latin1");
  const said = ours.said === "" ? "" : `\n--- tsuwsgi says\n${clip(ours.said)}`;
  if (theirs.kind === "stopped") {
    if (ours.errors.some(({ span }) => span !== undefined)) return { verdict: "both stop" };
    const words = `${theirs.words}\n--- tsuwsgi\n${clip(list)}${said}`;
    return { difference: `uWSGI stops, tsuwsgi does not:\n${words}` };
  }
  const expected = theirs.bytes.toString("latin1");
  if (expected !== list) {
    return { difference: `the lists differ${showDifference(expected, list)}${said}` };
  }
  if (ours.errors.length > 0) return { difference: `uWSGI goes on, tsuwsgi does not:${said}` };
  return { verdict: "same list" };
}

/** Both lists where they begin to differ. */
function showDifference(theirs: string, ours: string): string {
  let at = 0;
  while (theirs[at] === ours[at]) at++;
  const from = Math.max(0, at - contextLength);
  const part = (list: string) => clip(list.slice(from));
  return ` from byte ${at}\n--- uWSGI\n${part(theirs)}\n--- tsuwsgi\n${part(ours)}`;
}

/** Characters before the first difference, and of a text as a whole, that a message shows. */
const contextLength = 200;
const maxShown = 4000;

function clip(text: string): string {
  return text.length <= maxShown ? text : `${text.slice(0, maxShown)} … (${text.length} in all)`;
}

function describeWorld({ files, argv, env }: World): string {
  const contents = Object.entries(files).map(
    ([path, content]) => `--- ${path}\n${inspect(content, { maxStringLength: maxShown })}`,
  );
  return [`argv ${argv.join(" ")}`, `env ${inspect(env)}`, ...contents].join("\n");
}
