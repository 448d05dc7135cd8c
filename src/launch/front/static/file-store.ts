/** Finds files for static answers, and remembers what it found for as long as the files stay as they are. */
import { constants, realpath, type Stats, stat, statSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { Validators } from "./conditional.ts";
import { Disks } from "./disks.ts";
import { bytes, type Candidate } from "./static-roots.ts";

/** Files up to this are read at once, and their content is kept. */
export const SMALL_BYTES = 64 * 1024;
/** Files that are remembered, and bytes of content that are kept of them in all. */
const MAX_FILES = 1024;
const MAX_CONTENT_BYTES = 8 * 1024 * 1024;
/**
 * A file that was changed less than this ago is not remembered: it could change once more within the same tick
 * of the file system's clock, and look the same. The coarsest clocks in use tick every 2 s.
 */
const SETTLED_MS = 3_000;

const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** Why a file that is there is no file for a client. Anything else is a fault of the server's. */
const NOT_OURS = new Set([
  "ENOENT",
  "ENOTDIR",
  "EACCES",
  "EPERM",
  "ELOOP",
  "ENAMETOOLONG",
  "ENXIO",
]);

/** A file that may be sent. */
export interface FoundFile extends Validators {
  /** Its path once all links are followed; one character a byte, as all paths here. */
  readonly path: string;
  readonly size: number;
  /** As an HTTP date. */
  readonly lastModified: string;
  /** The whole of it, if it is small. */
  readonly content: Buffer | undefined;
  /** Identifies the state of the file that all this is about. */
  readonly stats: Stats;
  readonly root: string;
  /** Its state can be asked without waiting for a network. */
  readonly local: boolean;
}

/** What is at a path. */
export type Lookup = FoundFile | "directory" | undefined;

/** Looks for files. */
export class FileStore {
  readonly #safe: readonly string[];
  readonly #disks = new Disks();
  /** By the path that was asked for. The oldest goes first when there are too many. */
  readonly #files = new Map<string, FoundFile>();
  #contentBytes = 0;

  /** @param safe directories that links may lead into, absolute */
  constructor(safe: readonly string[]) {
    this.#safe = safe.map(bytes);
  }

  /** A file that was found before, lies on a disk of this machine and has not changed since. */
  known({ path, root }: Candidate): FoundFile | undefined {
    const file = this.#files.get(path);
    if (file === undefined || file.root !== root || !file.local) return undefined;
    try {
      return sameState(file.stats, statSync(native(path))) ? file : undefined;
    } catch {
      return undefined; // gone, or the way there: `find` looks again
    }
  }

  /**
   * What is at a path. Of a file that was found before and has not changed since, nothing but its state is
   * asked. A file that is reached through a link or `..` out of its root is none.
   * @throws when a file is there and cannot be read, for want of descriptors for instance
   */
  async find({ path, root }: Candidate): Promise<Lookup> {
    const stats = await statOf(path);
    if (stats === undefined) return undefined;
    if (stats.isDirectory()) return "directory";
    // Nothing else is ever opened: that can block, or do something (FIFOs, devices).
    if (!stats.isFile()) return undefined;
    const known = this.#files.get(path);
    if (known !== undefined) {
      if (known.root === root && sameState(known.stats, stats)) return known;
      this.#forget(path, known);
    }
    const real = await this.#inside(path, root);
    if (real === undefined) return undefined;
    const found = await lookAt(real, root, stats, await this.#disks.areLocal(root, real));
    if (found !== undefined && settled(found.stats)) this.#remember(path, found);
    return found;
  }

  /** The real path of a file, if it lies in the root or in a safe directory. */
  async #inside(path: string, root: string): Promise<string | undefined> {
    const [real, realRoot] = await Promise.all([realPath(path), realPath(root)]);
    if (real === undefined || realRoot === undefined) return undefined;
    if (isBelow(real, realRoot)) return real;
    for (const safe of this.#safe) {
      if (isBelow(real, safe) || isBelow(real, (await realPath(safe)) ?? safe)) return real;
    }
    return undefined;
  }

  #remember(path: string, file: FoundFile): void {
    const before = this.#files.get(path);
    if (before !== undefined) this.#forget(path, before); // another request was faster
    this.#files.set(path, file);
    this.#contentBytes += file.content?.length ?? 0;
    for (const [oldest, old] of this.#files) {
      if (this.#files.size <= MAX_FILES && this.#contentBytes <= MAX_CONTENT_BYTES) return;
      this.#forget(oldest, old);
    }
  }

  #forget(path: string, file: FoundFile): void {
    if (this.#files.get(path) !== file) return;
    this.#files.delete(path);
    this.#contentBytes -= file.content?.length ?? 0;
  }
}

/**
 * Opens a file that was found.
 * @returns undefined when it is gone or may not be read; "changed" when it is not as it was found
 * @throws when it is there and cannot be opened
 */
export async function openFound(file: FoundFile): Promise<FileHandle | "changed" | undefined> {
  const handle = await openPlain(file.path);
  if (handle === undefined || sameState(await handle.stat(), file.stats)) return handle;
  await handle.close();
  return "changed";
}

/** Reads exactly a part of a file. @throws when it has become shorter */
export async function readPart(handle: FileHandle, start: number, size: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(size);
  let done = 0;
  while (done < size) {
    const { bytesRead } = await handle.read(buffer, done, size - done, start + done);
    if (bytesRead === 0) throw new Error("the file was cut while it was read");
    done += bytesRead;
  }
  return buffer;
}

/** Reads a small file, and of a large one nothing but its state. */
async function lookAt(
  path: string,
  root: string,
  before: Stats,
  local: boolean,
): Promise<FoundFile | undefined> {
  const where = { path, root, local };
  if (before.size > SMALL_BYTES) return describe(where, before, undefined);
  const handle = await openPlain(path);
  if (handle === undefined) return undefined;
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) return undefined;
    if (stats.size > SMALL_BYTES) return describe(where, stats, undefined);
    const content = await readPart(handle, 0, stats.size);
    return describe(where, stats, content);
  } finally {
    await handle.close();
  }
}

function describe(
  where: Pick<FoundFile, "path" | "root" | "local">,
  stats: Stats,
  content: Buffer | undefined,
): FoundFile {
  const modifiedMs = Math.floor(stats.mtimeMs / 1000) * 1000;
  const lastModified = new Date(modifiedMs).toUTCString();
  // Microseconds, and the size: nothing that differs between two servers with the same files.
  const etag = `"${Math.round(stats.mtimeMs * 1000).toString(36)}-${stats.size.toString(36)}"`;
  return { ...where, stats, content, etag, modifiedMs, lastModified, size: stats.size };
}

async function openPlain(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(native(path), FLAGS);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (typeof code === "string" && NOT_OURS.has(code)) return undefined;
    throw error;
  }
}

function sameState(one: Stats, other: Stats): boolean {
  return (
    one.ino === other.ino &&
    one.mtimeMs === other.mtimeMs &&
    one.ctimeMs === other.ctimeMs &&
    one.size === other.size &&
    one.dev === other.dev
  );
}

function settled({ mtimeMs, ctimeMs }: Stats): boolean {
  return Date.now() - Math.max(mtimeMs, ctimeMs) > SETTLED_MS;
}

function isBelow(path: string, directory: string): boolean {
  if (path === directory || directory === "/") return true;
  return path.startsWith(directory) && path[directory.length] === "/";
}

/** By callbacks: these are asked for every request, and promises of Node's file system cost more. */
function statOf(path: string): Promise<Stats | undefined> {
  return new Promise((resolve) => {
    stat(native(path), (error, stats) => resolve(error ? undefined : stats));
  });
}

function realPath(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    realpath.native(native(path), "latin1", (error, real) => resolve(error ? undefined : real));
  });
}

/** The bytes of a path as the system takes them. */
export function native(path: string): string | Buffer {
  return /[\x80-\xff]/.test(path) ? Buffer.from(path, "latin1") : path;
}
