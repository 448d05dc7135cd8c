import { expect, test } from "vitest";
import { StaticRoots } from "../../../../src/launch/front/static/static-roots.ts";
import { noStatics, type StaticSettings } from "../../../../src/settings/static-settings.ts";

function paths(settings: Partial<StaticSettings>, path: string, docroot?: string): string[] {
  const roots = new StaticRoots({ ...noStatics(), ...settings });
  return roots.candidates(path, docroot).map((candidate) => candidate.path);
}

test.each([
  ["/s", "/s/a", ["/d/a"]],
  ["/s", "/s", ["/d"]],
  ["/s", "/s/", ["/d"]],
  ["/s", "/s//etc/passwd", ["/d/etc/passwd"]],
  ["/s", "/sa", []],
  ["/s", "/s../x", []],
  ["/s", "/", []],
  ["/s/", "/s/a", ["/d/a"]],
  ["/s/", "/s", ["/d"]],
  ["/s/", "/sa", []],
  ["/", "/a", ["/d/a"]],
  ["", "/a", ["/d/a"]],
  ["/", "/", ["/d"]],
  ["/s", "/s/a\0b", []],
  ["/s", "*", []],
  ["/s", "", []],
  ["/caf\u00e9", "/caf\u00c3\u00a9/x", ["/d/x"]],
])("mountpoint %j, path %j", (mountpoint, path, wanted) => {
  expect(paths({ maps: [{ mountpoint, directory: "/d" }] }, path)).toEqual(wanted);
});

test("static-map2 keeps the mountpoint", () => {
  const wholeMaps = [{ mountpoint: "/m", directory: "/d" }];
  expect(paths({ wholeMaps }, "/m/a")).toEqual(["/d/m/a"]);
  expect(paths({ wholeMaps }, "/m")).toEqual(["/d/m"]);
  expect(paths({ wholeMaps }, "/ma")).toEqual([]);
});

test("all that fit are looked at: check-static, static-map, static-map2, the document root", () => {
  const settings = {
    checks: ["/c1", "/"],
    maps: [
      { mountpoint: "/s", directory: "/m1" },
      { mountpoint: "/other", directory: "/m2" },
      { mountpoint: "/s/a", directory: "/m3" },
    ],
    wholeMaps: [{ mountpoint: "/s", directory: "/w" }],
  };
  expect(paths(settings, "/s/a/b", "/doc")).toEqual([
    ...["/c1/s/a/b", "/s/a/b", "/m1/a/b", "/m3/b", "/w/s/a/b", "/doc/s/a/b"],
  ]);
  expect(paths({}, "/a", "")).toEqual([]);
  expect(paths({}, "/a", "relative")).toEqual([]);
});
