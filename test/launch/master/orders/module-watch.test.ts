import { renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { changeText, ModuleWatch } from "../../../../src/launch/master/orders/module-watch.ts";
import { temporaryDirectory } from "../../../helpers/tmp.ts";

const day = (number: number) => new Date(Date.UTC(2020, 0, number));

let directory: string;
let changed: string[][];
let watch: ModuleWatch;

beforeEach(() => {
  directory = temporaryDirectory({ "a.py": "a", "b.py": "b" });
  edit("a.py", "a", 1);
  edit("b.py", "b", 1);
  changed = [];
  watch = new ModuleWatch((files) => changed.push(files.map((path) => path.slice(-4))));
  watch.every(86_400); // The test looks itself.
});
afterEach(() => watch.close());

function edit(name: string, content: string, dayOfChange: number): void {
  writeFileSync(`${directory}/${name}`, content);
  utimesSync(`${directory}/${name}`, day(dayOfChange), day(dayOfChange));
}

/** A zygote has imported files as they are now. */
function imports(zygote: number, ...names: readonly string[]): void {
  const files = names.map((name) => {
    const path = `${directory}/${name}`;
    const { mtimeNs, size } = statSync(path, { bigint: true });
    return { path, stamp: `${mtimeNs}-${size}` };
  });
  watch.heard(zygote, { is: "imported", files });
}

const loads = (zygote: number) =>
  watch.heard(zygote, { is: "loaded", seconds: 1, python: "CPython 3.11.2" });

async function look(): Promise<string[][]> {
  await watch.look();
  return changed.splice(0);
}

test("an edit is told once, also one of the same length, or into the past", async () => {
  imports(2, "a.py", "b.py");
  expect(await look()).toEqual([]);
  edit("a.py", "A", 2);
  expect(await look()).toEqual([["a.py"]]);
  expect(await look()).toEqual([]);
  edit("a.py", "?", 0);
  edit("b.py", "longer", 1);
  expect(await look()).toEqual([["a.py", "b.py"]]);
});

test("a file that was edited after its import, before anybody looked", async () => {
  imports(2, "a.py");
  edit("a.py", "later", 3);
  expect(await look()).toEqual([["a.py"]]);
});

test("what the next generation has read is not told again; what it missed is", async () => {
  imports(2, "a.py");
  edit("a.py", "second", 2);
  expect(await look()).toEqual([["a.py"]]);
  imports(5, "a.py");
  loads(5);
  watch.gone(2);
  expect(await look()).toEqual([]);
  edit("a.py", "third", 3);
  expect(await look()).toEqual([["a.py"]]);
});

test("a file that is away is waited for", async () => {
  imports(2, "a.py");
  renameSync(`${directory}/a.py`, `${directory}/kept.py`);
  expect(await look()).toEqual([]);
  renameSync(`${directory}/kept.py`, `${directory}/a.py`);
  expect(await look()).toEqual([]);
  rmSync(`${directory}/a.py`);
  edit("a.py", "anew", 4);
  expect(await look()).toEqual([["a.py"]]);
});

test("an edit that is taken back and made again", async () => {
  imports(2, "a.py");
  edit("a.py", "other", 2);
  expect(await look()).toEqual([["a.py"]]);
  edit("a.py", "a", 1);
  expect(await look()).toEqual([]);
  edit("a.py", "other", 2);
  expect(await look()).toEqual([["a.py"]]);
});

test("what a generation that failed has read is watched until another has loaded", async () => {
  imports(2, "a.py");
  loads(2);
  imports(3, "a.py", "b.py");
  watch.gone(3);
  edit("b.py", "mended", 2);
  expect(await look()).toEqual([["b.py"]]);
  imports(4, "a.py");
  loads(4);
  watch.gone(2);
  edit("b.py", "no more used", 3);
  expect(await look()).toEqual([]);
});

test("what all have forgotten is not looked at", async () => {
  imports(2, "a.py");
  loads(2);
  imports(3, "b.py");
  loads(3);
  watch.gone(2);
  edit("a.py", "edited", 2);
  expect(await look()).toEqual([]);
});

test("switched off it tells nothing", async () => {
  imports(2, "a.py");
  watch.every(0);
  edit("a.py", "edited", 2);
  expect(await look()).toEqual([]);
});

test("the log names the file", () => {
  expect(changeText(["/a.py"])).toBe("py-auto-reload: /a.py has changed");
  expect(changeText(["/a.py", "/b.py"])).toBe(
    "py-auto-reload: /a.py and 1 other file have changed",
  );
  expect(changeText(["/a.py", "/b.py", "/c.py"])).toContain("and 2 other files have changed");
});
