import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FileSink } from "../../../src/launch/log/file-sink.ts";
import { temporaryDirectory } from "../../helpers/tmp.ts";
import { until } from "../../helpers/until.ts";

const date = "\\w{3} \\w{3} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d \\d{4}";

function fresh(): string {
  return join(temporaryDirectory(), "log");
}

test("lines are appended, and the file made with uWSGI's mode 0640", async () => {
  const path = fresh();
  for (const text of ["one\n", "two\n"]) {
    const sink = new FileSink(path);
    sink.write(Buffer.from(text));
    await sink.close();
  }
  expect(readFileSync(path, "utf8")).toBe("one\ntwo\n");
  expect(statSync(path).mode & 0o777).toBe(0o640 & ~process.umask());
});

test("lines are written without a flush or an end", async () => {
  const path = fresh();
  const sink = new FileSink(path);
  sink.write(Buffer.from("a\n"));
  sink.write(Buffer.from("b\n"));
  await until("the lines", () => readFileSync(path, "utf8") === "a\nb\n");
  await sink.close();
});

test("truncated at the start, permissions as told", async () => {
  const path = fresh();
  writeFileSync(path, "old\n");
  const sink = new FileSink(path, { truncate: true, chmod: 0o604 });
  sink.write(Buffer.from("new\n"));
  await sink.close();
  expect(readFileSync(path, "utf8")).toBe("new\n");
  expect(statSync(path).mode & 0o777).toBe(0o604);
});

test("rotated on demand: what was there gets a name with the time, with uWSGI's words at its end", async () => {
  const path = fresh();
  const sink = new FileSink(path);
  for (const text of ["one\n", "two\n", "three\n"]) {
    sink.write(Buffer.from(text));
    sink.rotate();
  }
  sink.write(Buffer.from("last\n"));
  await sink.close();
  expect(readFileSync(path, "utf8")).toBe("last\n");
  const old = readdirSync(join(path, "..")).filter((name) => name !== "log");
  // More than one a second does not lose any, as in uWSGI.
  expect(old).toHaveLength(3);
  for (const name of old) {
    expect(name).toMatch(/^log\.\d{10}(\.\d)?$/);
    const words = `^\\w+\\n${date} - logsize: \\d+, triggering rotation to .*log\\.[\\d.]+\\.\\.\\.\\n$`;
    expect(readFileSync(join(path, "..", name), "utf8")).toMatch(new RegExp(words));
  }
});

test("rotated when it is too large, to the name that was given", async () => {
  const path = fresh();
  const sink = new FileSink(path, { maxSize: 10, backupName: `${path}.old` });
  sink.write(Buffer.from("more than ten bytes\n"));
  await until("the rotation", () => existsSync(`${path}.old`));
  sink.write(Buffer.from("few\n"));
  await sink.close();
  expect(readFileSync(`${path}.old`, "utf8")).toContain("more than ten bytes\n");
  expect(readFileSync(path, "utf8")).toBe("few\n");
  expect(sink.shared).toBeUndefined();
});

test("a rotation that is not possible: the old file goes on, and says why", async () => {
  const path = fresh();
  const sink = new FileSink(path, { backupName: join(path, "none", "x") });
  sink.rotate();
  sink.write(Buffer.from("after\n"));
  await sink.close();
  expect(readFileSync(path, "utf8")).toMatch(
    /unable to rotate log: rename\(\): ENOTDIR.*\nafter\n$/,
  );
});

test("opened anew after logrotate has moved it", async () => {
  const path = fresh();
  const sink = new FileSink(path);
  sink.write(Buffer.from("before\n"));
  sink.flush();
  renameSync(path, `${path}.1`);
  sink.reopen();
  sink.write(Buffer.from("after\n"));
  await sink.close();
  expect(readFileSync(`${path}.1`, "utf8")).toMatch(
    /^before\n\[\d{10}\] logsize: 7, triggering log-reopen\.\.\.\n$/,
  );
  expect(readFileSync(path, "utf8")).toMatch(/^\[\d{10}\] .*log reopened\.\nafter\n$/);
});

test("the directory is gone: lines still go to the old file", async () => {
  const path = fresh();
  const sink = new FileSink(path);
  rmSync(join(path, ".."), { recursive: true });
  sink.reopen();
  sink.write(Buffer.from("nobody reads this\n"));
  sink.flush();
  await sink.close();
  expect(existsSync(path)).toBe(false);
});

test("a full disk: what was lost is counted, and told when there is room again", async () => {
  const path = fresh();
  symlinkSync("/dev/full", path);
  const sink = new FileSink(path);
  sink.write(Buffer.from("one\ntwo\n"));
  sink.flush();
  sink.write(Buffer.from("three\n"));
  sink.flush();
  rmSync(path);
  sink.reopen();
  sink.write(Buffer.from("room\n"));
  await sink.close();
  const text = readFileSync(path, "utf8");
  expect(text).toMatch(
    /^tsuwsgi: \d+ lines of the log were lost: ENOSPC.*\n\[.*reopened\.\nroom\n$/,
  );
  expect(Number(/(\d+) lines/.exec(text)?.[1])).toBe(4); // with the one about the reopening
});

test("a file that cannot be opened", () => {
  expect(() => new FileSink(join(temporaryDirectory(), "none", "log"))).toThrow(/ENOENT/);
});
