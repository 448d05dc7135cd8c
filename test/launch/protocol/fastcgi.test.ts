import { describe, expect, test } from "vitest";
import { CgiVariables } from "../../../src/launch/protocol/cgi-variables.ts";
import {
  endAnswer,
  endRequest,
  Met,
  ProtocolStatus,
  RecordReader,
  RecordType,
  readParams,
  records,
  unknownType,
  valuesResult,
} from "../../../src/launch/protocol/fastcgi.ts";
import { begin, fastcgiRequest, pairs, record } from "../../helpers/fastcgi-client.ts";
import { requestVars } from "../../helpers/uwsgi-client.ts";
import { environOf, piecesOf } from "./gateway-bytes.ts";

/** What a reader meets, contents put together: `TYPE/ID:content`. */
function met(pieces: readonly Buffer[]): string[] {
  const reader = new RecordReader();
  const seen: string[] = [];
  let content = "";
  for (const piece of pieces) {
    reader.feed(piece);
    for (let what = reader.next(); what !== Met.nothing; what = reader.next()) {
      if (what === Met.fault) return [...seen, "fault"];
      if (what === Met.header) content = "";
      if (what === Met.content) content += reader.part.toString("latin1");
      if (what === Met.end) seen.push(`${reader.type}/${reader.id}:${content}`);
    }
  }
  return reader.between ? seen : [...seen, "half"];
}

describe("records", () => {
  const bytes = Buffer.concat([
    begin(7),
    record(4, 7, "params", 3),
    record(5, 7, "", 255),
    record(9, 0, "v", 1),
  ]);
  const expected = ["1/7:\0\x01\0\0\0\0\0\0", "4/7:params", "5/7:", "9/0:v"];

  test("are read whole, byte by byte, and cut anywhere", () => {
    for (const pieces of piecesOf(bytes)) expect(met(pieces)).toEqual(expected);
  });

  test("are not over before their last byte", () => {
    expect(met([bytes.subarray(0, bytes.length - 1)])).toEqual([...expected, "half"]);
    expect(met([bytes.subarray(0, 3)])).toEqual(["half"]);
  });

  test("of another version are no records, and the first byte tells", () => {
    expect(met([Buffer.from("G")])).toEqual(["fault"]);
    expect(met([Buffer.concat([bytes, Buffer.of(2)])])).toEqual([...expected, "fault"]);
  });

  test("of 65,535 bytes", () => {
    expect(met([record(5, 1, "x".repeat(65_535))])).toEqual([`5/1:${"x".repeat(65_535)}`]);
  });
});

describe("parameters", () => {
  const variables = new CgiVariables();
  const read = (block: Buffer) => (readParams(block, variables) ? environOf(variables) : "refused");

  test.each([false, true])("with lengths of four bytes throughout: %s", (wide) => {
    const vars = requestVars("/p?q", { LONG: "x".repeat(1000), ["N".repeat(200)]: "v", EMPTY: "" });
    expect(read(pairs(vars, wide))).toMatchObject(Object.fromEntries(vars));
    expect(variables.uri).toBe("/p?q");
  });

  test("cut anywhere but between two pairs are refused", () => {
    const first = pairs([["A", "b"]]);
    const block = Buffer.concat([first, pairs([["C", "d"]], true)]);
    for (let end = 1; end < block.length; end++) {
      expect(read(block.subarray(0, end)) === "refused").toBe(end !== first.length);
    }
  });

  test("longer than they are, are refused", () => {
    expect(read(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 65]))).toBe("refused");
    expect(read(Buffer.from([2, 0, 65]))).toBe("refused");
  });
});

describe("what is written", () => {
  test("is cut into records of at most 65,535 bytes", () => {
    const bytes = Buffer.alloc(200_000, "abc");
    const written = met([records(RecordType.stdout, 300, bytes)]);
    expect(written.map((one) => one.length - "6/300:".length)).toEqual([
      65_535, 65_535, 65_535, 3395,
    ]);
    expect(written.map((one) => one.slice("6/300:".length)).join("")).toBe(bytes.toString());
    expect(records(RecordType.stdout, 1, Buffer.alloc(0)).length).toBe(0);
  });

  test("ends answers and requests", () => {
    expect(met([endAnswer(2)])).toEqual(["6/2:", "3/2:\0\0\0\0\0\0\0\0"]);
    expect(met([endRequest(3, ProtocolStatus.unknownRole)])).toEqual(["3/3:\0\0\0\0\x03\0\0\0"]);
    expect(met([unknownType(99)])).toEqual(["11/0:c\0\0\0\0\0\0\0"]);
  });

  test("answers what is asked for and known", () => {
    const known = new Map([
      ["A", "1"],
      ["B", "22"],
    ]);
    const ask = (...names: string[]) => pairs(names.map((name) => [name, ""] as const));
    const answer = (asked: Buffer) => valuesResult(asked, known);
    expect(answer(ask("B", "constructor", "A"))).toEqual(
      record(
        10,
        0,
        pairs([
          ["B", "22"],
          ["A", "1"],
        ]),
      ),
    );
    expect(answer(ask("X"))).toEqual(record(10, 0));
    expect(answer(Buffer.of(5))).toBeUndefined();
  });
});

test("bytes at random never make a reader stop, loop or throw", () => {
  // A generator with a seed: the same bytes every time.
  let seed = 12345;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % below;
  };
  const good = fastcgiRequest(requestVars("/"), "body", { padding: 5 });
  const variables = new CgiVariables();
  for (let round = 0; round < 2000; round++) {
    const bytes = Buffer.from(good);
    for (let count = random(6); count > 0; count--) bytes[random(bytes.length)] = random(256);
    const cut = random(bytes.length);
    const together = met([bytes]);
    expect(met([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(together);
    const start = random(bytes.length);
    expect(typeof readParams(bytes.subarray(start), variables)).toBe("boolean");
  }
});
