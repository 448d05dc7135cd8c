/**
 * Which files lie on this machine's own disks or in its memory. There the state of a file that was just in use
 * is in memory, and asking for it at once (2 us) costs a tenth of letting a thread ask. A file system on the
 * network may take seconds, or hang, and the front with it, if it is not a thread that waits.
 */
import { statfs } from "node:fs";

/** The `f_type` of file systems that are local: ext2 to ext4, XFS, Btrfs, tmpfs, overlayfs, ZFS, F2FS, SquashFS. */
const LOCAL = new Set([
  0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630, 0x2fc12fc1, 0xf2f52010, 0x73717368,
]);

/** Remembers which directories are local. */
export class Disks {
  readonly #roots = new Map<string, Promise<boolean>>();

  /**
   * Whether nothing on the way to a file is anywhere else: each directory that leads to the root, as it was
   * written, and the file.
   * @param root absolute, one character a byte, as all paths of the front
   * @param real the file, links followed
   */
  async areLocal(root: string, real: string): Promise<boolean> {
    let known = this.#roots.get(root);
    if (known === undefined) {
      if (this.#roots.size >= MAX_ROOTS) return false;
      known = allLocal(root);
      this.#roots.set(root, known);
    }
    return (await known) && (await isLocal(real));
  }
}

/** Roots that are remembered: with check-static-docroot every request could name another. */
const MAX_ROOTS = 64;

async function allLocal(root: string): Promise<boolean> {
  for (let at = root.indexOf("/", 1); at > 0; at = root.indexOf("/", at + 1)) {
    if (!(await isLocal(root.slice(0, at)))) return false;
  }
  return isLocal(root);
}

function isLocal(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    statfs(Buffer.from(path, "latin1"), (error, stats) => {
      resolve(!error && LOCAL.has(stats.type));
    });
  });
}
