/** How `nginx` is called. */
import type { AddCommand } from "../command-table.ts";

const examples = `
Examples:
  tsuwsgi nginx app.ini                             what belongs into a server block
  tsuwsgi nginx app.ini --server-name example.org   the whole block
  tsuwsgi nginx app.ini:staging --server-name example.org --listen 8080`;

/** Adds `nginx`. */
export const addNginx: AddCommand = (program, output, done) => {
  program
    .command("nginx")
    .description("write the nginx configuration that belongs before a server")
    .argument(
      "<file>",
      "configuration file of the server, with :SECTION if wanted; - is standard input",
    )
    .option("--server-name <names>", "host names of a whole server block")
    .option(
      "--listen <address>",
      "where that server block listens: a port or address:port (default: 80)",
    )
    .addHelpText("after", examples)
    .action(async (file: string, options: { serverName?: string; listen?: string }) => {
      const { nginx } = await import("../nginx.ts");
      done(await nginx(file, options, output));
    });
};
