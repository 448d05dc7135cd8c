import { expect, test } from "vitest";
import { acceptsCoding } from "../../../../src/launch/front/static/accept-encoding.ts";

test.each([
  [undefined, false],
  ["", false],
  ["gzip", true],
  ["br, GZip;q=0.5", true],
  ["gzip;q=0", false],
  ["gzip; q=0.000, *", false],
  ["gzip;q=0.001", true],
  ["*", true],
  ["*;q=0", false],
  ["br, *;q=0.1", true],
  ["*;q=0, gzip", true],
  ["identity", false],
  ["xgzip, gzipx", false],
])("%s allows gzip: %s", (field, allowed) => {
  expect(acceptsCoding(field, "gzip")).toBe(allowed);
});
