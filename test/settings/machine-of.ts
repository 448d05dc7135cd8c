import type { Machine } from "../../src/settings/machine.ts";

/** A machine on which nothing is, but what is given. */
export function machineOf(some: Partial<Machine>): Machine {
  return {
    kind: () => "missing",
    readable: () => true,
    writable: () => true,
    executable: () => true,
    readText: () => undefined,
    mode: () => 0o600,
    list: () => undefined,
    cipherFault: () => undefined,
    searchPath: "/bin",
    uid: 0,
    gid: 0,
    run: () => ({ status: 0, stdout: "", stderr: "" }),
    ...some,
  };
}
