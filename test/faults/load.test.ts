/** The load sees what it is there to see. */
import { createServer, type Server, type Socket } from "node:net";
import { expect, test } from "vitest";
import { until } from "../helpers/until.ts";
import { type LoadOptions, startLoad } from "./load.ts";

type Answer = (socket: Socket, words: string, body: string, number: number) => void;

/** A server that answers each request as it is told to. */
async function fake(answer: Answer): Promise<{ port: number; server: Server }> {
  let number = 0;
  const server = createServer((socket) => {
    socket.on("error", () => {});
    let text = "";
    socket.on("data", (data) => {
      text += data.toString();
      const head = /^\w+ \/echo\?(\S+) [\s\S]*?\r\n\r\n/.exec(text);
      const length = Number(/Content-Length: (\d+)/.exec(text)?.[1] ?? 0);
      if (!head || text.length < head[0].length + length) return;
      answer(socket, head[1] ?? "", text.slice(head[0].length), number++);
      text = "";
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { port: address.port, server };
}

function send(socket: Socket, text: string, status = "200 OK", more = ""): void {
  socket.write(`HTTP/1.1 ${status}\r\n${more}Content-Length: ${text.length}\r\n\r\n${text}`);
}

async function accountOf(answer: Answer, options: LoadOptions = {}) {
  const { port, server } = await fake(answer);
  const load = startLoad(port, { clients: 1, ...options });
  await until("some requests", () => load.account.sent >= 9);
  const account = await load.stop();
  server.close();
  return account;
}

test("right answers, of GET and POST, on kept connections and on new ones", async () => {
  for (const keepAlive of [true, false]) {
    const account = await accountOf((socket, words, body) => send(socket, `${words} ${body}`), {
      keepAlive,
    });
    expect(account).toMatchObject({ right: account.sent, failed: 0, lost: 0, wrong: 0 });
  }
});

test("another request's answer, half an answer, none, and an honest one", async () => {
  let before = "";
  const mixed = await accountOf((socket, words, body, number) => {
    send(socket, number === 4 ? before : `${words} ${body}`);
    before = `${words} ${body}`;
  });
  expect([mixed.wrong, mixed.lost]).toEqual([1, 0]);
  const half = await accountOf((socket, words, body, number) => {
    if (number === 3) socket.end("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal");
    else send(socket, `${words} ${body}`);
  });
  expect([half.wrong, half.lost]).toEqual([0, 1]);
  const reset = await accountOf((socket, words, body, number) => {
    if (number === 3) socket.resetAndDestroy();
    else send(socket, `${words} ${body}`);
  });
  expect([reset.wrong, reset.lost]).toEqual([0, 1]);
  const failed = await accountOf((socket, words, body, number) => {
    if (number % 2) send(socket, "", "502 Bad Gateway");
    else send(socket, `${words} ${body}`);
  });
  expect(failed.failed).toBeGreaterThan(2);
  expect([failed.wrong, failed.lost]).toEqual([0, 0]);
  const odd = await accountOf((socket) => send(socket, "", "404 Not Found"));
  expect(odd.wrong).toBe(odd.sent);
});

test("a server that closes with its answer loses nothing; one that is not there loses all", async () => {
  const polite = await accountOf((socket, words, body) => {
    send(socket, `${words} ${body}`, "200 OK", "Connection: close\r\n");
    socket.end();
  });
  expect(polite.right).toBe(polite.sent);
  const { port, server } = await fake(() => {});
  await new Promise((resolve) => server.close(resolve));
  const load = startLoad(port, { clients: 2 });
  await until("failures", () => load.account.lost >= 4);
  const account = await load.stop();
  expect(account.lost).toBe(account.sent);
});
