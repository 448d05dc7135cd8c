import { execFileSync } from "node:child_process";
import {
  chmodSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { describe, expect, test } from "vitest";
import { FileStore, openFound, readPart } from "../../../../src/launch/front/static/file-store.ts";
import { temporaryDirectory } from "../../../helpers/tmp.ts";
import { until } from "../../../helpers/until.ts";

const directory = temporaryDirectory({
  "root/a.txt": "aaa",
  "root/sub/b.txt": "bbb",
  "root2/secret.txt": "secret",
  "safe/s.txt": "safe",
  "safer/s.txt": "no",
});
const root = `${directory}/root`;
const store = new FileStore([`${directory}/safe`]);
const content = async (name: string, from = store) => {
  const found = await from.find({ root, path: `${root}/${name}` });
  return typeof found === "object" ? found.content?.toString() : found;
};

test("a file, a directory, nothing", async () => {
  expect(await content("a.txt")).toBe("aaa");
  expect(await content("sub/../a.txt")).toBe("aaa");
  expect(await content("sub")).toBe("directory");
  expect([
    await content("none"),
    await content("a.txt/x"),
    await content("x".repeat(5000)),
  ]).toEqual([undefined, undefined, undefined]);
});

test("links inside are followed, links out are not, but into a safe directory", async () => {
  symlinkSync("a.txt", `${root}/inside`);
  symlinkSync("../root2/secret.txt", `${root}/out`);
  symlinkSync("../root2", `${root}/outside`);
  symlinkSync("../safe", `${root}/safe`);
  symlinkSync("../safer", `${root}/safer`);
  symlinkSync("loop", `${root}/loop`);
  expect(await content("inside")).toBe("aaa");
  expect(await content("safe/s.txt")).toBe("safe");
  for (const name of ["out", "outside/secret.txt", "../root2/secret.txt", "safer/s.txt", "loop"]) {
    expect(await content(name), name).toBeUndefined();
  }
});

test("a root or a safe directory that is a link itself", async () => {
  symlinkSync("root", `${directory}/current`);
  symlinkSync("safe", `${directory}/linked-safe`);
  const linked = new FileStore([`${directory}/linked-safe`]);
  const at = `${directory}/current`;
  expect(await linked.find({ root: at, path: `${at}/a.txt` })).toMatchObject({
    path: `${root}/a.txt`,
  });
  expect(await content("safe/s.txt", linked)).toBe("safe");
});

test("what is no plain file is not opened", async () => {
  execFileSync("mkfifo", [`${root}/fifo`]);
  expect(await content("fifo")).toBeUndefined();
  const devices = new FileStore([]);
  expect(await devices.find({ root: "/dev", path: "/dev/null" })).toBeUndefined();
});

test("names that are no UTF-8 are files like others", async () => {
  const name = Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, 0x2e])]);
  writeFileSync(name, "bytes");
  expect(await content("\xff.")).toBe("bytes");
});

describe("what is remembered", () => {
  /** A file that was last changed long ago, as far as that can be set. */
  const fresh = new FileStore([]);
  const candidate = { root, path: `${root}/kept.txt` };
  const known = () => fresh.known(candidate)?.content?.toString();

  test("is only what has been as it is for a while", async () => {
    writeFileSync(candidate.path, "one");
    await fresh.find(candidate);
    expect(known()).toBeUndefined();
    // The time of the last change of the inode cannot be set: it has to pass.
    await until("the file to be remembered", async () => {
      await fresh.find(candidate);
      return known() === "one";
    });
    expect(fresh.known({ ...candidate, root: "/elsewhere" })).toBeUndefined();
  });

  test("is forgotten when the file changes, even with the same size and time", async () => {
    const { mtime, atime } = statSync(candidate.path);
    writeFileSync(candidate.path, "two");
    utimesSync(candidate.path, atime, mtime);
    expect(known()).toBeUndefined();
    expect(await fresh.find(candidate)).toMatchObject({ content: Buffer.from("two") });
  });

  test("is forgotten when another file or none takes its place", async () => {
    await until("the file to be remembered", async () => {
      await fresh.find(candidate);
      return known() === "two";
    });
    linkSync(candidate.path, `${root}/other-name`);
    renameSync(`${directory}/root2/secret.txt`, candidate.path);
    expect(known()).toBeUndefined();
    expect(await fresh.find(candidate)).toMatchObject({ content: Buffer.from("secret") });
    rmSync(candidate.path);
    expect([known(), await fresh.find(candidate)]).toEqual([undefined, undefined]);
  });
});

test("what was remembered is gone when the way there is", async () => {
  const fresh = new FileStore([]);
  mkdirSync(`${root}/way`);
  writeFileSync(`${root}/way/x`, "x");
  const candidate = { root, path: `${root}/way/x` };
  await until("the file to be remembered", async () => {
    await fresh.find(candidate);
    return fresh.known(candidate) !== undefined;
  });
  renameSync(`${root}/way`, `${root}/away`);
  symlinkSync("way", `${root}/way`); // to itself: ELOOP
  expect([fresh.known(candidate), await fresh.find(candidate)]).toEqual([undefined, undefined]);
});

describe("large files", () => {
  const path = `${root}/large`;

  test("are not kept in memory, and are opened when they are needed", async () => {
    writeFileSync(path, Buffer.alloc(100_000, 65));
    const found = await store.find({ root, path });
    if (typeof found !== "object") throw new Error("not found");
    expect([found.content, found.size]).toEqual([undefined, 100_000]);
    const handle = await openFound(found);
    if (typeof handle !== "object") throw new Error("not opened");
    expect((await readPart(handle, 99_990, 10)).toString()).toBe("AAAAAAAAAA");
    truncateSync(path, 50_000);
    await expect(readPart(handle, 99_990, 10)).rejects.toThrow("cut");
    await handle.close();
    expect(await openFound(found)).toBe("changed");
    rmSync(path);
    expect(await openFound(found)).toBeUndefined();
  });

  test("of more than 4 GiB have their size", async () => {
    writeFileSync(path, "");
    truncateSync(path, 5_000_000_000);
    expect(await store.find({ root, path })).toMatchObject({ size: 5_000_000_000 });
  });
});

test.skipIf(process.getuid?.() === 0)("what may not be read is not there", async () => {
  writeFileSync(`${root}/locked`, "x");
  chmodSync(`${root}/locked`, 0);
  expect(await content("locked")).toBeUndefined();
  mkdirSync(`${root}/closed`, { mode: 0 });
  expect(await content("closed/x")).toBeUndefined();
});
