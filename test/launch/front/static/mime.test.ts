import { expect, test } from "vitest";
import { loadTypes, MimeTypes } from "../../../../src/launch/front/static/mime.ts";
import { temporaryDirectory } from "../../../helpers/tmp.ts";

test("the last ending of a name decides, in any case", () => {
  const types = new MimeTypes();
  expect(
    ["/a/b.css", "/a/B.CSS", "/a/x.tar.gz", "/a/css", "/a.css/b", "/a/.css", "/a/b.", ""].map(
      (path) => types.of(path),
    ),
  ).toEqual([
    "text/css",
    "text/css",
    "application/gzip",
    undefined,
    undefined,
    "text/css",
    undefined,
    undefined,
  ]);
});

test("a table adds to what is known and beats it; of its lines the first counts", () => {
  const types = new MimeTypes();
  types.add(
    "# css\ntext/x-first css q\r\ntext/x-second css\n\ntext/none\nno-type zip\na/b\u0000 zip\nx/y \tz",
  );
  expect(["a.css", "a.q", "a.png", "a.zip", "a.z"].map((path) => types.of(path))).toEqual([
    "text/x-first",
    "text/x-first",
    "image/png",
    "application/zip",
    "x/y",
  ]);
});

test("several files: the first that knows an ending; a missing one is told", () => {
  const directory = temporaryDirectory({ one: "a/one css", two: "a/two css txt" });
  const said: string[] = [];
  const files = ["one", "two", "none"].map((name) => `${directory}/${name}`);
  const types = loadTypes(files, (message) => said.push(message));
  expect([types.of("a.css"), types.of("a.txt")]).toEqual(["a/one", "a/two"]);
  expect(said).toEqual([expect.stringContaining(`${directory}/none`)]);
});
