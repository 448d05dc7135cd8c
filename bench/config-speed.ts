/**
 * How long reading a configuration takes, and how much memory: `npm run bench:config` prints a table.
 * Each case runs in a process of its own, because a peak of memory is the process's.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { realHost, resolve } from "tsuwsgi";
import { configCases } from "./config-cases.ts";
import { median } from "./figures.ts";

/** Readings of one file; the first are slower, before the code is compiled. */
const rounds = 15;

/** What the process of one case prints, as JSON. */
interface Measured {
  /** Milliseconds of the first reading, and the median of all. */
  readonly first: number;
  readonly median: number;
  /** MB: resident at most, and what was there before the first reading. */
  readonly peak: number;
  readonly before: number;
  readonly options: number;
}

const [file] = process.argv.slice(2);
if (file === undefined) report();
else console.log(JSON.stringify(measure(file)));

function report(): void {
  const directory = mkdtempSync(join(tmpdir(), "tsuwsgi-bench-"));
  console.log(`Node ${process.version}, median of ${rounds} readings in one process each\n`);
  console.log("| case | bytes | options | first, ms | median, ms | peak, MB | before, MB |");
  console.log("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
  try {
    for (const { name, file: caseFile, text } of configCases()) {
      const path = join(directory, caseFile);
      writeFileSync(path, text);
      const one = measureApart(path);
      const times = `${one.first.toFixed(1)} | ${one.median.toFixed(1)}`;
      const memory = `${one.peak.toFixed(0)} | ${one.before.toFixed(0)}`;
      const size = Buffer.byteLength(text);
      console.log(`| ${name} | ${size} | ${one.options} | ${times} | ${memory} |`);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function measureApart(path: string): Measured {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [fileURLToPath(import.meta.url), path],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`${path}: ${stderr}`);
  return JSON.parse(stdout);
}

function measure(path: string): Measured {
  const host = realHost();
  const before = residentPeak();
  const times: number[] = [];
  let options = 0;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    const { entries, diagnostics } = resolve([{ path }], host);
    times.push(performance.now() - start);
    const fault = diagnostics.find(({ severity }) => severity === "error");
    if (fault) throw new Error(`${path}: ${fault.message}`);
    options = entries.length;
  }
  return { first: times[0] ?? 0, median: median(times), peak: residentPeak(), before, options };
}

/** The most memory that this process has had resident, MB. */
function residentPeak(): number {
  return process.resourceUsage().maxRSS / 1024;
}
