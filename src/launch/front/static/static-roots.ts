/** Where the file of a request may be: what the mountpoints say, before the file system is asked. */
import type { StaticMap, StaticSettings } from "../../../settings/static-settings.ts";

/** A file that a request may mean. Both texts have one character a byte, and neither ends in a slash. */
export interface Candidate {
  /** The directory that the file has to be in once links are followed, or the file itself. */
  readonly root: string;
  /** What the name of the file is in full; it may lead out of the root. */
  readonly path: string;
}

/** One directory, as it was configured. */
interface Mount {
  /** With a slash at its end. */
  readonly prefix: string;
  readonly root: string;
  /** The mountpoint stays part of the path. */
  readonly whole: boolean;
}

const NONE: readonly Candidate[] = [];

/** The directories of a server, in uWSGI's order: check-static, static-map, static-map2, each as written. */
export class StaticRoots {
  readonly #mounts: readonly Mount[];

  constructor({ checks, maps, wholeMaps }: StaticSettings) {
    this.#mounts = [
      ...checks.map((directory) => ({ prefix: "/", root: bytes(directory), whole: true })),
      ...maps.map((map) => mount(map, false)),
      ...wholeMaps.map((map) => mount(map, true)),
    ];
  }

  /**
   * The files that a path may mean, the first first. A mountpoint covers whole segments: `/static` covers
   * `/static/x` but not `/static../x`, as uWSGI's would.
   * @param path decoded, one character a byte
   * @param docroot the DOCUMENT_ROOT of the request, one character a byte, if that is to be looked at
   */
  candidates(path: string, docroot: string | undefined): readonly Candidate[] {
    let found = NONE;
    for (const { prefix, root, whole } of this.#mounts) {
      if (!covers(prefix, path)) continue;
      const candidate = { root, path: joined(root, whole ? path : path.slice(prefix.length)) };
      found = found.length === 0 ? [candidate] : [...found, candidate];
    }
    if (docroot?.startsWith("/"))
      found = [...found, { root: docroot, path: joined(docroot, path) }];
    return found.length > 0 && path.includes("\0") ? NONE : found;
  }
}

function mount({ mountpoint, directory }: StaticMap, whole: boolean): Mount {
  const point = bytes(mountpoint);
  return { prefix: point.endsWith("/") ? point : `${point}/`, root: bytes(directory), whole };
}

/** A mountpoint `/m` is covered by `/m` as well, which `/m/` is in uWSGI not; here both are. */
function covers(prefix: string, path: string): boolean {
  return path.startsWith(prefix) || (path.length === prefix.length - 1 && prefix.startsWith(path));
}

function joined(root: string, name: string): string {
  const below = name.replace(/^\/+/, "");
  return below === "" ? root : root === "/" ? `/${below}` : `${root}/${below}`;
}

/** Text in the form that paths have here: one character a byte. */
export function bytes(text: string): string {
  return Buffer.from(text).toString("latin1");
}
