/** Files of `static-map = /mountpoint=/directory`, served without the application. */
import { constants, type Stats } from "node:fs";
import { type FileHandle, open, realpath } from "node:fs/promises";
import { extname, sep } from "node:path";
import type { StaticMap } from "../../settings/static-settings.ts";
import { Flag } from "../protocol/frame.ts";
import type { Exchange } from "./exchange.ts";
import { type FileSink, sendFile } from "./file-answer.ts";

const NOTHING = Buffer.alloc(0);

/** Content types by file ending; what is not here goes without one. */
const TYPES: Readonly<Record<string, string>> = {
  ".avif": "image/avif",
  ".css": "text/css",
  ".csv": "text/csv",
  ".gif": "image/gif",
  ".gz": "application/gzip",
  ".htm": "text/html",
  ".html": "text/html",
  ".ico": "image/vnd.microsoft.icon",
  ".jpeg": "image/jpeg",
  ".jpg": "image/jpeg",
  ".js": "text/javascript",
  ".json": "application/json",
  ".map": "application/json",
  ".mjs": "text/javascript",
  ".mp3": "audio/mpeg",
  ".mp4": "video/mp4",
  ".otf": "font/otf",
  ".pdf": "application/pdf",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".ttf": "font/ttf",
  ".txt": "text/plain",
  ".wasm": "application/wasm",
  ".webm": "video/webm",
  ".webmanifest": "application/manifest+json",
  ".webp": "image/webp",
  ".woff": "font/woff",
  ".woff2": "font/woff2",
  ".xml": "application/xml",
  ".zip": "application/zip",
};

/** The media type of a file's ending; undefined for one that is not known. */
export function contentType(path: string): string | undefined {
  return TYPES[extname(path).toLowerCase()];
}

/** A file that a request may mean. */
export interface StaticFile {
  readonly directory: string;
  /** Below the directory, one character a byte. */
  readonly path: string;
}

/** The static maps of a server. */
export class StaticFiles {
  readonly #maps: readonly StaticMap[];

  constructor(maps: readonly StaticMap[]) {
    this.#maps = maps;
  }

  /**
   * The file that a path means, if it is under a mountpoint. A mountpoint covers whole segments:
   * `/static` covers `/static/x` but not `/static../x`, as uWSGI's would.
   * @param path decoded, one character a byte
   */
  match(path: string): StaticFile | undefined {
    for (const { mountpoint, directory } of this.#maps) {
      const prefix = mountpoint.endsWith("/") ? mountpoint : `${mountpoint}/`;
      if (path === mountpoint) return { directory, path: "" };
      if (path.startsWith(prefix)) return { directory, path: path.slice(prefix.length) };
    }
    return undefined;
  }

  /**
   * Sends the file, if it is one and lies inside its directory once all links are followed.
   * @param headOnly the answer has no body
   * @returns false when there is no such file and nothing was sent
   * @throws when reading fails after the head was sent
   */
  async serve(
    file: StaticFile,
    headOnly: boolean,
    sink: FileSink,
    exchange: Exchange,
  ): Promise<boolean> {
    const found = await openInside(file);
    if (found === undefined) return false;
    const { handle, stats, path } = found;
    try {
      const type = contentType(path);
      const head = Buffer.from(
        `200 OK\r\n${type === undefined ? "" : `Content-Type: ${type}\r\n`}Content-Length: ${stats.size}\r\nLast-Modified: ${stats.mtime.toUTCString()}\r\n`,
      );
      const empty = headOnly || stats.size === 0;
      if (exchange.abandoned) return true;
      exchange.claim();
      exchange.waiting.answer(200, Flag.length, head, NOTHING, empty);
      if (!empty) await sendFile(handle, 0, stats.size, sink, exchange.waiting);
      return true;
    } finally {
      await handle.close();
    }
  }
}

/** Opens a file, unless a link or `..` leads out of its directory, or it is no plain file. */
async function openInside(
  file: StaticFile,
): Promise<{ handle: FileHandle; stats: Stats; path: string } | undefined> {
  if (file.path.includes("\0")) return undefined;
  let handle: FileHandle | undefined;
  try {
    const root = await realpath(file.directory);
    // latin-1 characters are the bytes of the name as the client sent them.
    const name = Buffer.from(file.path, "latin1").toString();
    const path = await realpath(name === "" ? root : `${root}${sep}${name}`);
    if (path !== root && !path.startsWith(root === sep ? sep : root + sep)) return undefined;
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stats = await handle.stat();
    if (stats.isFile()) return { handle, stats, path };
    await handle.close();
    return undefined;
  } catch (error) {
    await handle?.close();
    if (error instanceof Error && "code" in error) return undefined; // not there, not ours to read
    throw error;
  }
}
