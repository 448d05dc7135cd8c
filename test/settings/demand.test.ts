/**
 * How much of what published configurations use is still refused. The list of how often each option is used
 * is no part of this project: the test needs it next to the project, and is skipped where it is not.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { knownOption } from "../../src/settings/inventory.ts";

const frequencies = join(import.meta.dirname, "../../../shared/corpus/freq.tsv");
const present = existsSync(frequencies);

/** Files that use an option, from which on it counts. */
const enough = 3;

/** The options with that many users that are refused. Take out what gets supported; nothing may come in. */
const stillRefused = `
  async cache2 fastrouter fastrouter-subscription-server http-socket-modifier1 http-websockets
  php-docroot php-set psgi pull-header rack spooler spooler-ordered spooler-processes
  spooler-quiet stats-http subscribe-to subscriptions-use-credentials ugreen vhost vhost-host
`
  .trim()
  .split(/\s+/);

const title = "what published configurations use is refused only where it was before";

test.skipIf(!present)(present ? title : `${title} [needs ../shared/corpus/freq.tsv]`, () => {
  const [head = "", ...lines] = readFileSync(frequencies, "utf8").trimEnd().split("\n");
  expect(head.split("\t").slice(0, 3)).toEqual(["option", "occurrences", "files"]);
  const used = lines
    .map((line) => line.split("\t"))
    .map(([name = "", , files]) => ({ option: knownOption(name), name, files: Number(files) }))
    .filter(({ option, files }) => option !== undefined && files >= enough);
  const refused = used.filter(({ option }) => option?.status === "refused");
  const uses = (some: typeof used) => some.reduce((sum, { files }) => sum + files, 0);
  const share = Math.round((100 * uses(refused)) / uses(used));
  console.info(`${refused.length} of ${used.length} options are refused, ${share}% of all uses`);
  expect(refused.map(({ name }) => name).toSorted()).toEqual(stillRefused);
});
