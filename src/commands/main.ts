/** ARGUMENTS -> COMMAND: which of the commands an argument list asks for. */
import { existsSync } from "node:fs";
import { editDistance } from "../options/find.ts";
import { commandTable } from "./command-table.ts";
import { exitCodes } from "./exit-codes.ts";
import type { Output } from "./output.ts";
import { type Telling, tellings } from "./tellings.ts";

const programWords: readonly string[] = [...Object.keys(commandTable), "help"];

/**
 * Runs what the arguments ask for. Each command is imported only when it is used, because this process
 * becomes the server's master.
 * @param argv the arguments after the command's name
 * @returns exit code
 */
export async function main(argv: readonly string[], output: Output): Promise<number> {
  const first = argv[0];
  if (first === undefined) {
    output.error("tsuwsgi: nothing to do: name a configuration file, or see `tsuwsgi --help`\n");
    return exitCodes.usage;
  }
  if (programWords.includes(first)) {
    const { runProgram } = await import("./program.ts");
    return runProgram(argv, output);
  }
  const near = nearCommand(first);
  if (near !== undefined) {
    output.error(`tsuwsgi: \`${first}\` is not a command; did you mean \`${near}\`?\n`);
    return exitCodes.usage;
  }
  const asked = argv.slice(0, argv.includes("--") ? argv.indexOf("--") : undefined).find(asksOnly);
  if (asked !== undefined) {
    const { runProgram } = await import("./program.ts");
    return runProgram([asked], output);
  }
  const told = tellingOption(argv);
  if (told !== undefined) return await tell(told, output);
  const { run } = await import("./run.ts");
  return run(argv, output);
}

/** Letters that may be wrong in the name of a command. */
const maxSlips = 2;

/** The command that a bare word was meant to be. What has a dot or a colon is a file or an application. */
function nearCommand(word: string): string | undefined {
  if (!/^[a-z]+$/i.test(word) || existsSync(word)) return undefined;
  const [best] = programWords
    .map((name) => ({ name, slips: editDistance(word.toLowerCase(), name, maxSlips) }))
    .filter(({ slips }) => slips <= maxSlips)
    .sort((a, b) => a.slips - b.slips);
  return best?.name;
}

/** Wherever it stands, as in uWSGI: who asks for help wants no server. */
function asksOnly(word: string): boolean {
  return word === "--help" || word === "-h" || word === "--version";
}

/** What is to be said to whom. */
interface Told {
  readonly option: string;
  readonly telling: Telling;
  readonly value: string;
}

/** The first option that talks to a running server, as `--stop PIDFILE` or `--stop=PIDFILE`, wherever it stands: uWSGI obeys it at once. */
function tellingOption(argv: readonly string[]): Told | undefined {
  for (const [at, word] of argv.entries()) {
    const [option = "", ...rest] = word.split("=");
    const telling = Object.hasOwn(tellings, option) ? tellings[option] : undefined;
    if (telling === undefined) continue;
    return { option, telling, value: rest.length > 0 ? rest.join("=") : (argv[at + 1] ?? "") };
  }
  return undefined;
}

async function tell({ option, telling, value }: Told, output: Output): Promise<number> {
  if (value === "") {
    const what = telling.takes.toLowerCase();
    const text = `${option} needs the ${what} of the server: \`tsuwsgi ${option} ${telling.takes}\``;
    output.error(`tsuwsgi: ${text}\n`);
    return exitCodes.usage;
  }
  if (telling.takes === "ADDRESS") {
    const { connectAndRead } = await import("./connect-and-read.ts");
    return connectAndRead(value, output);
  }
  const { tellByPidfile } = await import("./pidfile-command.ts");
  return tellByPidfile(option, telling, value, output);
}
