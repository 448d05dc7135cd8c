/** Password files of `basicauth`, as Apache's htpasswd writes them. */

/** What stands before a hash that this server can check: SHA-1 in base64 (`htpasswd -s`). */
export const shaPrefix = "{SHA}";

/** One line of a password file. */
export interface PasswordLine {
  readonly name: string;
  readonly hash: string;
  /** From 1. */
  readonly line: number;
}

/** The users of a password file: lines of `name:hash`. */
export function passwordLines(text: string): PasswordLine[] {
  return text.split("\n").flatMap((written, index) => {
    const colon = written.indexOf(":");
    if (colon < 0 || written.startsWith("#")) return [];
    const hash = written.slice(colon + 1).trim();
    return [{ name: written.slice(0, colon), hash, line: index + 1 }];
  });
}
