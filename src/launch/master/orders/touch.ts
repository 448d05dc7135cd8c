/** Touched files: what was seen of a file, what is seen now -> whether it counts. Pure; watch.ts looks. */

/** What stat(2) says of a file that is there. */
export interface FileLook {
  /** Nanoseconds. */
  readonly modified: bigint;
  readonly inode: bigint;
}

/** A file as it was seen last; `undefined` when it was not there. */
export type Seen = FileLook | undefined;

/**
 * Whether a file was touched since it was seen last. As in uWSGI its making and its removal count too; unlike
 * there a second within the same second does, and an older file that takes its place.
 */
export function isTouched(before: Seen, now: Seen): boolean {
  if (before === undefined || now === undefined) return before !== now;
  return before.modified !== now.modified || before.inode !== now.inode;
}

/** The files to look at, each once. */
export function pathsOf(list: readonly { readonly path: string }[]): readonly string[] {
  return [...new Set(list.map(({ path }) => path))];
}
