/** The sub-commands and their help. Loaded only when one of them is asked for. */
import { Command, CommanderError } from "commander";
import { version } from "../launch/version.ts";
import { commandTable } from "./command-table.ts";
import { exitCodes } from "./exit-codes.ts";
import type { Output } from "./output.ts";

/**
 * Runs a sub-command.
 * @param argv the arguments after the command's name
 * @returns exit code; 2 for a command or an option that is none, with the nearest names on standard error
 */
export async function runProgram(argv: readonly string[], output: Output): Promise<number> {
  let code: number = exitCodes.ok;
  const program = new Command("tsuwsgi")
    .description("Runs Python web applications from the configuration files written for uWSGI.")
    .usage("[uWSGI options] | COMMAND")
    .version(version, "--version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
    .addHelpText("after", startHelp)
    .exitOverride()
    .configureOutput({ writeOut: output.write, writeErr: output.error });
  const done = (result: number) => {
    code = result;
  };
  for (const load of Object.values(commandTable)) (await load())(program, output, done);
  program
    .command("help")
    .description("print the help of a command")
    .argument("[command]")
    .action((name?: string) => printHelp(program, name));
  try {
    await program.parseAsync([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  }
  return code;
}

/** @throws CommanderError, as commander's own help does */
function printHelp(program: Command, name: string | undefined): void {
  if (name === undefined) program.help();
  program.commands.find((candidate) => candidate.name() === name)?.help();
  // Commander knows the command by its name only here, and says which names are near.
  program.parse([name], { from: "user" });
}

const startHelp = `
Start a server:
  tsuwsgi app.ini
  tsuwsgi --ini app.ini --processes 4
  tsuwsgi --http :8080 --wsgi-file app.py --master

Talk to it:
  tsuwsgi --stop PIDFILE
  tsuwsgi --reload PIDFILE
  tsuwsgi --pause PIDFILE             and go on with the same
  tsuwsgi --connect-and-read ADDRESS  print the statistics of a stats server

\`tsuwsgi help COMMAND\` prints the options of a command, with examples.

Exit status: 0 done, 1 bad configuration or failed start, 2 wrong usage,
22 the application cannot be loaded.`;
