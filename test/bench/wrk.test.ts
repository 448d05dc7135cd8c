import { expect, test } from "vitest";
import { parseWrk } from "../../bench/wrk.ts";

const report = `Running 1s test @ http://127.0.0.1:8000/
  2 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.36ms  540.51us   8.42ms   84.06%
    Req/Sec     6.04k   557.30     6.92k    65.00%
  Latency Distribution
     50%  990.00us
     75%    1.56ms
     90%    1.91ms
     99%    1.02s
  12030 requests in 1.00s, 1.10MB read
`;

test("a report without errors", () => {
  expect(parseWrk(`${report}Requests/sec:  12021.77\nTransfer/sec:      1.10MB\n`)).toEqual({
    requests: 12_030,
    requestsPerSecond: 12_021.77,
    p50: 0.99,
    p99: 1020,
    badStatuses: 0,
    connectErrors: 0,
    readErrors: 0,
    writeErrors: 0,
    timeouts: 0,
  });
});

test("a report with errors of all kinds", () => {
  const errors = [
    "  Socket errors: connect 1, read 23, write 4, timeout 56",
    "  Non-2xx or 3xx responses: 7",
    "Requests/sec:  12021.77",
  ];
  expect(parseWrk(report + errors.join("\n"))).toMatchObject({
    connectErrors: 1,
    readErrors: 23,
    writeErrors: 4,
    timeouts: 56,
    badStatuses: 7,
  });
});

test("something else is not taken for a report", () => {
  expect(() => parseWrk("unable to connect")).toThrow("wrk printed nothing like");
});
