/** More requests than may wait for a core. */
import { expect, test } from "vitest";
import { HttpConnection } from "../helpers/http.ts";
import { freePorts } from "../helpers/ports.ts";
import { projectPath, startServer } from "../helpers/server.ts";
import { open } from "../helpers/target.ts";
import { until } from "../helpers/until.ts";

const body = Buffer.alloc(250_000, "x");
const head = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`;
/** 256 MiB of bodies may wait, and what the core has in hand; some more than that. */
const MOST = 1_300;

async function post(port: number): Promise<HttpConnection> {
  const client = await HttpConnection.open(port);
  client.send(head);
  client.send(body);
  return client;
}

/** Requests that wait for a core, and those that were refused. */
async function counts(stats: number): Promise<{ waiting: number; refused: number }> {
  let text = "";
  for await (const part of await open(stats)) text += part;
  const { load, listen_queue_errors } = JSON.parse(text);
  return { waiting: load, refused: listen_queue_errors };
}

test("is refused with 503 and Retry-After, and counted; once there is room again none is", async () => {
  const [port = 0, stats = 0] = await freePorts(2);
  const app = ["--wsgi-file", projectPath("test/apps/sleep.py"), "--master", "--disable-logging"];
  const sockets = ["--http-socket", `127.0.0.1:${port}`, "--stats", `127.0.0.1:${stats}`];
  const server = await startServer([...sockets, ...app], { http: port });
  const busy = await HttpConnection.open(port);
  busy.send("GET /?60 HTTP/1.1\r\nHost: a\r\n\r\n");
  await until("a busy core", () => server.stderr().includes("sleeping"));
  const clients: HttpConnection[] = [];
  const refused = () => clients.find((client) => client.pending.length > 0);
  while (clients.length < MOST && refused() === undefined) {
    clients.push(...(await Promise.all(Array.from({ length: 50 }, () => post(port)))));
  }
  const response = await (await until("a refusal", refused)).read("POST");
  expect([response.status, response.header("retry-after")]).toEqual([503, "1"]);
  expect(clients.length).toBeGreaterThan(1_000);
  for (const client of clients) client.destroy(true);
  await until("all to be forgotten", async () => (await counts(stats)).waiting === 0);
  const { refused: before } = await counts(stats);
  expect(before).toBeGreaterThanOrEqual(1);
  // The core has as much as it may have in hand, so these wait, and are not refused.
  const later = await Promise.all(Array.from({ length: 5 }, () => post(port)));
  await until("the last to wait", async () => (await counts(stats)).waiting > 0);
  expect((await counts(stats)).refused).toBe(before);
  for (const client of later) client.destroy(true);
  busy.destroy(true);
});
