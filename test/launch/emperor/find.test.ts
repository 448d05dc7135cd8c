/** Looking for configurations on a real file system. */
import {
  chownSync,
  lstatSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { find, openSources } from "../../../src/launch/emperor/find.ts";
import {
  type EmperorSettings,
  type EmperorSource,
  finishEmperor,
  noEmperor,
} from "../../../src/settings/emperor-settings.ts";
import { temporaryDirectory } from "../../helpers/tmp.ts";

function settings(more: Partial<EmperorSettings> = {}): EmperorSettings {
  return { ...finishEmperor(noEmperor(), "/", "/", false), ...more };
}

async function ids(source: EmperorSource, more: Partial<EmperorSettings> = {}) {
  return (await look(source, more)).map(({ id }) => id);
}

async function look(source: EmperorSource, more: Partial<EmperorSettings> = {}) {
  const [opened] = await openSources([source]);
  if (!opened) throw new Error("no source");
  return await find(opened, settings(more));
}

const names = ["a.ini", "b.xml", "c.yml", "d.yaml", "e.js", "f.json"];
const others = ["g.conf", "h.ini~", "i.py", "README"];

function vassals(): string {
  const directory = temporaryDirectory(
    Object.fromEntries([...others, ...names].map((name) => [`v/${name}`, ""])),
  );
  mkdirSync(join(directory, "v/k.ini"));
  return directory;
}

describe("a directory", () => {
  test("has the files whose names end as uWSGI's configurations do, in order", async () => {
    const base = vassals();
    expect(await ids({ kind: "either", text: "v", base })).toEqual(names);
    expect(await ids({ kind: "directory", text: `${base}/v`, base: "/" })).toEqual(names);
  });

  test("has those with further endings too", async () => {
    const more = { extensions: [".conf", ".ini~"] };
    const found = await ids({ kind: "either", text: "v", base: vassals() }, more);
    expect(found).toEqual([...names, "g.conf", "h.ini~"]);
  });

  test("that is not there is an error each time", async () => {
    const base = temporaryDirectory();
    const source = { kind: "directory", text: "v", base } as const;
    await expect(look(source)).rejects.toMatchObject({ code: "ENOENT" });
    mkdirSync(join(base, "v"));
    expect(await ids(source)).toEqual([]);
  });

  test("names where its files are", async () => {
    const base = vassals();
    const [file] = await look({ kind: "either", text: "v", base });
    const cwd = join(base, "v");
    expect(file).toMatchObject({ id: "a.ini", path: join(cwd, "a.ini"), cwd, source: 0 });
  });
});

describe("a pattern", () => {
  test("has what glob(3) would find, named as it was written", async () => {
    const base = vassals();
    expect(await ids({ kind: "pattern", text: "v/[ab].*", base })).toEqual(["v/a.ini", "v/b.xml"]);
    expect(await ids({ kind: "either", text: `${base}/*/?.ini`, base: "/" })).toEqual([
      `${base}/v/a.ini`,
    ]);
    expect(await ids({ kind: "either", text: "v/a.ini", base })).toEqual(["v/a.ini"]);
  });

  test("that leads nowhere has nothing, until it does", async () => {
    const base = temporaryDirectory();
    const source = { kind: "pattern", text: "*/*.ini", base } as const;
    expect(await ids(source)).toEqual([]);
    writeFileSync(join(base, "plain"), "");
    mkdirSync(join(base, "v"));
    writeFileSync(join(base, "v/a.ini"), "");
    expect(await ids(source)).toEqual(["v/a.ini"]);
  });
});

describe("a file", () => {
  const one = async (base: string, more: Partial<EmperorSettings> = {}) => {
    const [file] = await look({ kind: "directory", text: "v", base }, more);
    if (!file) throw new Error("nothing was found");
    return file;
  };

  test("has another stamp when it was written, also with an older time, and not otherwise", async () => {
    const base = temporaryDirectory({ "v/a.ini": "x" });
    const path = join(base, "v/a.ini");
    const stamps = [(await one(base)).stamp];
    const now = async () => stamps.push((await one(base)).stamp);
    await now();
    utimesSync(path, 1000, 1000);
    await now();
    rmSync(path);
    writeFileSync(path, "longer");
    utimesSync(path, 1000, 1000);
    await now();
    expect(stamps[0]).toBe(stamps[1]);
    expect(new Set(stamps).size).toBe(3);
    expect(await one(base)).toMatchObject({ modified: 1000 });
  });

  test("that is a link changes with its target, or only itself with nofollow", async () => {
    const base = temporaryDirectory({ target: "", "v/x": "" });
    symlinkSync("../target", join(base, "v/a.ini"));
    const [followed, own] = [await one(base), await one(base, { nofollow: true })];
    utimesSync(join(base, "target"), 1000, 1000);
    expect((await one(base)).stamp).not.toBe(followed.stamp);
    expect((await one(base, { nofollow: true })).stamp).toBe(own.stamp);
    rmSync(join(base, "target"));
    await expect(one(base)).rejects.toThrow("nothing was found");
    expect((await one(base, { nofollow: true })).stamp).toBe(own.stamp);
  });

  test.skipIf(process.getuid?.() !== 0)("has its target's owner, or the link's", async () => {
    const base = temporaryDirectory({ target: "" });
    mkdirSync(join(base, "v"));
    symlinkSync("../target", join(base, "v/a.ini"));
    chownSync(join(base, "target"), 12345, 12346);
    expect(lstatSync(join(base, "v/a.ini")).uid).toBe(0);
    expect(await one(base, { tyrant: true })).toMatchObject({ uid: 12345, gid: 12346 });
    const ofLink = { tyrant: true, tyrantNofollow: true };
    expect(await one(base, ofLink)).toMatchObject({ uid: 0, gid: 0 });
  });
});
