/** How `lint` is called. */
import { Option } from "commander";
import type { AddCommand } from "../command-table.ts";

const examples = `
Examples:
  tsuwsgi lint app.ini
  tsuwsgi lint app.ini:staging other.yaml
  tsuwsgi lint --format json app.ini     for editors and scripts`;

/** Adds `lint`. */
export const addLint: AddCommand = (program, output, done) => {
  program
    .command("lint")
    .description("say what is wrong with configuration files, without starting anything")
    .argument("<file...>", "configuration files, each with :SECTION if wanted; - is standard input")
    .addOption(
      new Option("--format <format>", "how to write the findings")
        .choices(["pretty", "json"])
        .default("pretty"),
    )
    .addHelpText("after", examples)
    .action(async (files: string[], options: { format: "pretty" | "json" }) => {
      const { lint } = await import("../lint.ts");
      done(await lint(files, options.format, output));
    });
};
