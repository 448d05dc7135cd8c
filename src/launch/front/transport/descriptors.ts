/** How the descriptors of the front are divided. */
import { readFileSync } from "node:fs";

/** Of a system that does not tell: what most give a process. */
const UNKNOWN_LIMIT = 1024;
/** For Node itself, the log, the listeners, static files that are being looked at. */
const OWN = 128;
/** Part of the rest that files may have: lent ones and spooled bodies. */
const FILES_SHARE = 1 / 8;
/** However few there are, some connections must be possible. */
const LEAST = 8;

/** Descriptors by use. */
export interface Descriptors {
  readonly connections: number;
  readonly files: number;
}

/**
 * @param limit descriptors that the process may have
 * @param cores of all workers: each is a connection, and for a moment two while a worker is replaced
 */
export function divide(limit: number, cores: number): Descriptors {
  const rest = Math.max(0, limit - OWN - 2 * cores);
  const files = Math.max(LEAST, Math.floor(rest * FILES_SHARE));
  return { files, connections: Math.max(LEAST, rest - files) };
}

/** Descriptors that this process may have. Node has raised the soft limit to the hard one at its start. */
export function descriptorLimit(): number {
  try {
    const limits = readFileSync("/proc/self/limits", "latin1");
    const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
    return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
  } catch {
    return UNKNOWN_LIMIT;
  }
}
