/**
 * Prints the table of all faults at the end of a run that had any, and writes it to the file that the
 * environment variable FAULTS_TABLE names, with the date and the machine.
 */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import type { Reporter, TestModule } from "vitest/node";
import { faultsTable, type Row } from "./table.ts";

declare module "vitest" {
  interface TaskMeta {
    /** What the servers did in the fault of this test. */
    faults?: Row[];
  }
}

export default class FaultsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const rows = modules
      .flatMap((module) => [...module.children.allTests()])
      .flatMap((test) => test.meta().faults ?? []);
    if (rows.length === 0) return;
    const table = faultsTable(rows);
    console.log(`\n${table}`);
    const path = process.env.FAULTS_TABLE;
    if (path === undefined) return;
    const day = new Date().toISOString().slice(0, 10);
    const processors = cpus();
    const machine = `${processors.length} × ${processors[0]?.model ?? "unknown"}`;
    writeFileSync(path, `${day}, ${machine}, Node ${process.version}.\n\n${table}`);
  }
}
