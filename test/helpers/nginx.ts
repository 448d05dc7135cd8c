/** A private nginx around generated text: its own directory, its own files, no privileges. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { launch, type Program } from "./process.ts";
import { open } from "./target.ts";
import { temporaryDirectory } from "./tmp.ts";
import { until } from "./until.ts";

/**
 * Starts nginx with this text in its http block and waits until it accepts.
 * @param port of 127.0.0.1 that the text listens on
 */
export async function startNginx(text: string, port: number): Promise<Program> {
  const program = launch("nginx", nginxArguments(text));
  await until(`nginx to accept; it wrote: ${program.stderr()}`, async () => {
    if (!program.running()) throw new Error(program.stderr());
    (await open(port)).destroy();
    return true;
  });
  return program;
}

/** Has nginx read this text in its http block without serving; returns its complaints. */
export async function checkNginx(text: string): Promise<{ code: number | null; stderr: string }> {
  const program = launch("nginx", [...nginxArguments(text), "-t"]);
  const { code } = await program.exit;
  return { code, stderr: program.stderr() };
}

function nginxArguments(text: string): string[] {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, "temp"));
  const modules = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const config = [
    "daemon off;",
    "master_process off;", // One process, which keeps the user of the tests.
    `pid ${directory}/nginx.pid;`,
    "error_log stderr warn;",
    "events { worker_connections 64; }",
    "http {",
    "access_log off;",
    ...modules.map((module) => `${module}_temp_path ${directory}/temp/${module};`),
    text,
    "}",
  ];
  const file = join(directory, "nginx.conf");
  writeFileSync(file, config.join("\n"));
  return ["-p", directory, "-c", file, "-e", "stderr"];
}
