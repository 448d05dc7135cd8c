/** Content types by the ending of a file's name. */
import { readFileSync } from "node:fs";

/** The system's table (Debian: media-types), which uWSGI reads as well. */
export const SYSTEM_TYPES = "/etc/mime.types";

/** What is known without any file. */
const OWN = `
application/gzip gz
application/json json map
application/manifest+json webmanifest
application/pdf pdf
application/wasm wasm
application/xml xml
application/zip zip
audio/mpeg mp3
font/otf otf
font/ttf ttf
font/woff woff
font/woff2 woff2
image/avif avif
image/gif gif
image/jpeg jpeg jpg
image/png png
image/svg+xml svg
image/vnd.microsoft.icon ico
image/webp webp
text/css css
text/csv csv
text/html html htm
text/javascript js mjs
text/plain txt
video/mp4 mp4
video/webm webm
`;

/** A media type; what a file says else must not get into an answer's head. */
const TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/;

/** A table of content types. */
export class MimeTypes {
  readonly #types = new Map<string, string>();

  constructor() {
    this.add(OWN);
  }

  /**
   * Adds a text in the format of /etc/mime.types: a type and its endings, or a comment, a line. What it says
   * beats what was known before; of two lines of one text the first counts, as in uWSGI.
   */
  add(text: string): void {
    const found = new Map<string, string>();
    for (const line of text.split("\n")) {
      const [type = "", ...endings] = line.trim().split(/\s+/);
      if (!TYPE.test(type)) continue;
      for (const ending of endings) {
        const key = ending.toLowerCase();
        if (!found.has(key)) found.set(key, type);
      }
    }
    for (const [ending, type] of found) this.#types.set(ending, type);
  }

  /** The type of a file, by what follows the last dot of its name, in any case. */
  of(path: string): string | undefined {
    const ending = path.slice(path.lastIndexOf(".") + 1);
    return this.#types.get(ending) ?? this.#types.get(ending.toLowerCase());
  }
}

/**
 * The types of some files, or of the system's where none is named.
 * @param complain hears of a named file that cannot be read
 */
export function loadTypes(
  files: readonly string[],
  complain: (message: string) => void,
): MimeTypes {
  const types = new MimeTypes();
  for (const file of (files.length > 0 ? files : [SYSTEM_TYPES]).toReversed()) {
    try {
      types.add(readFileSync(file, "latin1"));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (files.length > 0) complain(`mimefile: ${reason}`);
    }
  }
  return types;
}
