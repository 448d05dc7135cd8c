/** What `http-auto-gzip` does with an answer between its core and its client. */
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { GzipAnswer } from "../../../../src/launch/front/exchange/gzip-answer.ts";
import type { FileAnswer } from "../../../../src/launch/front/exchange/waiting.ts";
import { writeEnviron } from "../../../../src/launch/protocol/environ-map.ts";
import { Flag } from "../../../../src/launch/protocol/frame.ts";

/** A client that keeps what it gets. */
class Client {
  readonly calls: string[] = [];
  flags = 0;
  head = "";
  parts: Buffer[] = [];
  complete = false;
  answer(_status: number, flags: number, head: Buffer, body: Buffer, complete: boolean): void {
    this.flags = flags;
    this.head = head.toString("latin1");
    this.data(flags, body, complete);
  }
  data(flags: number, part: Buffer, complete: boolean): void {
    this.flags |= flags & Flag.abort;
    this.parts.push(Buffer.from(part));
    this.complete = complete;
  }
  file({ head }: FileAnswer): void {
    this.calls.push(`file ${head.toString("latin1")}`);
  }
  fail(status: number): void {
    this.calls.push(`fail ${status}`);
  }
  pauseBody(): void {
    this.calls.push("pause");
  }
  resumeBody(): void {
    this.calls.push("resume");
  }
  get body(): Buffer {
    return Buffer.concat(this.parts);
  }
}

const text = "hello ".repeat(100);
const wish = "uWSGI-Encoding: gzip";

function gzip(accept: string | undefined = "gzip", isHead = false) {
  const client = new Client();
  const vars = new Map([["REQUEST_METHOD", "GET"]]);
  if (accept !== undefined) vars.set("HTTP_ACCEPT_ENCODING", accept);
  return { client, answer: new GzipAnswer(client, writeEnviron(vars, true), isHead) };
}

function head(...lines: string[]): Buffer {
  return Buffer.from(["200 OK", ...lines, ""].join("\r\n"), "latin1");
}

/** An answer in one piece. */
function whole(lines: string[], options: { accept?: string; isHead?: boolean; status?: number }) {
  const { client, answer } = gzip(options.accept, options.isHead);
  const flags = lines.some((line) => /^content-length/i.test(line)) ? Flag.length : 0;
  answer.answer(options.status ?? 200, flags, head(...lines), Buffer.from(text), true);
  return client;
}

describe("an answer in one piece", () => {
  test("is compressed, and has the length that it has then", () => {
    const lines = ["Content-Type: text/plain", wish, `Content-Length: ${text.length}`, "X-Z: 1"];
    const client = whole(lines, {});
    expect(client.head).toBe(
      `200 OK\r\nContent-Type: text/plain\r\nX-Z: 1\r\nVary: Accept-Encoding\r\nContent-Encoding: gzip\r\nContent-Length: ${client.body.length}\r\n`,
    );
    expect(client.flags & Flag.length).toBe(Flag.length);
    expect(client.complete).toBe(true);
    expect(gunzipSync(client.body).toString()).toBe(text);
  });

  test.each([
    ["uwsgi-encoding:gzip", true],
    ["UWSGI-ENCODING: GZIP ", true],
    ["uWSGI-Encoding: br", false],
    ["X-uWSGI-Encoding: gzip", false],
    ["X-Note: uWSGI-Encoding: gzip", false],
  ])("asks for it by %j: %s", (line, asked) => {
    expect(whole([line], {}).head.includes("Content-Encoding: gzip")).toBe(asked);
  });

  test.each([
    ["gzip", true],
    ["deflate, gzip;q=0.5", true],
    ["GZIP", true],
    ["x-gzip", true],
    ["*", true],
    ["br, *;q=0.1", true],
    ["gzip; q=0", false],
    ["gzip;q=0.000, *", false],
    ["*;q=0", false],
    ["identity", false],
    ["gzipped", false],
    ["", false],
  ])("goes to a client that accepts %j: %s", (accept, packed) => {
    const client = whole([wish], { accept });
    expect(client.head.includes("Content-Encoding")).toBe(packed);
    // Either way a cache has to know, and nobody gets the field.
    expect(client.head).toContain("Vary: Accept-Encoding\r\n");
    expect(client.head).not.toContain("uWSGI-Encoding");
    expect((packed ? gunzipSync(client.body) : client.body).toString()).toBe(text);
  });

  test.each([
    ["HEAD", { isHead: true }, []],
    ["204", { status: 204 }, []],
    ["206", { status: 206 }, ["Content-Range: bytes 0-1/9"]],
    ["304", { status: 304 }, ['ETag: "x"']],
    ["a range without its status", {}, ["Content-Range: bytes 0-1/9"]],
    ["encoded already", {}, ["Content-Encoding: br"]],
  ])("is left alone: %s", (_, options, lines) => {
    const client = whole([...lines, wish, "Content-Length: 600"], options);
    expect(client.head).toBe(["200 OK", ...lines, "Content-Length: 600", ""].join("\r\n"));
    expect(client.body.toString()).toBe(text);
  });

  test("that does not ask for it passes as it is", () => {
    const { client, answer } = gzip();
    answer.answer(200, Flag.length, head("Content-Length: 600"), Buffer.from(text), true);
    expect([client.head, client.body.toString()]).toEqual([
      "200 OK\r\nContent-Length: 600\r\n",
      text,
    ]);
  });

  test.each([
    [['ETag: "abc"'], ['ETag: W/"abc"']],
    [['ETag: W/"abc"'], ['ETag: W/"abc"']],
    [["Accept-Ranges: bytes"], []],
    [["Vary: Cookie"], ["Vary: Cookie"]],
  ])("changes what would not be true any more: %j", (lines, kept) => {
    const client = whole([...lines, wish], {});
    const expected = [...kept, "Vary: Accept-Encoding", "Content-Encoding: gzip", ""];
    expect(client.head).toContain(`200 OK\r\n${expected.join("\r\n")}`);
  });

  test.each(["Vary: accept-encoding", "Vary: Cookie, Accept-Encoding", "Vary: *"])(
    "says only once that it varies: %s",
    (line) => {
      expect(whole([line, wish], {}).head.match(/vary/gi)).toHaveLength(1);
    },
  );
});

describe("an answer in parts", () => {
  test("each goes out at once, and the last ends the stream", () => {
    const { client, answer } = gzip();
    const flags = Flag.length;
    answer.answer(200, flags, head(wish, "Content-Length: 11"), Buffer.from("one "), false);
    expect(client.head).not.toContain("Content-Length");
    expect(client.flags & Flag.length).toBe(0);
    const sizes = [client.body.length];
    for (const [part, last] of [
      ["two ", false],
      ["", false],
      ["three", true],
    ] as const) {
      answer.data(0, Buffer.from(part), last);
      sizes.push(client.body.length);
    }
    expect([client.parts.length, client.complete]).toEqual([4, true]);
    expect(sizes[1]).toBeGreaterThan(sizes[0] ?? 0);
    expect(gunzipSync(client.body).toString()).toBe("one two three");
  });

  test("the last may be empty, and so may be all", () => {
    const { client, answer } = gzip();
    answer.answer(200, 0, head(wish), Buffer.alloc(0), false);
    answer.data(0, Buffer.alloc(0), true);
    expect(gunzipSync(client.body)).toHaveLength(0);
  });

  test.each([
    ["in the first part", true],
    ["later", false],
  ])("that is broken off does not look whole (%s)", (_, first) => {
    const { client, answer } = gzip();
    answer.answer(200, first ? Flag.abort : 0, head(wish), Buffer.from(text), first);
    if (!first) answer.data(Flag.abort, Buffer.from("more"), true);
    expect(() => gunzipSync(client.body)).toThrow("unexpected end of file");
    expect(client.flags & Flag.abort).toBe(Flag.abort);
  });
});

test("everything else passes through", () => {
  const { client, answer } = gzip();
  answer.pauseBody();
  answer.resumeBody();
  answer.fail(503);
  expect(client.calls).toEqual(["pause", "resume", "fail 503"]);
});

test("a file is sent as it is, without the field", () => {
  const { client, answer } = gzip();
  const file = { status: 200, flags: 0, file: undefined, start: 0, size: 5 };
  answer.file({ ...file, head: head("Content-Length: 5", wish) });
  answer.file({ ...file, head: head("Content-Length: 5") });
  expect(client.calls).toEqual(Array(2).fill("file 200 OK\r\nContent-Length: 5\r\n"));
});
