import { expect, test } from "vitest";
import { fileTarget } from "../../src/commands/file-target.ts";

const there = new Set(["a:b.ini", "x:y"]);

test.each([
  ["a.ini", "a.ini", undefined, "ini", "a.ini"],
  ["a.ini:dev", "a.ini", "dev", "ini", "a.ini:dev"],
  ["a.ini:", "a.ini", undefined, "ini", "a.ini:"],
  ["app.yml:dev", "app.yml", "dev", "yaml", "app.yml:dev"],
  ["a.js", "a.js", undefined, "json", "a.js"],
  ["a.xml:id", "a.xml", "id", "xml", "a.xml:id"],
  ["uwsgi.conf", "uwsgi.conf", undefined, "ini", "uwsgi.conf"],
  ["-:dev", "-", "dev", "ini", "-:dev"],
  ["a.ini:b:c", "a.ini:b", "c", "ini", "a.ini:b:c"],
  ["a:b.ini", "a:b.ini", undefined, "ini", "a:b.ini:"],
  ["x:y:dev", "x:y", "dev", "ini", "x:y:dev"],
])("%s", (text, path, section, format, value) => {
  expect(fileTarget(text, (name) => there.has(name))).toEqual({ path, section, format, value });
});
