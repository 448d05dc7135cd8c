/** What each magic variable stands for: uWSGI's table of letters, over the host and the file being read. */
import type { MagicVariables } from "../read/magic.ts";
import type { Host } from "./host.ts";

/** A file as its magic variables see it. */
export interface LoadedFile {
  /** As it was given, without a section. */
  readonly name: string;
  /** Absolute, with the links of the directory resolved and the file's own not; empty for standard input. */
  readonly path: string;
  /** The section that was asked for; empty when none was. */
  readonly section: string;
}

/**
 * The variables of one file. Capitals of the file's letters are those of the file that was read first.
 * @param first the first file of the whole configuration, which may be `file` itself
 */
export function magicVariables(file: LoadedFile, first: LoadedFile, host: Host): MagicVariables {
  return (letter) => {
    const digit = /^\d$/.test(letter) ? Number(letter) : undefined;
    if (digit !== undefined) return directoryParts(file.path)[digit] ?? "";
    return (
      ofFile(letter, file, host) ?? ofFile(uncapital(letter), first, host) ?? ofHost(letter, host)
    );
  };
}

const fileLetters = "opsdnecxij";

/** The small letter of a capital that names the first file; `-`, which is no variable, for all others. */
function uncapital(letter: string): string {
  const small = letter.toLowerCase();
  return small !== letter && fileLetters.includes(small) ? small : "-";
}

function ofFile(letter: string, { name, path, section }: LoadedFile, host: Host) {
  const base = path.slice(path.lastIndexOf("/") + 1);
  const dot = base.lastIndexOf(".");
  switch (letter) {
    case "o":
      return name;
    case "p":
      return path;
    case "s":
      return base;
    case "d":
      return path.slice(0, path.length - base.length);
    case "n":
      return dot < 0 ? base : base.slice(0, dot);
    case "e":
      return dot < 0 ? "" : base.slice(dot + 1);
    case "c":
      return directoryParts(path).at(-1) ?? "";
    case "x":
      return section;
    case "i":
      return path === "" ? "" : String(host.inode(path) ?? "");
    case "j":
      return path === "" ? "" : djb33x(path);
    default:
      return undefined;
  }
}

function ofHost(letter: string, host: Host): string | undefined {
  switch (letter) {
    case "v":
      return host.cwd();
    case "h":
      return host.hostname();
    case "k":
      return String(host.cpus());
    case "u":
      return String(host.user().uid);
    case "U":
      return host.user().name;
    case "g":
      return String(host.user().gid);
    case "G":
      return host.user().group;
    case "V":
      return host.uwsgiVersion;
    case "b":
      return host.binary;
    case "t":
      return String(Math.floor(host.now() / 1000));
    case "T":
      return String(Math.floor(host.now() * 1000));
    case "[":
      return "\x1b";
    default:
      return undefined;
  }
}

function directoryParts(path: string): string[] {
  return path
    .split("/")
    .slice(0, -1)
    .filter((part) => part !== "");
}

/** Bernstein's hash with xor, of the bytes of a text: 4 bytes, little-endian, in hexadecimal. */
function djb33x(text: string): string {
  let hash = 5381;
  for (const byte of new TextEncoder().encode(text)) hash = (Math.imul(hash, 33) ^ byte) >>> 0;
  const bytes = [0, 8, 16, 24].map((shift) => (hash >>> shift) & 0xff);
  return bytes.map((byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join("");
}
