/** What routes know of a request and its answer, and what they change of it. */
import type { FileTest } from "../../settings/routing/route-settings.ts";

/** What rules need of the world. Called while a request is decided, so each call is to be quick. */
export interface RouteWorld {
  /** @param path one character a byte */
  readonly file: (kind: FileTest, path: string) => boolean;
  /** The text of a password file; undefined when it cannot be read. */
  readonly passwords: (path: string) => string | undefined;
  /** The media type of a file's ending. */
  readonly mime: (path: string) => string | undefined;
  /** SHA-1 of bytes, in base64. */
  readonly sha1: (text: string) => string;
  readonly uuid: () => string;
  /** Milliseconds since 1970, with fractions. */
  readonly now: () => number;
  readonly pid: number;
  readonly log: (line: string) => void;
}

/** One request on its way through the tables. All text is one character a byte. */
export interface RouteScope {
  /** The CGI variables; rules change them. */
  readonly vars: Map<string, string>;
  readonly world: RouteWorld;
  /** When it came, as `world.now()`. */
  readonly since: number;
  /** Of the answer; 500 as long as there is none, as in uWSGI. */
  status: number;
  /** Bytes of the answer's body so far. */
  sent: number;
  /** Whole fields for the answer, without line ends. */
  readonly added: string[];
  /** Names of fields that the answer is not to have, in lower case. */
  readonly removed: Set<string>;
  /** No line in the access log. */
  quiet: boolean;
  /** Seconds that the application may take; 0: as configured. */
  harakiri: number;
}

/** The scope of a request that has come now. */
export function routeScope(vars: Map<string, string>, world: RouteWorld): RouteScope {
  const since = world.now();
  const answer = { status: 500, sent: 0, added: [], removed: new Set<string>() };
  return { vars, world, since, ...answer, quiet: false, harakiri: 0 };
}
