/** Looks for configurations, without making anything else wait. */
import type { BigIntStats } from "node:fs";
import { lstat, readdir, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { nameMatcher } from "../../resolve/glob.ts";
import {
  type EmperorSettings,
  type EmperorSource,
  isPattern,
  isVassalName,
} from "../../settings/emperor-settings.ts";
import { errorCode } from "../start-failure.ts";
import type { FoundFile } from "./state.ts";

/** A place to look at, with its number and what it is. */
export interface Source {
  readonly number: number;
  /** For messages and statistics. */
  readonly name: string;
  readonly kind: "directory" | "pattern";
  readonly text: string;
  readonly base: string;
}

/** Files that are looked at together: each takes a thread of Node's, of which there are four. */
const atOnce = 16;

/** Directories and files that a pattern may lead through. */
const mostMatches = 100_000;

/** The sources as they are to be looked at: what is a directory now is one for ever, as in uWSGI. */
export async function openSources(sources: readonly EmperorSource[]): Promise<readonly Source[]> {
  return await Promise.all(
    sources.map(async ({ kind, text, base }, number): Promise<Source> => {
      const path = resolve(base, text);
      const directory = kind === "directory" || (kind === "either" && (await isDirectory(path)));
      return directory
        ? { number, name: path, kind: "directory", text: path, base: path }
        : { number, name: text, kind: "pattern", text, base };
    }),
  );
}

/**
 * All configurations of a source, in the order of their names.
 * @throws the system's error when a directory cannot be read; a pattern that matches nothing has none
 */
export async function find(
  source: Source,
  settings: EmperorSettings,
): Promise<readonly FoundFile[]> {
  const names =
    source.kind === "directory" ? await readdir(source.text) : await matches(source.text, source);
  const ids = names.filter((name) => isVassalName(name, settings.extensions)).sort();
  const found: FoundFile[] = [];
  for (let at = 0; at < ids.length; at += atOnce) {
    const looks = ids.slice(at, at + atOnce).map((id) => look(id, source, settings));
    for (const file of await Promise.all(looks)) if (file) found.push(file);
  }
  return found;
}

/** What a name stands for; undefined for what is no file, or has just gone. */
async function look(
  id: string,
  source: Source,
  settings: EmperorSettings,
): Promise<FoundFile | undefined> {
  const path = resolve(source.base, id);
  const { nofollow, tyrant, tyrantNofollow } = settings;
  const stats = await statOf(path, nofollow);
  if (!stats?.isFile() && !(nofollow && stats?.isSymbolicLink())) return undefined;
  const owner = tyrant && tyrantNofollow && !nofollow ? await statOf(path, true) : stats;
  if (!owner) return undefined;
  return {
    ...{ path, id, cwd: source.base, source: source.number },
    stamp: [stats.mtimeNs, stats.ino, stats.size].join(" "),
    modified: Number(stats.mtimeMs / 1000n),
    uid: Number(owner.uid),
    gid: Number(owner.gid),
  };
}

async function statOf(path: string, nofollow: boolean): Promise<BigIntStats | undefined> {
  try {
    return await (nofollow ? lstat : stat)(path, { bigint: true });
  } catch {
    return undefined; // Gone, a link to nothing, or a directory that was closed to us.
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

/** What a pattern matches, as glob(3) does; relative to where a relative pattern counts from. */
async function matches(pattern: string, { base }: Source): Promise<readonly string[]> {
  const parts = pattern.split("/").filter((part) => part !== "");
  let found = [pattern.startsWith("/") ? "/" : ""];
  for (const [index, part] of parts.entries()) {
    const next: string[] = [];
    for (const directory of found) {
      const names = isPattern(part)
        ? (await namesIn(resolve(base, directory))).filter(nameMatcher(part))
        : [part.replace(/\\(.)/gs, "$1")];
      for (const name of names)
        next.push(`${directory}${name}${index === parts.length - 1 ? "" : "/"}`);
    }
    found = next.slice(0, mostMatches);
  }
  return found;
}

/** Of a directory on the way of a pattern that cannot be read, as of one that is none, nothing is found. */
async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EACCES"].includes(errorCode(error))) return [];
    throw error;
  }
}
