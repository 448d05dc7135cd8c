/** Every row of the tables through the front's own parsers, in every way that bytes may come. */
import { describe, expect, test } from "vitest";
import { deliveries } from "../helpers/delivery.ts";
import { type Expected, type HttpCase, LIMITS, NEXT, wholeEnviron } from "./case.ts";
import { topics } from "./cases/topics.ts";
import { serve } from "./front.ts";

describe.each(Object.entries(topics))("%s", (_topic, cases) => {
  test.each(cases.map((row) => [row.name, row] as const))("%s", (_name, row) => {
    for (const delivery of deliveries(Buffer.from(row.raw, "latin1"), Buffer.from(NEXT.raw))) {
      if (delivery.trailing && row.partial) continue;
      for (const answers of ["at once", "late"] as const) {
        const { requests, statuses, open } = serve(delivery.pieces, LIMITS, answers);
        const how = `${delivery.name}, answered ${answers}`;
        expect({ how, requests, statuses, open }).toEqual({
          how,
          ...wanted(row, delivery.trailing),
        });
      }
    }
  });
});

function wanted(row: HttpCase, trailing: boolean) {
  const expected: Expected[] = [...row.requests];
  if (trailing && !row.closes) expected.push(NEXT.expected);
  const requests = expected.map(({ environ, body }) => ({ environ: wholeEnviron(environ), body }));
  const statuses = expected.map(() => 200);
  if (row.refused !== undefined) statuses.push(row.refused);
  return { requests, statuses, open: !row.closes };
}

test("no two rows of a topic have the same name", () => {
  for (const cases of Object.values(topics)) {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  }
});
