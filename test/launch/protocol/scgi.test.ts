import { describe, expect, test } from "vitest";
import { CgiVariables } from "../../../src/launch/protocol/cgi-variables.ts";
import { netstring, readVariables } from "../../../src/launch/protocol/scgi.ts";
import { scgiHead, scgiVars } from "../../helpers/scgi-client.ts";
import { environOf } from "./gateway-bytes.ts";

const variables = new CgiVariables();

/** What becomes of bytes: the environ, what is left of them, or what kind of incomplete. */
function read(
  bytes: Buffer,
): { environ: Record<string, string>; rest: string } | "more" | "refused" {
  const head = netstring(bytes);
  if (head === false) return "refused";
  if (head === undefined || bytes.length <= head.end) return "more";
  if (!readVariables(bytes, head, variables)) return "refused";
  return { environ: environOf(variables), rest: bytes.toString("latin1", head.end + 1) };
}

describe("an SCGI head", () => {
  const bytes = scgiHead(scgiVars("/p?q=1", 27, { HTTP_COOKIE: "caf\u00e9", EMPTY: "" }));

  test("becomes the environ, and what follows stays", () => {
    const result = read(Buffer.concat([bytes, Buffer.from("the body")]));
    expect(result).toMatchObject({
      environ: {
        CONTENT_LENGTH: "27",
        SCGI: "1",
        PATH_INFO: "/p",
        HTTP_COOKIE: "caf\u00e9",
        EMPTY: "",
      },
      rest: "the body",
    });
    expect(variables.contentLength).toBe(27);
  });

  test("needs every byte of it", () => {
    for (let end = 0; end < bytes.length; end++) expect(read(bytes.subarray(0, end))).toBe("more");
  });

  const text = (block: string, end = ",") =>
    Buffer.from(`${Buffer.byteLength(block)}:${block}${end}`);
  const good = "CONTENT_LENGTH\x000\x00SCGI\x001\x00";

  test("is refused when it is not one", () => {
    expect(read(text(good))).not.toBe("refused");
    const wrong = {
      "no length": Buffer.from(`:${good},`),
      "no number": Buffer.from("GET / HTTP/1.1\r\n"),
      "a zero in front": Buffer.from(`0${text(good)}`),
      "a length of nothing": Buffer.from("0:,"),
      "a sign": Buffer.from(`+${text(good)}`),
      "a blank": Buffer.from(`24 :${good},`),
      "too many digits": Buffer.from("1234567"),
      "no comma": text(good, ";"),
      "no length of the body first": text("SCGI\x001\x00CONTENT_LENGTH\x000\x00"),
      "an empty length of the body": text("CONTENT_LENGTH\x00\x00SCGI\x001\x00"),
      "a wrong length of the body": text("CONTENT_LENGTH\x00x\x00SCGI\x001\x00"),
      "two lengths of the body": text(`${good}CONTENT_LENGTH\x001\x00`),
      "no SCGI": text("CONTENT_LENGTH\x000\x00"),
      "another SCGI": text("CONTENT_LENGTH\x000\x00SCGI\x002\x00"),
      "a name without a value": text(`${good}NAME\x00`),
      "a name without an end": text(`${good}NAME`),
      "an empty name": text(`${good}\x00v\x00`),
    };
    const taken = Object.entries(wrong).filter(([, bytes]) => read(bytes) !== "refused");
    expect(taken.map(([what]) => what)).toEqual([]);
  });

  test("that is no netstring is known by its first bytes", () => {
    expect(
      ["G", "\x01", "1x", "12345678"].map((some) => read(Buffer.from(some, "latin1"))),
    ).toEqual(Array(4).fill("refused"));
  });
});

test("bytes at random are taken, refused or waited for, and more bytes only end a wait", () => {
  // A generator with a seed: the same bytes every time.
  let seed = 98765;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % below;
  };
  const good = Buffer.concat([scgiHead(scgiVars("/p?q", 4)), Buffer.from("body")]);
  const outcomes = new Set<string>();
  for (let round = 0; round < 3000; round++) {
    const bytes = Buffer.from(good);
    for (let count = random(4); count > 0; count--) bytes[random(bytes.length)] = random(256);
    if (random(4) === 0) bytes[random(3)] = 0x30 + random(10); // another length
    const whole = read(bytes);
    outcomes.add(typeof whole === "string" ? whole : "read");
    const part = read(bytes.subarray(0, random(bytes.length)));
    if (part === "refused") expect(whole).toBe("refused");
    if (typeof part !== "string" && typeof whole !== "string")
      expect(part.environ).toEqual(whole.environ);
  }
  expect([...outcomes].sort()).toEqual(["more", "read", "refused"]);
});
