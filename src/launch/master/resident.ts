import { readFileSync } from "node:fs";

/** Bytes of a page on the machines that Linux runs Node on. */
const pageBytes = 4096;

/** Memory that a process holds (its resident set, proc(5)), bytes; 0 when it is gone or there is no /proc. */
export function residentBytes(pid: number): number {
  try {
    const [, resident] = readFileSync(`/proc/${pid}/statm`, "latin1").split(" ");
    return Number(resident) * pageBytes;
  } catch {
    return 0;
  }
}
