/**
 * What routes ask the system. The questions are answered at once, as in uWSGI: a request waits for nothing but
 * the kernel's own cache of names, and there is only a question where a rule has one.
 */
import { createHash, randomUUID } from "node:crypto";
import { accessSync, constants, lstatSync, readFileSync, type Stats, statSync } from "node:fs";
import type { FileTest } from "../../../settings/routing/route-settings.ts";
import type { RouteWorld } from "../../routing/scope.ts";
import type { MimeTypes } from "../static/mime.ts";

/** A larger password file is not read. */
const PASSWORDS_BYTES = 1024 * 1024;

interface Known {
  readonly mtimeMs: number;
  readonly size: number;
  readonly text: string;
}

/** The world of a server. */
export function routeWorld(types: MimeTypes): RouteWorld {
  const known = new Map<string, Known>();
  return {
    file: (kind, path) => isSo(kind, Buffer.from(path, "latin1")),
    passwords: (path) => passwords(path, known),
    mime: (path) => types.of(path),
    sha1: (text) => createHash("sha1").update(text, "latin1").digest("base64"),
    uuid: randomUUID,
    now: () => performance.timeOrigin + performance.now(),
    pid: process.pid,
    log: (line) => console.error(printable(line)),
  };
}

/** What comes from a request is not to steer a terminal, or to look like another line. */
function printable(line: string): string {
  return line.replace(
    /[^\t -~\x80-\xff]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

function isSo(kind: FileTest, path: Buffer): boolean {
  if (path.length === 0) return false;
  try {
    switch (kind) {
      case "exists":
        return statOf(path) !== undefined;
      case "isfile":
        return statOf(path)?.isFile() ?? false;
      case "isdir":
        return statOf(path)?.isDirectory() ?? false;
      case "islink":
        return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
      case "isexec":
        accessSync(path, constants.X_OK);
        return true;
    }
  } catch {
    return false; // not there, or not for us to look at
  }
}

function statOf(path: Buffer): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

/** Read again when the file has changed. */
function passwords(path: string, known: Map<string, Known>): string | undefined {
  try {
    const { mtimeMs, size } = statSync(path);
    const last = known.get(path);
    if (last?.mtimeMs === mtimeMs && last.size === size) return last.text;
    if (size > PASSWORDS_BYTES) return undefined;
    const text = readFileSync(path, "latin1");
    known.set(path, { mtimeMs, size, text });
    return text;
  } catch {
    return undefined; // nobody passes
  }
}
