/** Opening the file of a route. */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

/**
 * Opens a plain file; undefined when there is none, or it may not be read.
 * @param path one character a byte
 */
export async function openPlain(
  path: string,
): Promise<{ handle: FileHandle; size: number } | undefined> {
  let handle: FileHandle | undefined;
  try {
    // A pipe would be waited for.
    handle = await open(Buffer.from(path, "latin1"), constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = await handle.stat();
    if (stats.isFile()) return { handle, size: stats.size };
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
  }
  await handle?.close();
  return undefined;
}
