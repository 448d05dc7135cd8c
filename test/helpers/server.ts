/** Starts the built command, as people do. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { inject } from "vitest";
import { type HttpRequest, request } from "./http.ts";
import { type LaunchOptions, launch, type Program } from "./process.ts";
import type { Target } from "./target.ts";
import { open } from "./target.ts";
import { until, waitMs } from "./until.ts";
import { requestVars, uwsgiRequest } from "./uwsgi-client.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A path in the project, absolute. */
export function projectPath(path: string): string {
  return resolve(root, path);
}

/** What shows that a server is ready. */
export type Ready =
  /** A connection is accepted; no request reaches the application. */
  | { readonly accepts: Target }
  /** A request for `/` is answered, with any status but 502, 503 and 504. */
  | { readonly http: Target }
  | { readonly uwsgi: Target };

/** Runs `tsuwsgi` with these arguments without waiting for anything. */
export function tsuwsgi(args: readonly string[], options: LaunchOptions = {}): Program {
  const buildProblem = inject("buildProblem");
  if (buildProblem !== "") throw new Error(`the build failed:\n${buildProblem}`);
  return launch(process.execPath, [projectPath("dist/cli.js"), ...args], options);
}

/** Runs a `tsuwsgi` command that ends by itself, e.g. lint, and waits for that. */
export async function runTsuwsgi(
  args: readonly string[],
  options: LaunchOptions = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const program = tsuwsgi(args, options);
  const { code } = await program.exit;
  return { code, stdout: program.stdout(), stderr: program.stderr() };
}

/** Starts a server and waits until it is ready; a server that ends before that is a failure. */
export async function startServer(
  args: readonly string[],
  ready: Ready,
  options: LaunchOptions = {},
): Promise<Program> {
  const program = tsuwsgi(args, options);
  await untilReady(program, ready);
  return program;
}

/** Waits until a program (ours or a peer) is ready, or fails with what it wrote. */
export async function untilReady(program: Program, ready: Ready, boundMs = waitMs): Promise<void> {
  let dead = false;
  try {
    const look = async () => {
      dead = !program.running();
      return dead || (await isReady(ready));
    };
    await until("the server to be ready", look, boundMs);
  } catch (cause) {
    throw new Error(`the server did not become ready; it wrote:\n${program.stderr()}`, { cause });
  }
  if (dead) throw new Error(`the server ended at once; it wrote:\n${program.stderr()}`);
}

const busy = new Set([502, 503, 504]);

async function isReady(ready: Ready): Promise<boolean> {
  if ("accepts" in ready) {
    (await open(ready.accepts)).destroy();
    return true;
  }
  const response =
    "http" in ready ? await request(ready.http) : await uwsgiRequest(ready.uwsgi, requestVars("/"));
  return !busy.has(response.status);
}

/** The text of a page, or a failure that shows the status. */
export async function page(target: Target, path: string, more: HttpRequest = {}): Promise<string> {
  const response = await request(target, { path, ...more });
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${response.text()}`);
  return response.text();
}
