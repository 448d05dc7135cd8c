/** What the directories of static files are on this machine, and whether they give the application away. */

import { resolve } from "node:path";
import type { Place } from "../source.ts";
import type { Machine } from "./machine.ts";
import type { SayOne } from "./say.ts";
import type { Settings } from "./settings.ts";

/** One directory of an option. */
interface Named {
  readonly option: string;
  readonly path: string;
  readonly place: Place | undefined;
}

/** Files that hold secrets or the program, and stand in the directory of many a project. */
const TELLING = [".env", ".git", "manage.py", "requirements.txt", "pyproject.toml"];

/** Warns of directories that are missing, and of such from which files would be served that nobody means to serve. */
export function checkStatics(settings: Settings, machine: Machine, warn: SayOne): void {
  const { statics } = settings;
  for (const served of servedDirectories(settings)) {
    if (missing(served, machine, warn, "requests for it will be answered by the application"))
      continue;
    checkExposure(served, settings, machine, warn);
  }
  for (const safe of named(settings, "static-safe", "safe", statics.safe)) {
    if (missing(safe, machine, warn, "links into it lead nowhere")) continue;
    if (safe.path !== "/") continue;
    const message = "`static-safe = /`: a link may lead to any file of this machine";
    warn("static-safe", safe.place, message, "name the directories that links lead into");
  }
  for (const file of named(settings, "mimefile", "mimeFiles", statics.mimeFiles)) {
    if (machine.kind(file.path) === "file" && machine.readable(file.path)) continue;
    const message = `\`mimefile\`: ${file.path} is no file that can be read`;
    warn("mimefile", file.place, message, "the built-in content types will be used; leave it out");
  }
}

function servedDirectories(settings: Settings): Named[] {
  const { checks, maps, wholeMaps } = settings.statics;
  const directories = (all: typeof maps) => all.map(({ directory }) => directory);
  return [
    ...named(settings, "check-static", "checks", checks),
    ...named(settings, "static-map", "maps", directories(maps)),
    ...named(settings, "static-map2", "wholeMaps", directories(wholeMaps)),
  ];
}

function named(
  { places }: Settings,
  option: string,
  field: string,
  paths: readonly string[],
): Named[] {
  return paths.map((path, index) => ({ option, path, place: places[`statics.${field}.${index}`] }));
}

/** Says that something is not there; a file is fine for `static-map`. */
function missing(
  { option, path, place }: Named,
  machine: Machine,
  warn: SayOne,
  so: string,
): boolean {
  const kind = machine.kind(path);
  if (kind === "directory" || (kind === "file" && option === "static-map")) return false;
  const what =
    kind === "missing"
      ? "does not exist"
      : kind === "denied"
        ? "may not be looked at"
        : "is not a directory";
  warn(option, place, `\`${option}\`: ${path} ${what}`, `${so}; make the directory`);
  return true;
}

/** uWSGI serves whatever lies in the directory: source, configuration, files whose names begin with a dot. */
function checkExposure(
  { option, path, place }: Named,
  settings: Settings,
  machine: Machine,
  warn: SayOne,
): void {
  const below = path === "/" ? "/" : `${path}/`;
  const candidates = [
    ...sourceFiles(settings),
    ...TELLING.map((name) => `${below}${name}`),
    ...(place === undefined ? [] : [resolve(settings.chdir, place.file)]),
  ];
  const told = candidates
    .filter((file) => file.startsWith(below))
    .find((file) => machine.kind(file) === "file" || machine.kind(file) === "directory");
  if (told === undefined) return;
  const message = `\`${option}\`: every file below ${path} is served to everybody, ${told} with them`;
  warn("static-exposure", place, message, "put what is to be served into a directory of its own");
}

/** Where the application's source may be. */
function sourceFiles({ app, chdir, pythonpath }: Settings): string[] {
  if (app?.kind === "file") return [app.path];
  if (app?.kind !== "module") return [];
  const module = app.module.replaceAll(".", "/");
  return [chdir, ...pythonpath].flatMap((directory) => [
    `${directory}/${module}.py`,
    `${directory}/${module}/__init__.py`,
  ]);
}
