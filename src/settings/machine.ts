/** What the checks before a start may ask of the machine: the seam for tests. Nothing here changes anything. */

/** What stands at a path, links followed. `denied`: a directory on the way may not be searched. */
export type PathKind = "file" | "directory" | "other" | "missing" | "denied";

/** How a short program ended. */
export interface ProgramResult {
  /** Exit status; undefined when it could not be run or was ended by a signal. */
  readonly status: number | undefined;
  readonly stdout: string;
  /** Standard error, or why it could not be run. */
  readonly stderr: string;
}

/** The machine that the server is to run on, or a fake of it. */
export interface Machine {
  readonly kind: (path: string) => PathKind;
  readonly readable: (path: string) => boolean;
  readonly writable: (path: string) => boolean;
  readonly executable: (path: string) => boolean;
  /** The text of a file, undefined when it cannot be read. */
  readonly readText: (path: string) => string | undefined;
  /** The permission bits of a path, undefined when it cannot be looked at. */
  readonly mode: (path: string) => number | undefined;
  /** The names in a directory, undefined when it cannot be read. */
  readonly list: (path: string) => readonly string[] | undefined;
  /** Why OpenSSL does not take a list of ciphers; undefined when it does. */
  readonly cipherFault: (ciphers: string) => string | undefined;
  /** The PATH of the environment. */
  readonly searchPath: string;
  /** Effective user and group of this process. */
  readonly uid: number;
  readonly gid: number;
  /** Runs a program with a bound on its time and output. */
  readonly run: (program: string, args: readonly string[]) => ProgramResult;
}
