import { describe, expect, test } from "vitest";
import { catalogue } from "../../src/options/catalogue.ts";
import {
  editDistance,
  findAbbreviated,
  findOption,
  findShort,
  nearestNames,
} from "../../src/options/find.ts";

test("the catalogue has every name once", () => {
  const names = catalogue.flatMap(({ name, aliases }) => [name, ...aliases]);
  expect(catalogue).toHaveLength(1134);
  expect(names).toHaveLength(1332);
  expect(new Set(names).size).toBe(names.length);
});

test("findOption knows names and aliases, exactly", () => {
  expect(findOption("workers")?.name).toBe("processes");
  expect(findOption("venv")?.name).toBe("home");
  expect(findOption("Processes")).toBeUndefined();
  expect(findOption("chmod_socket")).toBeUndefined();
  expect(findOption("constructor")).toBeUndefined();
});

test("findShort takes the first option of a letter", () => {
  expect(findShort("p")?.name).toBe("processes");
  expect(findShort("s")?.name).toBe("socket");
  expect(findShort("?")).toBeUndefined();
});

test("findAbbreviated wants one option", () => {
  expect(findAbbreviated("process")).toMatchObject({ name: "processes" });
  expect(findAbbreviated("master")).toMatchObject({ name: "master" });
  expect(findAbbreviated("mast")).toEqual({
    candidates: ["master", "master-fifo", "master-as-root"],
  });
  expect(findAbbreviated("no-such")).toEqual({ candidates: [] });
  expect(findAbbreviated("")).toEqual({ candidates: [] });
});

describe("nearestNames", () => {
  test.each([
    ["proceses", "processes"],
    ["harakari", "harakiri"],
    ["mastre", "master"],
    ["Master", "master"],
    ["--master", "master"],
    ["chmod_socket", "chmod-socket"],
    ["enable-thread", "enable-threads"],
    ["max_request", "max-requests"],
    ["http_socket", "http-socket"],
    ["disable-write-exceptions", "disable-write-exception"],
  ])("%s is %s", (name, meant) => {
    expect(nearestNames(name)[0]).toBe(meant);
  });

  test.each(["project_name", "base", "xyz", "q", "", "my_domain"])("nothing is near %j", (name) => {
    expect(nearestNames(name)).toEqual([]);
  });

  test("tsuwsgi's own options are known", () => {
    expect(nearestNames("lenien")).toEqual(["lenient"]);
    expect(nearestNames("no_server_header")).toEqual(["no-server-header"]);
  });

  test("of names that are equally near the preferred ones come first", () => {
    const near = nearestNames("log-6xx");
    expect(near).toEqual(["log-4xx", "log-5xx"]);
    expect(nearestNames("log-6xx", (name) => name === "log-5xx")).toEqual(near.toReversed());
  });

  test("left to itself it prefers the core and the Python plugin", () => {
    expect(nearestNames("xsgi")).toEqual(["wsgi", "psgi"]);
    expect(nearestNames("xsgi", () => true)).toEqual(["psgi", "wsgi"]);
  });

  test("at most three", () => {
    expect(nearestNames("log-4x").length).toBeLessThanOrEqual(3);
  });
});

test("editDistance counts a swap once", () => {
  expect(editDistance("mastre", "master")).toBe(1);
  expect(editDistance("abc", "")).toBe(3);
  expect(editDistance("kitten", "sitting")).toBe(3);
  expect(editDistance("abc", "xyzabc", 2)).toBeGreaterThan(2);
});
