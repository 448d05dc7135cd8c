/** The commands by name. One row each; the rest is in the file that the row names. */
import type { Command } from "commander";
import type { Output } from "./output.ts";

/** Adds one command to the program: its arguments, options and help. `done` takes the exit code. */
export type AddCommand = (program: Command, output: Output, done: (code: number) => void) => void;

/** In the order of the help. A command's file is loaded only when some command is asked for. */
export const commandTable: { readonly [name: string]: () => Promise<AddCommand> } = {
  lint: async () => (await import("./describe/lint.ts")).addLint,
  show: async () => (await import("./describe/show.ts")).addShow,
  convert: async () => (await import("./describe/convert.ts")).addConvert,
  options: async () => (await import("./describe/options.ts")).addOptions,
  nginx: async () => (await import("./describe/nginx.ts")).addNginx,
};
