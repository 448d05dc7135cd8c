import { expect, test } from "vitest";
import { formatRequest } from "./http.ts";
import { packet, requestVars } from "./uwsgi-client.ts";

test("a packet has little-endian sizes around names and values", () => {
  const vars = [
    ["A", "xyz"],
    ["BC", ""],
  ] as const;
  const block = "\x01\x00A\x03\x00xyz\x02\x00BC\x00\x00";
  expect(packet(vars).toString("latin1")).toBe(`\x00\x0e\x00\x00${block}`);
  expect(packet(vars, 5, 7, 0x1234).toString("latin1")).toBe(`\x05\x34\x12\x07${block}`);
});

test("variables follow the path, and may be overridden", () => {
  const vars = new Map(requestVars("/a?b?c", { SERVER_NAME: "x" }));
  expect([vars.get("PATH_INFO"), vars.get("QUERY_STRING")]).toEqual(["/a", "b?c"]);
  expect([vars.get("REQUEST_URI"), vars.get("SERVER_NAME")]).toEqual(["/a?b?c", "x"]);
});

test("a request has one Host and the length of its body", () => {
  expect(formatRequest({ path: "/x" }).toString()).toBe(
    "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n",
  );
  const given = formatRequest({ method: "POST", headers: [["host", "a"]], body: "é" });
  expect(given.toString()).toBe("POST / HTTP/1.1\r\nhost: a\r\nContent-Length: 2\r\n\r\né");
});
