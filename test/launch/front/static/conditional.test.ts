import { describe, expect, test } from "vitest";
import {
  httpDate,
  precondition,
  rangeAllowed,
} from "../../../../src/launch/front/static/conditional.ts";

const TIME = "Sun, 06 Nov 1994 08:49:37 GMT";
const before = "Sun, 06 Nov 1994 08:49:36 GMT";
const after = "Sun, 06 Nov 1994 08:49:38 GMT";
const now = { etag: '"a-1"', modifiedMs: Date.UTC(1994, 10, 6, 8, 49, 37) };

/** With header fields by their names without HTTP_. */
const vars = (fields: object) =>
  new Map(Object.entries(fields).map(([name, value]) => [`HTTP_${name}`, String(value)]));

describe("preconditions, in the order of RFC 9110 13.2.2", () => {
  test.each([
    [{}, 200],
    [{ IF_MATCH: '"a-1"' }, 200],
    [{ IF_MATCH: '"x", "a-1"' }, 200],
    [{ IF_MATCH: "*" }, 200],
    [{ IF_MATCH: '"x"' }, 412],
    [{ IF_MATCH: 'W/"a-1"' }, 412],
    [{ IF_UNMODIFIED_SINCE: before }, 412],
    [{ IF_UNMODIFIED_SINCE: TIME }, 200],
    [{ IF_UNMODIFIED_SINCE: "yesterday" }, 200],
    [{ IF_MATCH: '"a-1"', IF_UNMODIFIED_SINCE: before }, 200],
    [{ IF_NONE_MATCH: '"a-1"' }, 304],
    [{ IF_NONE_MATCH: 'W/"a-1"' }, 304],
    [{ IF_NONE_MATCH: '"x",W/"a-1" ,"y"' }, 304],
    [{ IF_NONE_MATCH: "*" }, 304],
    [{ IF_NONE_MATCH: '"a"' }, 200],
    [{ IF_NONE_MATCH: "a-1" }, 200],
    [{ IF_MODIFIED_SINCE: TIME }, 304],
    [{ IF_MODIFIED_SINCE: after }, 304],
    [{ IF_MODIFIED_SINCE: before }, 200],
    [{ IF_MODIFIED_SINCE: "" }, 200],
    [{ IF_NONE_MATCH: '"x"', IF_MODIFIED_SINCE: after }, 200],
    [{ IF_MATCH: '"x"', IF_NONE_MATCH: '"a-1"' }, 412],
    [{ IF_MATCH: '"a-1"', IF_NONE_MATCH: '"a-1"' }, 304],
  ])("%j: %d", (fields, status) => {
    expect(precondition(vars(fields), now)).toBe(status);
  });
});

test.each([
  [{}, true],
  [{ IF_RANGE: '"a-1"' }, true],
  [{ IF_RANGE: 'W/"a-1"' }, false],
  [{ IF_RANGE: '"b"' }, false],
  [{ IF_RANGE: TIME }, true],
  [{ IF_RANGE: before }, false],
  [{ IF_RANGE: after }, false],
  [{ IF_RANGE: "" }, false],
])("a range with %j: %s", (fields, allowed) => {
  expect(rangeAllowed(vars(fields), now)).toBe(allowed);
});

test.each([TIME, "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", ` ${TIME} `])(
  "the time %s",
  (text) => {
    expect(httpDate(text)).toBe(now.modifiedMs);
  },
);

test("two digits of a year are at most 50 years ahead", () => {
  const year = new Date().getUTCFullYear();
  const two = (n: number) => String(n % 100).padStart(2, "0");
  const at = (n: number) =>
    new Date(httpDate(`Sunday, 06-Nov-${two(n)} 08:49:37 GMT`) ?? 0).getUTCFullYear();
  expect([at(year + 50), at(year - 49)]).toEqual([year + 50, year - 49]);
});

test.each([
  undefined,
  "",
  "now",
  "784111777",
  "Sun, 06 Abc 1994 08:49:37 GMT",
  "Sun, 06 anF 1994 08:49:37 GMT",
  "Sun, 06 Nov 1994 08:49:37 CET",
  "1994-11-06T08:49:37Z",
])("%s is no time", (text) => {
  expect(httpDate(text)).toBeUndefined();
});
