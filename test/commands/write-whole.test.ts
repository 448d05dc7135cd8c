import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeWhole } from "../../src/commands/write-whole.ts";
import { temporaryDirectory } from "../helpers/tmp.ts";

test("writes a new file, and leaves nothing else behind", () => {
  const directory = temporaryDirectory();
  expect(writeWhole(join(directory, "a.ini"), "text\n", false)).toBeUndefined();
  expect(readdirSync(directory)).toEqual(["a.ini"]);
  expect(readFileSync(join(directory, "a.ini"), "utf8")).toBe("text\n");
});

test("replaces a file only by force, and keeps its permissions", () => {
  const directory = temporaryDirectory({ "a.ini": "old\n" });
  const path = join(directory, "a.ini");
  chmodSync(path, 0o640);
  expect(writeWhole(path, "new\n", false)).toBe(`\`${path}\` exists; \`--force\` overwrites it`);
  expect(readFileSync(path, "utf8")).toBe("old\n");
  expect(writeWhole(path, "new\n", true)).toBeUndefined();
  expect([readFileSync(path, "utf8"), statSync(path).mode & 0o777]).toEqual(["new\n", 0o640]);
  expect(readdirSync(directory)).toEqual(["a.ini"]);
});

test("a symbolic link stays one", () => {
  const directory = temporaryDirectory({ "real.ini": "old\n" });
  const link = join(directory, "link.ini");
  symlinkSync("real.ini", link);
  expect(writeWhole(link, "new\n", true)).toBeUndefined();
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(readFileSync(join(directory, "real.ini"), "utf8")).toBe("new\n");
});

test("a link to nothing counts as existing", () => {
  const directory = temporaryDirectory();
  symlinkSync("nowhere", join(directory, "link.ini"));
  expect(writeWhole(join(directory, "link.ini"), "x", false)).toMatch(/exists; `--force`/);
  expect(readdirSync(directory)).toEqual(["link.ini"]);
});

test("says why it cannot", () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, "d"));
  writeFileSync(join(directory, "f"), "");
  expect(writeWhole(join(directory, "no/a.ini"), "x", false)).toMatch(
    /there is no such directory$/,
  );
  expect(writeWhole(join(directory, "f/a.ini"), "x", true)).toMatch(/there is no such directory$/);
  expect(writeWhole(join(directory, "d"), "x", true)).toMatch(/is not a file$/);
  expect(readdirSync(directory)).toEqual(["d", "f"]);
});
