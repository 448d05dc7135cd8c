/** The sub-commands and their help. Loaded only when one of them is asked for. */
import { Command, CommanderError, Option } from "commander";
import { version } from "../launch/version.ts";
import { addOptions } from "./describe/options.ts";
import { exitCodes } from "./exit-codes.ts";
import type { Output } from "./output.ts";

/**
 * Runs a sub-command.
 * @param argv the arguments after the command's name
 * @returns exit code
 */
export async function runProgram(argv: readonly string[], output: Output): Promise<number> {
  let code: number = exitCodes.ok;
  const program = new Command("tsuwsgi")
    .description("Runs Python web applications from the configuration files written for uWSGI.")
    .usage("[uWSGI options] | COMMAND")
    .version(version, "--version", "print the version")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", startHelp)
    .exitOverride()
    .configureOutput({ writeOut: output.write, writeErr: output.error });
  addLint(program, output, (result) => {
    code = result;
  });
  addNginx(program, output, (result) => {
    code = result;
  });
  addOptions(program, output, (result) => {
    code = result;
  });
  try {
    await program.parseAsync([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  }
  return code;
}

const startHelp = `
Start a server:
  tsuwsgi app.ini
  tsuwsgi --ini app.ini --processes 4
  tsuwsgi --http :8080 --wsgi-file app.py --master

Stop it:
  tsuwsgi --stop PIDFILE

Exit status: 0 done, 1 bad configuration or failed start, 2 wrong usage,
22 the application cannot be loaded.`;

type Done = (code: number) => void;

function addLint(program: Command, output: Output, done: Done): void {
  program
    .command("lint")
    .description("say what is wrong with configuration files, without starting anything")
    .argument("<file...>", "configuration files, ini or YAML; - is standard input")
    .addOption(
      new Option("--format <format>", "how to write the findings")
        .choices(["pretty", "json"])
        .default("pretty"),
    )
    .action(async (files: string[], options: { format: "pretty" | "json" }) => {
      const { lint } = await import("./lint.ts");
      done(await lint(files, options.format, output));
    });
}

function addNginx(program: Command, output: Output, done: Done): void {
  program
    .command("nginx")
    .description("write the nginx configuration that belongs before a server")
    .argument("<file>", "configuration file of the server, ini or YAML; - is standard input")
    .option("--server-name <names>", "host names of a whole server block")
    .option(
      "--listen <address>",
      "where that server block listens: a port or address:port (default: 80)",
    )
    .action(async (file: string, options: { serverName?: string; listen?: string }) => {
      const { nginx } = await import("./nginx.ts");
      done(await nginx(file, options, output));
    });
}
