/** The application called in a loop, without a server. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type Figures, noFigures } from "./figures.ts";
import { type App, appDirectory } from "./servers.ts";

/** Calls the application for so many seconds in one process. */
export async function measureLoop(app: App, seconds: number): Promise<Figures> {
  const args = ["loop.py", `${app}:application`, String(seconds)];
  const { stdout } = await promisify(execFile)("python3", args, { cwd: appDirectory });
  const rate = Number(stdout);
  return { ...noFigures, rate, cpu: 1e6 / rate, errors: 0 };
}
