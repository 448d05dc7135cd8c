/** uWSGI itself reads what `convert` writes: the list is that of the original. */
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { convert } from "../../../src/generate/convert/convert.ts";
import type { Format } from "../../../src/read/read.ts";
import { needs } from "../../helpers/needs.ts";
import { temporaryDirectory } from "../../helpers/tmp.ts";

const formats: readonly Format[] = ["ini", "yaml", "json", "xml"];

/** Known letters; what they stand for is uWSGI's business. */
const variables = (letter: string) => (/[dnxk]/.test(letter) ? "x" : undefined);

/** The list that uWSGI prints for a file, without the line that names it. */
function uwsgiList(format: Format, text: string): string {
  const cwd = temporaryDirectory({ [`app.${format}`]: text });
  const hooks = ["--hook-asap", "call:show_config", "--hook-asap", "exit:0"];
  const args = [`--${format}`, `app.${format}`, ...hooks];
  const { stderr } = spawnSync("uwsgi", args, { cwd, encoding: "utf8", timeout: 20_000 });
  const list = /^\[uwsgi\]\n(?:ini|yaml|json|xml) = app.*\n([\s\S]*?)^hook-asap = /m.exec(stderr);
  if (!list) throw new Error(`uwsgi read nothing of this ${format}:\n${text}\n${stderr}`);
  return (list[1] ?? "").replaceAll(cwd, "DIRECTORY");
}

function converted(from: Format, to: Format, text: string): string | undefined {
  const source = { name: `a.${from}`, text };
  return convert({ source, from, to, section: "uwsgi", variables }, () => {});
}

const pieces = fc.constantFrom(
  ..."a é 漢 😀 ' \" \\ # ; : , [ ] { } & < > ! | * ` ~ - = ? 0 1e3 true null ]]> -- // /* \\n".split(
    " ",
  ),
  ...[" ", ": ", " #", "%%", "%d", "%n", "%x", "%%(x)", "%(x)", "$(NOPE)", "\t"],
);
const line = fc.array(pieces, { maxLength: 6 }).map((parts) => parts.join(""));
const lines = fc.array(fc.oneof(line, fc.constantFrom("\n", "\r", "\u0085", "\u2028", "\ufeff")), {
  maxLength: 4,
});

needs("uwsgi")("uWSGI reads the result as it reads the original", () => {
  describe.each(formats)("as %s", (to) => {
    test("of an ini with odd values", () => {
      const values = fc.sample(line, { numRuns: 150, seed: 7 });
      const options = values.flatMap((value, index) => [
        `# 100%% ${value.replaceAll("%", "")}`,
        // Every third name comes several times.
        `${index % 3 === 0 ? `env-${Math.floor(index / 9)}` : `k${index}`} = ${value}`,
      ]);
      const ini = ["[uwsgi]", ...options, ""].join("\n");
      const list = uwsgiList("ini", ini);
      expect(list.split("\n").length).toBeGreaterThan(140);
      expect(uwsgiList(to, converted("ini", to, ini) ?? "")).toBe(list);
    });

    test("of YAML with values of several lines", () => {
      const values = fc
        .sample(lines, { numRuns: 150, seed: 8 })
        .map((parts) => parts.join(""))
        .filter((value) => to !== "ini" || !/\n|^[ \t\r]|[ \t\r]$/.test(value));
      const options = values.map((value, index) => {
        const quoted = JSON.stringify(value).replace(/[\u0085\u2028\ufeff]/g, codeEscape);
        return `  k${index}: ${quoted}\n`;
      });
      const yaml = `uwsgi:\n${options.join("")}`;
      const list = uwsgiList("yaml", yaml);
      expect(list.split("\n").length).toBeGreaterThan(50);
      expect(uwsgiList(to, converted("yaml", to, yaml) ?? "")).toBe(list);
    });
  });
});

function codeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
