import { expect, test } from "vitest";
import { readAnswerHead, withoutFields } from "../../../src/launch/protocol/answer-head.ts";
import { Flag } from "../../../src/launch/protocol/frame.ts";

const head = Buffer.from(
  "200 OK\r\nContent-Type: text/plain\r\nX-A:1\r\nx-a: caf\xe9\r\nContent-Length: 3\r\nDate: now\r\n",
  "latin1",
);

test("is taken apart", () => {
  const { status, fields } = readAnswerHead(head);
  expect(status).toBe("200 OK\r\n");
  expect(fields.map(({ name, value }) => `${name}=${value}`)).toEqual([
    ...["content-type=text/plain", "x-a=1", "x-a=caf\xe9", "content-length=3", "date=now"],
  ]);
});

test("loses fields, and what the flags say of them", () => {
  const flags = Flag.length | Flag.date | Flag.final;
  const left = withoutFields(head, flags, new Set(["x-a", "content-length"]));
  expect(left.head.toString("latin1")).toBe("200 OK\r\nContent-Type: text/plain\r\nDate: now\r\n");
  expect(left.flags).toBe(Flag.date | Flag.final);
});

test("stays as it is where nothing is to be left out", () => {
  const left = withoutFields(head, Flag.length, new Set(["x-b", "server"]));
  expect(left.head).toBe(head);
  expect(left.flags).toBe(Flag.length);
});
