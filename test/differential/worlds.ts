/** Whole worlds: a configuration of one format, the files beside it, arguments and environment. */
import fc from "fast-check";
import { iniFile } from "./ini.ts";
import { jsonFile } from "./json.ts";
import { environment, surroundings } from "./values.ts";
import type { World } from "./world.ts";
import { xmlFile } from "./xml.ts";
import { yamlFile } from "./yaml.ts";

/** An ini file alone, without blocks. */
export const plainIni = world(
  iniFile({ logic: false, includes: [] }).map((text) => ({ "a.ini": text })),
  [["--ini", "a.ini"]],
);

/** An ini file with loops and conditions. */
export const iniWithBlocks = world(
  iniFile({ logic: true, includes: [] }).map((text) => ({ "a.ini": text })),
  [["--ini", "a.ini"], ["a.ini"], ["--ini", "a.ini", "--procname", "x%(_)%(a)"]],
);

/** Lines of an ini file that read the other files of a world. */
const includes = [
  ...["ini = b.ini", "ini = b.ini:dev", "include = b.ini", "inherit = b.ini"],
  ...["ini = %db.ini", "ini = sub/../b.ini", "ini = :dev", "ini = b.ini:", "ini = nope.ini"],
  ...["yaml = c.yml", "include = c.yml", "yaml = c.yml:dev", "json = d.js", "include = d.js"],
  ...["json = d.js:dev", "xml = e.xml", "include = e.xml", "xml = e.xml:one", "inherit = c.yml"],
  ...["include = b.conf", "ini = %(a)", "include =", "set = ini=b.ini", "inherit = b.ini:dev"],
];

const nested = [
  "ini = :dev",
  "include = c.yml",
  "inherit = d.js",
  "ini = b.ini:dev",
  "ini = c.yml",
];

/** Several files of all formats that read each other. */
export const severalFiles = world(
  fc.record({
    "a.ini": iniFile({ logic: true, includes }),
    "b.ini": iniFile({ logic: false, includes: nested }),
    "c.yml": fc.constantFrom("uwsgi:\n  a: c\n  x: %n\ndev:\n  b: dev\n", "uwsgi:\n  ini: b.ini\n"),
    "d.js": fc.constantFrom('{"uwsgi":{"a":"d"},"dev":{"a":1}}', '{"uwsgi":{"include":"e.xml"}}'),
    "e.xml": fc.constantFrom(
      "<uwsgi><a>e</a></uwsgi>",
      '<c><uwsgi id="one"><b>1</b></uwsgi><uwsgi><y>%p</y></uwsgi></c>',
    ),
    "b.conf": fc.constant("[uwsgi]\nx = conf\n"),
  }),
  [
    ["--ini", "a.ini"],
    ["--ini", "a.ini:dev"],
    ["a.ini"],
    ["--ini", "a.ini", "--ini", ":dev"],
    ["--ini", "b.ini", "--ini", "a.ini"],
    ["--processes", "3", "--ini=a.ini", "-p", "4", "--master"],
    ["a.ini", "--set", "a=9", "--set-ph", "ph=%(a)"],
    ["--inherit", "b.ini", "a.ini"],
    ["--include", "a.ini", "b.ini"],
  ],
);

/** A YAML file, by itself or one of its other keys. */
export const yaml = world(
  yamlFile().map((text) => ({ "a.yaml": text })),
  [["--yaml", "a.yaml"], ["--yml", "a.yaml:dev"], ["a.yaml"]],
);

/** A JSON file, by itself or one of its other objects. */
export const json = world(
  jsonFile().map((text) => ({ "a.json": text })),
  [["--json", "a.json"], ["a.json"], ["--js", "a.json"], ["a.json"], ["--json", "a.json:dev"]],
);

/** An XML file, by itself or with an id. */
export const xml = world(
  xmlFile().map((text) => ({ "a.xml": text })),
  [["--xml", "a.xml"], ["--xml", "a.xml:one"], ["a.xml"]],
);

function world(
  files: fc.Arbitrary<{ readonly [path: string]: string }>,
  argv: readonly (readonly string[])[],
): fc.Arbitrary<World> {
  return fc
    .record({ own: files, argv: fc.constantFrom(...argv), env: environment })
    .map(({ own, argv: given, env }) => ({ files: { ...surroundings, ...own }, argv: given, env }));
}
