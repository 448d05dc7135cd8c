/** The load sees what it is there to see: against a server that does each of these things. */
import { createServer, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { freePort } from "../helpers/ports.ts";
import { until } from "../helpers/until.ts";
import { type ClientKind, startLoad } from "./load.ts";
import { total } from "./tally.ts";

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

type Answerer = (asked: Asked, socket: Socket, number: number) => string;

/** A server that reads requests one by one and sends what `answer` returns. */
async function fake(answer: Answerer): Promise<number> {
  let number = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let text = "";
    socket.on("error", () => {});
    socket.on("data", (data) => {
      text += data.toString("latin1");
      for (;;) {
        const match = /^(\w+) (\S+) HTTP\/1\.1\r\n([\s\S]*?)\r\n\r\n/.exec(text);
        if (!match) return;
        const [head, method = "", path = "", fields = ""] = match;
        const length = Number(/Content-Length: (\d+)/.exec(fields)?.[1] ?? 0);
        if (text.length < head.length + length) return;
        const body = text.slice(head.length, head.length + length);
        text = text.slice(head.length + length);
        socket.write(answer({ method, path, body }, socket, number++), "latin1");
      }
    });
  });
  const port = await new Promise<number>((resolve) =>
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : 0);
    }),
  );
  closers.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return port;
}

function answer(status: number, body: string, fields = ""): string {
  return `HTTP/1.1 ${status} Any\r\nContent-Length: ${body.length}\r\n${fields}\r\n${body}`;
}

const right = ({ method, path, body }: Asked, fields = "") =>
  answer(200, `${method} ${path}\n${body}`, fields);

const one: readonly ClientKind[] = [{ clients: 1, perSecond: 500, path: "/get" }];

/** Runs a load until the server has been asked so many times. */
async function ask(answerer: Answerer, requests: number, kinds = one) {
  const load = startLoad(await fake(answerer), kinds);
  await until("the requests", () => load.tally.sent >= requests);
  return load.stop();
}

test("right answers, with and without bodies, in parts and whole", async () => {
  const kinds = [
    { clients: 2, perSecond: 300, path: "/get" },
    { clients: 2, perSecond: 300, path: "/post", body: 3_000 },
    { clients: 1, perSecond: 300, path: "/upload", body: 50_000, pauseMs: 1 },
  ];
  const methods = new Set<string>();
  const tally = await ask(
    (asked) => {
      methods.add(`${asked.method} ${asked.path.split("?")[0]}`);
      return right(asked);
    },
    60,
    kinds,
  );
  expect(tally.right).toBe(tally.sent);
  expect([...methods].sort()).toEqual(["GET /get", "POST /post", "POST /upload"]);
  expect([total(tally.honest), total(tally.lost), tally.wrong.length, tally.raced]).toEqual([
    0, 0, 0, 0,
  ]);
});

describe("lost:", () => {
  const cases: readonly (readonly [string, Answerer, string])[] = [
    [
      "closed without an answer",
      (_, socket) => {
        socket.destroy();
        return "";
      },
      "closed without an answer",
    ],
    [
      "closed in the answer",
      (asked, socket) => {
        socket.end(right(asked).slice(0, -3), "latin1");
        return "";
      },
      "closed in the answer",
    ],
    [
      "closed in the head of an answer",
      (_, socket) => {
        socket.end("HTTP/1.1 200");
        return "";
      },
      "closed in the answer",
    ],
    [
      "a reset",
      (_, socket) => {
        socket.resetAndDestroy();
        return "";
      },
      "ECONNRESET without an answer",
    ],
  ];
  for (const [title, misdeed, why] of cases)
    test(title, async () => {
      const every5th: Answerer = (asked, socket, number) =>
        number % 5 === 4 ? misdeed(asked, socket, number) : right(asked);
      const tally = await ask(every5th, 12);
      const lost = Math.floor(tally.sent / 5);
      expect(Object.fromEntries(tally.lost)).toEqual({ [why]: lost });
      expect(tally.right).toBe(tally.sent - lost);
      expect(tally.raced).toBe(0);
    });

  test("refused", async () => {
    const load = startLoad(await freePort(), one);
    await until("some", () => load.tally.sent >= 3);
    const tally = await load.stop();
    expect(Object.fromEntries(tally.lost)).toEqual({ "no connection: ECONNREFUSED": tally.sent });
  });
});

describe("wrong:", () => {
  const cases: readonly (readonly [string, Answerer, RegExp])[] = [
    ["a body of nobody's", () => answer(200, "hello"), /^200 "hello", not "GET/],
    ["a body cut by its own length", ({ path }) => answer(200, `GET ${path}`), /^200 "GET/],
    ["a status that tells nothing", (asked) => right(asked).replace("200", "404"), /^404/],
    ["an answer and more", (asked) => `${right(asked)}surplus`, /^7 bytes more/],
    ["two lengths", (asked) => right(asked, "Content-Length: 5\r\n"), /more than one framing/],
    ["no HTTP", () => "hello\r\n\r\n", /bad status line/],
  ];
  for (const [title, answerer, why] of cases)
    test(title, async () => {
      const tally = await ask(answerer, 3);
      expect(tally.wrong.length).toBe(tally.sent);
      for (const text of tally.wrong) expect(text).toMatch(why);
      expect(tally.right).toBe(0);
    });

  test("the answer to another client's request", async () => {
    const waiting: { asked: Asked; socket: Socket }[] = [];
    const swap: Answerer = (asked, socket) => {
      waiting.push({ asked, socket });
      const [first, second] = waiting;
      if (!first || !second) return "";
      waiting.length = 0;
      first.socket.write(right(second.asked));
      second.socket.write(right(first.asked));
      return "";
    };
    const load = startLoad(await fake(swap), [{ clients: 2, perSecond: 200, path: "/get" }]);
    await until("wrong answers", () => load.tally.wrong.length >= 4);
    expect(load.tally.right).toBe(0);
    const stopped = load.stop();
    // One may be alone with its last question.
    await until("the last one", () => load.inFlight.size <= 1);
    for (const { asked, socket } of waiting) socket.write(right(asked));
    await stopped;
  });
});

test("an honest 5xx is counted by its status, and the connection goes on", async () => {
  let connections = 0;
  const seen = new Set<Socket>();
  const tally = await ask((asked, socket, number) => {
    if (!seen.has(socket)) connections = seen.add(socket).size;
    return number % 3 === 0 ? answer(number % 2 === 0 ? 502 : 504, "sorry") : right(asked);
  }, 12);
  expect(tally.honest.get(502)).toBe(Math.ceil(tally.sent / 6));
  expect(total(tally.honest) + tally.right).toBe(tally.sent);
  expect(connections).toBe(1);
});

describe("a connection that ends between two requests", () => {
  test("is no loss when the answer before says so", async () => {
    const tally = await ask((asked, socket) => {
      socket.end(right(asked, "Connection: close\r\n"));
      return "";
    }, 10);
    expect(tally.right).toBe(tally.sent);
    expect(tally.raced).toBe(0);
  });

  test("is counted apart when it says nothing", async () => {
    const tally = await ask((asked, socket) => {
      socket.end(right(asked));
      return "";
    }, 10);
    expect(tally.right).toBe(tally.sent);
    expect(tally.raced).toBe(tally.sent - 1);
  });
});

test("the row of right answers begins anew after anything else", async () => {
  let broken = false;
  const load = startLoad(await fake((asked) => (broken ? answer(503, "") : right(asked))), one);
  await until("a row", () => load.row().answers >= 5);
  broken = true;
  await until("its end", () => load.row().answers === 0);
  const again = performance.now();
  broken = false;
  await until("another", () => load.row().answers >= 5);
  expect(load.row().sinceMs).toBeGreaterThan(again);
  load.breakRow();
  expect(load.row().answers).toBe(0);
  await load.stop();
});

test("one request more is counted with the others", async () => {
  const load = startLoad(
    await fake((asked) => (asked.path.startsWith("/fault") ? answer(502, "") : right(asked))),
    one,
  );
  expect(await load.ask("/fault")).toMatchObject({ is: "honest", status: 502 });
  const tally = await load.stop();
  expect(total(tally.honest)).toBe(1);
});
