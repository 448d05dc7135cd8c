/** `FILE:SECTION`, as commands take it and uWSGI's options do. */
import type { Format } from "../read/read.ts";
import { formatOf } from "../read/read.ts";

/** A file and what of it is meant. */
export interface FileTarget {
  /** Relative to the working directory; `-` is standard input. */
  readonly path: string;
  /** Undefined when none was named, which means `uwsgi`. */
  readonly section: string | undefined;
  /** By the ending; ini where that says nothing, as for uWSGI's `--ini`. */
  readonly format: Format;
  /** The value of an option such as `ini` that means the same. */
  readonly value: string;
}

/**
 * Splits at the last colon, as uWSGI does, unless a file of the whole name exists.
 * @param exists whether there is a file of that name
 */
export function fileTarget(text: string, exists: (path: string) => boolean): FileTarget {
  const colon = text.lastIndexOf(":");
  const whole = colon < 0 || exists(text);
  const path = whole ? text : text.slice(0, colon);
  const section = whole ? "" : text.slice(colon + 1);
  return {
    path,
    section: section === "" ? undefined : section,
    format: formatOf(path) ?? "ini",
    // uWSGI would take what follows the colon of the file's name for the section.
    value: whole && colon >= 0 ? `${text}:` : text,
  };
}
