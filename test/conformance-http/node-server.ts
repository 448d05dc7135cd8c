/** Node's own HTTP server as a second opinion: the requests that it reads out of bytes. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Duplex } from "node:stream";

/** A request that Node read to its end. */
export interface NodeRequest {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Latin-1. */
  readonly body: string;
}

/** What Node made of a connection. */
export interface NodeOutcome {
  readonly requests: readonly NodeRequest[];
  /** The code of the error with which it gave up, e.g. `HPE_INVALID_TOKEN`, or the status of its refusal. */
  readonly problem: string | undefined;
}

/** Turns of the event loop in which Node has done all that it does with a few hundred bytes. */
const TURNS = 4;

/** A server without sockets: each connection is a stream of the test's. */
export class NodeServer {
  readonly #server: Server;
  readonly #connections = new WeakMap<
    object,
    { requests: (NodeRequest | undefined)[]; problem?: string }
  >();

  constructor() {
    const options = {
      insecureHTTPParser: false,
      keepAliveTimeout: 0,
      requestTimeout: 0,
      headersTimeout: 0,
    };
    this.#server = createServer(options, (request, response) => this.#take(request, response));
    this.#server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) =>
      this.#take(request, response),
    );
    this.#server.on("clientError", (error: Error & { code?: string }, socket) => {
      const connection = this.#connections.get(socket);
      // The socket stays: what was read before the error is still on its way to #take.
      if (connection) connection.problem ??= error.code ?? error.message;
    });
    // Node answers some by itself: without Host 400, unknown expectations 417. The answers tell.
    this.#server.timeout = 0;
  }

  /** Reads bytes as one connection that stays open. */
  async read(bytes: Buffer, turns = TURNS): Promise<NodeOutcome> {
    let sent = "";
    const socket = new Duplex({
      read() {},
      write(data, _encoding, done) {
        sent += data.toString("latin1");
        done();
      },
    });
    Object.assign(socket, { setTimeout() {}, remoteAddress: "192.0.2.1" });
    const connection: { requests: (NodeRequest | undefined)[]; problem?: string } = {
      requests: [],
    };
    this.#connections.set(socket, connection);
    socket.on("error", () => {});
    this.#server.emit("connection", socket);
    socket.push(bytes);
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    socket.destroy();
    const requests: NodeRequest[] = [];
    for (const request of connection.requests) {
      if (request === undefined) break;
      requests.push(request);
    }
    const refusal = [...sent.matchAll(/HTTP\/1\.1 (4\d\d|5\d\d) /g)][0]?.[1];
    return { requests, problem: connection.problem ?? refusal };
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.#connections.get(request.socket);
    if (connection === undefined) return;
    const place = connection.requests.push(undefined) - 1;
    let body = "";
    request.setEncoding("latin1");
    request.on("data", (part: string) => {
      body += part;
    });
    request.on("error", () => {});
    request.on("end", () => {
      const { method = "", url: target = "", httpVersion: version, rawHeaders: raw } = request;
      const fields = raw.flatMap((name, i) =>
        i % 2 === 0 ? [[name, raw[i + 1] ?? ""] as const] : [],
      );
      connection.requests[place] = { method, target, version, fields, body };
      response.end("ok");
    });
  }
}
