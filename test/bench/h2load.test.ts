import { expect, test } from "vitest";
import { parseH2load } from "../../bench/h2load.ts";

const report = `finished in 3.00s, 69409.00 req/s, 8.80MB/s
requests: 208227 total, 208291 started, 208227 done, 208220 succeeded, 7 failed, 7 errored, 0 timeout
status codes: 208220 2xx, 0 3xx, 0 4xx, 0 5xx
                     min         max         mean         sd        +/- sd
time to 1st byte:     7.04ms     33.72ms     22.08ms      7.29ms    71.88%
req/s           :    1072.72     1095.75     1084.32        4.85    68.75%
`;

test("what each connection got", () => {
  const shares = { least: 1072.72, greatest: 1095.75, mean: 1084.32 };
  expect(parseH2load(report)).toEqual({ requests: 208_227, rate: 69_409, failed: 7, ...shares });
});

test("another report is an error", () => {
  expect(() => parseH2load("nothing")).toThrow("h2load printed nothing like");
});
