/** Rows for the options that were obeyed while the configuration was read: sources, placeholders, logic. */
import { findOption } from "../options/find.ts";
import type { HonouredOption } from "./option.ts";
import { directive } from "./option.ts";

/** What each does, by the names that mean the same (aliases are the catalogue's). */
const summaries: readonly (readonly [names: readonly string[], summary: string])[] = [
  [
    ["ini"],
    "Read an ini file here; `FILE:SECTION` reads another section, `:SECTION` one of this file.",
  ],
  [["yaml", "yml"], "Read a YAML file here; `FILE:KEY` reads another top-level key."],
  [["json", "js"], "Read a JSON file here; `FILE:KEY` reads another top-level key."],
  [["xml", "xmlconfig"], "Read an XML file here; `FILE:ID` reads the element with that id."],
  [["include"], "Read a file here, in the format that its name tells."],
  [["config"], "Ends the start, as in uWSGI: it reads files through a plugin, and there is none."],
  [["inherit"], "Read a file after everything else; its placeholders are not expanded."],
  [["set"], "Set the option that the value names, `NAME=VALUE`."],
  [["set-placeholder", "set-ph"], "Make a private variable for placeholders, `NAME=VALUE`."],
  [
    ["declare-option"],
    "Make an option of your own that stands for others, `NAME=OPTION=$1;OPTION=$2`.",
  ],
  [["resolve"], "Make a private variable of a host's IPv4 address, `NAME=HOST`."],
  [["exit"], "End the start at this line."],
  [["for"], "Repeat the lines up to `endfor` for each word; `%(_)` is the word."],
  [
    ["for-glob"],
    "Repeat the lines up to `endfor` for each file that matches a pattern; `%(_)` is the file.",
  ],
  [["for-times"], "Repeat the lines up to `endfor` so many times; `%(_)` counts from 1."],
  [
    ["for-readline"],
    "Repeat the lines up to `endfor` for each line of a file; `%(_)` is the line.",
  ],
  [["endfor", "end-for", "endif", "end-if"], "End a block."],
  [
    ["if-opt"],
    "Read the lines up to `endif` when the option was set before, `NAME` or `NAME=VALUE`.",
  ],
  [
    ["if-not-opt"],
    "Read the lines up to `endif` unless the option was set before, `NAME` or `NAME=VALUE`.",
  ],
  [
    ["if-env", "ifenv"],
    "Read the lines up to `endif` when the environment has `NAME` or `NAME=VALUE`; `%(_)` is the value.",
  ],
  [
    ["if-not-env"],
    "Read the lines up to `endif` unless the environment has `NAME` or `NAME=VALUE`.",
  ],
  [["if-reload"], "Read the lines up to `endif` when the server was reloaded."],
  [["if-not-reload"], "Read the lines up to `endif` at the first start."],
  [["if-hostname"], "Read the lines up to `endif` on the machine of that name."],
  [["if-not-hostname"], "Read the lines up to `endif` on any other machine than that."],
  [
    ["if-hostname-match"],
    "Read the lines up to `endif` where the machine's name matches a regular expression.",
  ],
  [
    ["if-not-hostname-match"],
    "Read the lines up to `endif` where the machine's name does not match a regular expression.",
  ],
  [
    ["if-exists", "ifexists"],
    "Read the lines up to `endif` when the file or directory is there; `%(_)` is its path.",
  ],
  [["if-not-exists"], "Read the lines up to `endif` when there is no such file or directory."],
  [["if-plugin", "ifplugin"], "Read the lines up to `endif` when the plugin was named before."],
  [["if-not-plugin"], "Read the lines up to `endif` unless the plugin was named before."],
  [["if-file"], "Read the lines up to `endif` when it is a file; `%(_)` is its path."],
  [["if-not-file"], "Read the lines up to `endif` when it is not a file."],
  [
    ["if-dir", "ifdir", "if-directory"],
    "Read the lines up to `endif` when it is a directory; `%(_)` is its path.",
  ],
  [["if-not-dir"], "Read the lines up to `endif` when it is not a directory."],
];

/** One row for each option of the catalogue that the reading obeys. */
export const directives: readonly HonouredOption[] = summaries.flatMap(([names, summary]) =>
  names.filter((name) => findOption(name)?.name === name).map((name) => directive(name, summary)),
);
