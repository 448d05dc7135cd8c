/** What /proc tells of a process (proc(5)). */
import { readFileSync } from "node:fs";

/** Bytes of a page on the machines that Linux runs Node on. */
const pageBytes = 4096;

/** Memory that a process holds (its resident set, proc(5)), bytes; 0 when it is gone or there is no /proc. */
export function residentBytes(pid: number): number {
  const [, resident = "0"] = readProc(pid, "statm").split(" ");
  return Number(resident) * pageBytes;
}

/** What the kernel says a process is at: its system call with arguments, and where in the kernel it waits. */
export function kernelFacts(pid: number): readonly string[] {
  return ["syscall", "wchan"]
    .map((name) => ({ name, text: readProc(pid, name).trim() }))
    .filter(({ text }) => text !== "")
    .map(({ name, text }) => `${name}> ${text}`);
}

function readProc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "latin1");
  } catch {
    return "";
  }
}
