/** Settings of files that are served without the application. */

/** `static-map = /mountpoint=/directory`; `directory` is absolute, and may be a file. */
export interface StaticMap {
  readonly mountpoint: string;
  readonly directory: string;
}

/** What the pattern of a rule for Expires is matched with: the file's path once links are followed, and so on. */
export type ExpiresSubject = "file" | "path-info" | "uri" | "type";

/** One of the options `static-expires…`. */
export interface ExpiresRule {
  readonly subject: ExpiresSubject;
  /** A regular expression (see options/pattern.ts); of `type` the media type itself. */
  readonly pattern: string;
  readonly seconds: number;
  /** The time counts from the file's last change instead of from now. */
  readonly fromChange: boolean;
}

/** Who sends the bytes of a file: this server, or the web server in front of it, which is told the path. */
export type FileServeMode = "bytes" | "x-sendfile" | "x-accel-redirect";

/** What is served from files, and how. Paths are absolute. */
export interface StaticSettings {
  /** `check-static`: directories that every request path is looked for in. */
  readonly checks: readonly string[];
  /** `static-map`: what follows the mountpoint is looked for in the directory. */
  readonly maps: readonly StaticMap[];
  /** `static-map2`: the whole path, the mountpoint with it, is looked for in the directory. */
  readonly wholeMaps: readonly StaticMap[];
  /** `check-static-docroot`: the request's DOCUMENT_ROOT is a directory like that of `check-static`. */
  readonly docroot: boolean;
  /** Names that stand for a directory, in the order in which they are tried. */
  readonly index: readonly string[];
  /** Directories that links may lead into. */
  readonly safe: readonly string[];
  /** Ends of names that are the application's. */
  readonly skipEnds: readonly string[];
  readonly expires: readonly ExpiresRule[];
  /** For which files a compressed one beside them (`.br`, `.gz`) is looked for; patterns as in ExpiresRule. */
  readonly gzipAll: boolean;
  readonly gzipPrefixes: readonly string[];
  readonly gzipEnds: readonly string[];
  readonly gzipPatterns: readonly string[];
  /** Files in the format of /etc/mime.types; none: that one, if there is one. */
  readonly mimeFiles: readonly string[];
  readonly honourRange: boolean;
  readonly serveMode: FileServeMode;
}

/** The lists of `StaticSettings` that hold texts, for the options that add to one of them. */
export type StaticList =
  | "checks"
  | "index"
  | "safe"
  | "skipEnds"
  | "gzipPrefixes"
  | "gzipEnds"
  | "gzipPatterns"
  | "mimeFiles";

type Mutable<T> = {
  -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K];
};

/** Nothing is served from files. */
export function noStatics(): Mutable<StaticSettings> {
  return {
    checks: [],
    maps: [],
    wholeMaps: [],
    docroot: false,
    index: [],
    safe: [],
    skipEnds: [],
    expires: [],
    gzipAll: false,
    gzipPrefixes: [],
    gzipEnds: [],
    gzipPatterns: [],
    mimeFiles: [],
    honourRange: false,
    serveMode: "bytes",
  };
}

/** Whether any request can be answered with a file. */
export function servesFiles({ checks, maps, wholeMaps, docroot }: StaticSettings): boolean {
  return docroot || checks.length + maps.length + wholeMaps.length > 0;
}

/**
 * With its paths made absolute. `static-gzip-dir` is the beginning of a path and no directory: it stays as it
 * is if it is absolute, because a slash at its end counts.
 */
export function finishStatics(
  statics: StaticSettings,
  inChdir: (path: string) => string,
): StaticSettings {
  const inDirectory = (map: StaticMap) => ({ ...map, directory: inChdir(map.directory) });
  return {
    ...statics,
    checks: statics.checks.map(inChdir),
    maps: statics.maps.map(inDirectory),
    wholeMaps: statics.wholeMaps.map(inDirectory),
    safe: statics.safe.map(inChdir),
    gzipPrefixes: statics.gzipPrefixes.map((path) => (path.startsWith("/") ? path : inChdir(path))),
    mimeFiles: statics.mimeFiles.map(inChdir),
  };
}
