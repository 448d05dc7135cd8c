/** How `show` is called. */
import { Option } from "commander";
import type { ShowFormat } from "../../generate/show/show.ts";
import type { AddCommand } from "../command-table.ts";

const examples = `
Examples:
  tsuwsgi show app.ini                   as uwsgi --show-config prints it
  tsuwsgi show app.ini:staging --origins
  tsuwsgi show app.yaml --format json

Nothing is run: a value that would need a command or the network is shown as it is written.`;

/** Adds `show`. */
export const addShow: AddCommand = (program, output, done) => {
  program
    .command("show")
    .description("write what a configuration comes to: includes, placeholders and logic done")
    .argument("<file>", "configuration file, with :SECTION if wanted; - is standard input")
    .addOption(
      new Option("--format <format>", "how to write it")
        .choices(["ini", "yaml", "json"])
        .default("ini"),
    )
    .option("--origins", "say of each value where it stands and what it replaced")
    .addHelpText("after", examples)
    .action(async (file: string, options: { format: ShowFormat; origins?: true }) => {
      const { show } = await import("../show.ts");
      done(await show(file, { format: options.format, origins: options.origins === true }, output));
    });
};
