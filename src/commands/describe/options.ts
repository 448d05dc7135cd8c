/** How `options` is called. */
import { Option } from "commander";
import type { AddCommand } from "../command-table.ts";
import type { OptionsRequest } from "../options.ts";

/** Adds `options`. */
export const addOptions: AddCommand = (program, output, done) => {
  program
    .command("options")
    .description("say what tsuwsgi does with uWSGI's options")
    .argument(
      "[text]",
      "an option's name, to explain it, or a text to search names and summaries for",
    )
    .addOption(
      new Option("--status <status>", "only options of this status").choices([
        "supported",
        "moot",
        "refused",
      ]),
    )
    .addOption(
      new Option("--format <format>", "how to write them")
        .choices(["table", "json"])
        .default("table"),
    )
    .addHelpText("after", examples)
    .action(async (text: string | undefined, request: OptionsRequest) => {
      const { options } = await import("../options.ts");
      done(options(text, request, output));
    });
};

const examples = `
supported: acted on; moot: accepted, and nothing is lost without it; refused: stops the start.

Examples:
  tsuwsgi options harakiri
  tsuwsgi options log --status refused
  tsuwsgi options --format json`;
