/** How `convert` is called. */
import { Option } from "commander";
import type { Format } from "../../read/read.ts";
import type { AddCommand } from "../command-table.ts";

const examples = `
Examples:
  tsuwsgi convert app.ini --to yaml
  tsuwsgi convert app.xml --to ini --output app.ini
  tsuwsgi convert app.ini:staging --to json

Placeholders, logic, includes and magic variables such as %d are kept as they are written.
Included files are not converted.`;

/** Adds `convert`. */
export const addConvert: AddCommand = (program, output, done) => {
  program
    .command("convert")
    .description("write one configuration file in another format")
    .argument("<file>", "configuration file, with :SECTION if wanted; - is standard input")
    .addOption(
      new Option("--to <format>", "the format to write")
        .choices(["ini", "yaml", "json", "xml"])
        .makeOptionMandatory(),
    )
    .option("--output <file>", "where to write it (default: standard output)")
    .option("--force", "overwrite that file")
    .addHelpText("after", examples)
    .action(async (file: string, options: { to: Format; output?: string; force?: true }) => {
      const { convert } = await import("../convert.ts");
      done(
        await convert(
          file,
          { to: options.to, path: options.output, force: options.force === true },
          output,
        ),
      );
    });
};
