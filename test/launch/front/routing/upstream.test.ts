/** The deadlines of another server, with a clock that the test moves. */
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Exchange } from "../../../../src/launch/front/exchange/exchange.ts";
import { Upstream } from "../../../../src/launch/front/routing/upstream.ts";
import { FRAME_HEADER } from "../../../../src/launch/protocol/frame.ts";
import { until } from "../../../helpers/until.ts";
import { FakeClient } from "../fakes.ts";

let server: Server;
const sockets: Socket[] = [];
let asked = "";

beforeEach(async () => {
  asked = "";
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    socket.on("data", (data) => {
      asked += data.toString("latin1");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterEach(() => {
  vi.useRealTimers();
  for (const socket of sockets.splice(0)) socket.destroy();
  server.close();
});

function send(client: FakeClient, whole: boolean): { exchange: Exchange; said: string[] } {
  const said: string[] = [];
  const queue = { submit: () => {}, forget: () => {} };
  const exchange = new Exchange(queue, client, Buffer.alloc(FRAME_HEADER), true, whole, undefined);
  const { port } = server.address() as AddressInfo;
  const address = { kind: "tcp", host: "127.0.0.1", port, family: 4 } as const;
  const request = { address, head: Buffer.from("head;"), chunked: !whole, headOnly: false };
  exchange.divert(new Upstream(request, exchange, (message) => void said.push(message)));
  return { exchange, said };
}

test("one that says nothing for a minute is a 504", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const client = new FakeClient();
  const { exchange, said } = send(client, true);
  exchange.submit();
  await vi.waitUntil(() => asked === "head;", { timeout: 5_000 });
  vi.advanceTimersByTime(59_000);
  expect(client.status).toBe(0);
  vi.advanceTimersByTime(2_000);
  expect([client.status, exchange.answered]).toEqual([504, true]);
  expect(said).toHaveLength(1);
});

test("a body is sent as it comes, the parts before and after, and the end", async () => {
  const client = new FakeClient();
  const { exchange } = send(client, false);
  exchange.body(Buffer.from("one"));
  exchange.body(Buffer.from("two"));
  exchange.endBody(true);
  await until("the body", () => asked === "head;3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n");
});

test("a client that goes away takes its connection along", async () => {
  const { exchange, said } = send(new FakeClient(), false);
  exchange.body(Buffer.from("one"));
  await until("the request", () => asked.includes("one"));
  exchange.abandon();
  await until("the end", () => sockets[0]?.destroyed || sockets[0]?.readableEnded === true);
  expect(said).toEqual([]);
});
