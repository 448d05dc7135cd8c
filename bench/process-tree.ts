/** What a server's processes use, read from /proc. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** The process and all its living descendants. */
export function processTree(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    const fields = /^\d+$/.test(name) ? statFields(Number(name)) : undefined;
    if (fields) parents.set(Number(name), Number(fields[1]));
  }
  if (!parents.has(root)) return [];
  const tree = [root];
  for (const parent of tree) {
    for (const [child, its] of parents) if (its === parent) tree.push(child);
  }
  return tree;
}

/** CPU time that these processes have used in user and kernel mode, seconds. */
export function cpuSeconds(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    const fields = statFields(pid);
    return Number(fields?.[11] ?? 0) + Number(fields?.[12] ?? 0);
  });
  return sum(ticks) / ticksPerSecond();
}

/** Proportional set size of these processes, megabytes (10^6 bytes); see proc(5), smaps_rollup. */
export function pssMegabytes(pids: readonly number[]): number {
  const kilobytes = pids.map((pid) => {
    const pss = /^Pss:\s+(\d+) kB/m.exec(readProc(`/proc/${pid}/smaps_rollup`) ?? "");
    return Number(pss?.[1] ?? 0);
  });
  return (sum(kilobytes) * 1024) / 1e6;
}

/** The fields of /proc/PID/stat from the third (state) on; the second, the name, may hold spaces. */
function statFields(pid: number): string[] | undefined {
  const text = readProc(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(")") + 2).split(" ");
}

/** The text, or undefined when the process is gone. */
function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw error;
  }
}

let knownTicks: number | undefined;

function ticksPerSecond(): number {
  knownTicks ??= Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "latin1" }));
  return knownTicks;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
