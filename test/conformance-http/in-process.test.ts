/** Every row of the tables through the front's own parsers, in every way that bytes may come. */
import { describe, expect, test, vi } from "vitest";
import { deliveries, single } from "../helpers/delivery.ts";
import {
  type Expected,
  get,
  type HttpCase,
  head,
  LIMITS,
  NEXT,
  post,
  wholeEnviron,
} from "./case.ts";
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

test.each(Object.entries(topics))("%s, and then the end of the connection", (_topic, cases) => {
  for (const row of cases) {
    const bytes = Buffer.from(row.raw, "latin1");
    for (const pieces of [[bytes], single(bytes)]) {
      for (const answers of ["at once", "late"] as const) {
        const { requests, statuses, open } = serve(pieces, LIMITS, answers, true);
        const { name } = row;
        expect({ name, requests, statuses, open }).toEqual({
          name,
          ...wanted(row, false),
          open: false,
        });
      }
    }
  }
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

test.each([
  ["without Host", head("HEAD / HTTP/1.1"), 400],
  ["of an unknown version", head("HEAD / HTTP/2.0"), 505],
  ["with too long a body", head("HEAD / HTTP/1.1", "Host: a", "Content-Length: 99999"), 413],
])("a HEAD %s is refused without a body", (_name, raw, status) => {
  const { sent, statuses } = serve([Buffer.from(raw)], LIMITS);
  expect(statuses).toEqual([status]);
  expect(sent).toMatch(/\r\nContent-Length: \d+\r\n[\s\S]*\r\n\r\n$/);
  expect(serve([Buffer.from(raw.replace("HEAD", "GET"))], LIMITS).sent).toMatch(/\n\r\n\d{3} /);
});

describe("100 Continue", () => {
  const expecting = (version: string, ...lines: string[]) =>
    head(`POST / ${version}`, "Host: a", "Expect: 100-continue", ...lines);

  test.each<[string, string, string, number]>([
    ["is sent before a body with a length", expecting("HTTP/1.1", "Content-Length: 2"), "ab", 1],
    ["is sent before chunks", expecting("HTTP/1.1", "Transfer-Encoding: chunked"), "0\r\n\r\n", 1],
    ["is not sent where no body follows", expecting("HTTP/1.1"), "", 0],
    ["is not sent for an empty body", expecting("HTTP/1.1", "Content-Length: 0"), "", 0],
    ["is not sent to HTTP/1.0", expecting("HTTP/1.0", "Content-Length: 2"), "ab", 0],
  ])("%s", (_name, headText, body, continues) => {
    const seen = serve([Buffer.from(headText), Buffer.from(body)], LIMITS);
    expect([seen.continues, seen.statuses]).toEqual([continues, [200]]);
    // A client that did not wait has no need of it.
    expect(serve([Buffer.from(headText + body)], LIMITS).continues).toBe(0);
  });

  test("is for the client in turn: behind the answer before", () => {
    const text = get() + expecting("HTTP/1.1", "Content-Length: 2");
    const { sent } = serve([Buffer.from(text), Buffer.from("ab")], LIMITS);
    expect(sent.match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 100", "HTTP/1.1 200"]);
  });
});

test("a client that expects 100 and a length too large gets 413 at once", () => {
  const text = post(["Expect: 100-continue", `Content-Length: ${LIMITS.limitPost + 1}`], "");
  expect(serve([Buffer.from(text)], LIMITS)).toMatchObject({ statuses: [413], continues: 0 });
});

test("a head byte by byte costs no more than its length", () => {
  const bytes = Buffer.from(get(...Array(700).fill("a:")));
  const looks = vi.spyOn(Buffer.prototype, "indexOf");
  try {
    expect(serve(single(bytes), { ...LIMITS, bufferSize: 32_768 }).statuses).toEqual([200]);
    expect(looks.mock.calls.length).toBeLessThan(4 * bytes.length);
  } finally {
    looks.mockRestore();
  }
});

test("empty lines before a head are not kept until it is complete", () => {
  const joined = vi.spyOn(Buffer, "concat");
  try {
    const pieces = [
      Buffer.from(`${"\r\n".repeat(20_000)}G`),
      ...single(Buffer.from(get().slice(1))),
    ];
    expect(serve(pieces, LIMITS).statuses).toEqual([200]);
    const lengths = joined.mock.calls.map(([parts]) =>
      parts.reduce((n, part) => n + part.length, 0),
    );
    expect(Math.max(...lengths)).toBeLessThan(1000);
  } finally {
    joined.mockRestore();
  }
});
