/** What an emperor needs from the machine. The configurations that it will find are not read. */

import { resolve } from "node:path";
import type { EmperorSource } from "./emperor-settings.ts";
import { isPattern } from "./emperor-settings.ts";
import type { Machine } from "./machine.ts";
import type { SayOne } from "./say.ts";
import type { Settings } from "./settings.ts";

/** Reports what would keep an emperor from finding or starting servers. */
export function checkEmperorSources(settings: Settings, machine: Machine, error: SayOne): void {
  const { emperor, places } = settings;
  emperor.sources.forEach((source, index) => {
    const problem = sourceProblem(source, machine);
    if (problem === undefined) return;
    const help =
      "make the directory, or write one that is there; a relative one counts from `chdir`";
    error("emperor", places[`emperor.sources.${index}`], `\`emperor\`: ${problem}`, help);
  });
  if (emperor.tyrant && (machine.uid !== 0 || (settings.uid ?? 0) !== 0)) {
    const message = "`emperor-tyrant`: only root can start servers as other users";
    const help = "start as root without `uid`, or leave the option out";
    error("not-root", places["emperor.tyrant"], message, help);
  }
}

/** uWSGI takes a directory that is missing for a pattern, and waits for ever without a word. */
function sourceProblem({ kind, text, base }: EmperorSource, machine: Machine): string | undefined {
  if (kind === "pattern" || (kind === "either" && isPattern(text))) return undefined;
  const path = resolve(base, text);
  const found = machine.kind(path);
  if (found === "missing") return `${path} does not exist`;
  if (found === "denied") return `${path} may not be looked at`;
  if (found === "directory")
    return machine.list(path) === undefined ? `${path} may not be read` : undefined;
  return kind === "either" && found === "file" ? undefined : `${path} is not a directory`;
}
