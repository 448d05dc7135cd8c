/** A file that is there as a whole or not at all. */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { errorCode } from "./machine.ts";

/** New files are for everybody to read, as an editor makes them; the umask takes away from that. */
const newMode = 0o666;

/**
 * Writes a text into a new file beside the target, which then takes its place: nobody ever sees half of
 * it. A file that is replaced keeps its permissions; a symbolic link stays, and what it points to is replaced.
 * @param force whether an existing file may be replaced
 * @returns why it was not written; undefined when it was
 */
export function writeWhole(path: string, text: string, force: boolean): string | undefined {
  if (!force && existsSync(path)) return `\`${path}\` exists; \`--force\` overwrites it`;
  try {
    const target = existsSync(path) ? realpathSync(path) : path;
    const mode = existsSync(target) ? statSync(target).mode & 0o777 : undefined;
    if (existsSync(target) && !statSync(target).isFile()) return `\`${path}\` is not a file`;
    const temporary = `${target}.${randomBytes(6).toString("hex")}.tmp`;
    try {
      write(temporary, text, mode);
      if (force) renameSync(temporary, target);
      else appear(temporary, target);
    } finally {
      rmSync(temporary, { force: true });
    }
    return undefined;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return `\`${path}\` exists; \`--force\` overwrites it`;
    return `\`${path}\` cannot be written: ${reasons.get(errorCode(error) ?? "") ?? String(error)}`;
  }
}

/** A link fails where something has come to stand in the meantime; a rename would replace it. */
function appear(temporary: string, target: string): void {
  try {
    linkSync(temporary, target);
  } catch (error) {
    // Not every file system has links.
    if (!noLinks.has(errorCode(error) ?? "") || existsSync(target)) throw error;
    renameSync(temporary, target);
  }
}

const noLinks: ReadonlySet<string> = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]);

const reasons = new Map([
  ["ENOENT", "there is no such directory"],
  ["ENOTDIR", "there is no such directory"],
  ["EACCES", "permission denied"],
  ["EPERM", "permission denied"],
  ["EROFS", "the file system is read-only"],
  ["ENOSPC", "the disk is full"],
]);

function write(path: string, text: string, mode: number | undefined): void {
  const fd = openSync(path, "wx", mode ?? newMode);
  try {
    // The umask does not count for a file that had its permissions before.
    if (mode !== undefined) fchmodSync(fd, mode);
    writeFileSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
