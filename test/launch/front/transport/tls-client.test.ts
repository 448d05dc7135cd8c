import { describe, expect, test } from "vitest";
import { Allowance } from "../../../../src/launch/front/clients/allowance.ts";
import { distinguishedName } from "../../../../src/launch/front/transport/tls-client.ts";

describe("the name of a client's certificate", () => {
  test.each([
    ["O=Org\nCN=client one", "/O=Org/CN=client one"],
    ["CN=a\\,b", "/CN=a,b"],
    ["CN=caf\u00e9", "/CN=caf\\xC3\\xA9"],
    ["CN=a\\0Ab", "/CN=a\\x0Ab"],
    ["O=x/CN=admin\nCN=guest", "/O=x\\x2FCN=admin/CN=guest"],
    ["CN=one + OU=two", "/CN=one/OU=two"],
    ["CN=one \\+ OU=two", "/CN=one + OU=two"],
    ["", ""],
  ])("%j is %j", (subject, expected) => {
    expect(distinguishedName({ subject })).toBe(expected);
  });
});

test("an allowance is a burst and what comes back", () => {
  const now = Date.now();
  const allowance = new Allowance(3, 10, now);
  expect([now, now, now, now].map((at) => allowance.take(at))).toEqual([true, true, true, false]);
  expect([1000, 1000].map((later) => allowance.take(now + later))).toEqual([true, true]);
  expect([...Array(5)].map(() => allowance.take(now + 60_000)).filter(Boolean)).toHaveLength(3);
});
