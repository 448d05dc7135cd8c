#!/usr/bin/env node
/** The command. Only this file ends the process. */
import process from "node:process";
import { main } from "./commands/main.ts";

const { stdout, stderr } = process;
const colorful = !process.env["NO_COLOR"];

// A reader that went away (`tsuwsgi lint … | head`) is no fault.
stdout.on("error", () => {});
stderr.on("error", () => {});

const code = await main(process.argv.slice(2), {
  write: (text) => stdout.write(text),
  error: (text) => stderr.write(text),
  writeColor: colorful && stdout.isTTY === true,
  errorColor: colorful && stderr.isTTY === true,
});

// Pipes are written to in the background: the last bytes go out before the process does.
stdout.write("", () => stderr.write("", () => process.exit(code)));
