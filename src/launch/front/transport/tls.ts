/** A listening socket that speaks TLS: chooses the certificate by the name asked for, then lets Node shake hands. */
import { createHash, randomBytes } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import {
  createServer as createTlsServer,
  DEFAULT_CIPHERS,
  type TLSSocket,
  type TlsOptions,
  type Server as TlsServer,
} from "node:tls";
import type { FrontTls, Listener, ListenerTls, TlsMaterial } from "../../messages.ts";
import { type Hello, readHello } from "../../protocol/client-hello.ts";
import { looksLikeHttp } from "../../protocol/uwsgi.ts";
import { type Attended, Timeouts } from "./attended.ts";
import { clientFault, type SecureVars, secureVars } from "./tls-client.ts";

/** From a connection's beginning to the client's hello, and from there to the end of the handshake; milliseconds. */
const HANDSHAKE_MS = 15_000;
/** OpenSSL's SSL_OP_NO_TICKET. */
const NO_TICKET = 1 << 14;
/** Bytes of a session context that OpenSSL keeps. */
const CONTEXT_CHARACTERS = 32;
const TICKET_KEY_BYTES = 48;

/** Whom a TLS listener tells what. */
export interface TlsEvents {
  /** A client is there, and its certificate, if it has to have one, is right. */
  readonly secured: (socket: TLSSocket, vars: SecureVars) => void;
  /** Logs what a client does wrong. */
  readonly complain: (message: string) => void;
  /** Connections that have yet to say hello, for deadlines. */
  readonly attended: Set<Attended>;
  /** The last connection is gone. */
  readonly emptied: () => void;
  /** Whether there is room for another connection. */
  readonly admits: () => boolean;
  /** Looks at a connection before TLS, and calls back if it may go on. */
  readonly before?: ((socket: Socket, go: () => void) => void) | undefined;
}

/** What the listeners of one front share: sessions begun on one can be resumed on another with the same context. */
export class TicketKeys {
  readonly #byContext = new Map<string, Buffer>();

  of(context: string): Buffer {
    const key = this.#byContext.get(context) ?? randomBytes(TICKET_KEY_BYTES);
    this.#byContext.set(context, key);
    return key;
  }
}

/** Accepts connections and makes TLS of them. */
export class TlsListener {
  readonly #events: TlsEvents;
  readonly #shared: FrontTls;
  readonly #server: Server;
  readonly #usual: TlsServer;
  readonly #named: readonly { readonly fits: (name: string) => boolean; readonly tls: TlsServer }[];

  /** @throws Error when OpenSSL does not take a certificate, key or list of ciphers */
  constructor(
    listener: Listener,
    tls: ListenerTls,
    shared: FrontTls,
    keys: TicketKeys,
    events: TlsEvents,
  ) {
    this.#events = events;
    this.#shared = shared;
    const context = shared.sessionContext ?? `http-${listener.text}`;
    this.#usual = this.#tlsServer(tls.material, tls.http2, context, keys);
    this.#named = shared.names.map(({ name, kind, material }, index) => {
      const pattern = kind === "regexp" ? new RegExp(name, "i") : undefined;
      return {
        fits: (asked) => (pattern ? pattern.test(asked) : asked === name),
        // A session of one name is none of another's: each has a context of its own.
        tls: this.#tlsServer(material, tls.http2, `${context}\0${index}`, keys),
      };
    });
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      this.accept(socket),
    );
  }

  /**
   * Listens on a bound socket.
   * @param failed hears of each connection that could not be accepted
   * @throws Error when it cannot listen
   */
  listen(fd: number, backlog: number, failed: (error: Error) => void): Promise<void> {
    const server = this.#server;
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ fd }, backlog, () => {
        server.off("error", reject);
        server.on("error", failed);
        resolve();
      });
    });
  }

  /** Accepts no more; what was accepted goes on. */
  close(): void {
    this.#server.close();
  }

  /** Takes over a connection; bytes of it that were read too far are to be put back with `unshift` before. */
  accept(socket: Socket): void {
    const { admits, before } = this.#events;
    if (!admits()) socket.destroy();
    else if (before === undefined) this.#greet(socket);
    else before(socket, () => this.#greet(socket));
  }

  #greet(socket: Socket): void {
    const { attended, emptied } = this.#events;
    const greeting = new Greeting(socket, (hello, data) => {
      attended.delete(greeting);
      this.#greeted(socket, hello, data);
    });
    attended.add(greeting);
    // A reset: "close" follows.
    socket.on("error", () => {});
    socket.on("close", () => {
      attended.delete(greeting);
      if (attended.size === 0) emptied();
    });
  }

  #greeted(socket: Socket, hello: Hello, data: Buffer): void {
    if (hello.kind !== "tls") {
      this.#plain(socket, data);
      return;
    }
    const { name } = hello;
    const chosen = name === undefined ? undefined : this.#named.find(({ fits }) => fits(name));
    socket.unshift(data);
    (chosen?.tls ?? this.#usual).emit("connection", socket);
  }

  /** Somebody took the TLS port for another. */
  #plain(socket: Socket, data: Buffer): void {
    if (!looksLikeHttp(data)) {
      this.#events.complain("what came is not TLS");
      socket.destroy();
      return;
    }
    this.#events.complain("a plain HTTP request came to a TLS socket: use https:// for it");
    const timer = setTimeout(() => socket.destroy(), Timeouts.lingerMs);
    socket.on("close", () => clearTimeout(timer));
    socket.on("end", () => socket.destroy());
    socket.resume(); // a close with bytes unread is a reset, which may eat the answer
    socket.end(PLAIN_ANSWER);
  }

  #tlsServer(material: TlsMaterial, http2: boolean, context: string, keys: TicketKeys): TlsServer {
    const { clientCa } = material;
    const shared = this.#shared;
    const server = createTlsServer({
      ...contextOptions(material, shared, context, keys),
      ALPNProtocols: http2 ? ["h2", "http/1.1"] : ["http/1.1"],
      handshakeTimeout: HANDSHAKE_MS,
    });
    const refuse = (socket: TLSSocket, reason: string) => {
      if (shared.verbose)
        this.#events.complain(`TLS with ${socket.remoteAddress ?? "a client"}: ${reason}`);
      socket.destroy();
    };
    server.on("secureConnection", (socket) => {
      socket.on("error", () => {}); // "close" follows
      const fault = clientFault(socket, clientCa, shared.verifyDepth);
      if (fault === undefined) this.#events.secured(socket, secureVars(socket, shared));
      else refuse(socket, fault);
    });
    server.on("tlsClientError", (error, socket) => refuse(socket, error.message));
    return server;
  }
}

const PLAIN_TEXT = "400 Bad Request: this port speaks TLS, use https://\n";
const PLAIN_ANSWER = `HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${PLAIN_TEXT.length}\r\nConnection: close\r\n\r\n${PLAIN_TEXT}`;

/** How OpenSSL is to be set up. */
function contextOptions(
  { certificate, key, ciphers, clientCa }: TlsMaterial,
  shared: FrontTls,
  context: string,
  keys: TicketKeys,
): TlsOptions {
  const list = ciphers ?? DEFAULT_CIPHERS;
  const options = {
    cert: certificate,
    key,
    // OpenSSL's usual level does without what TLS 1.0 and 1.1 are made of.
    ciphers: shared.tlsv1 ? `${list}:@SECLEVEL=0` : list,
    minVersion: shared.tlsv1 ? "TLSv1" : "TLSv1.2",
    honorCipherOrder: true,
    sessionTimeout: shared.sessionTimeout,
    sessionIdContext: createHash("sha256")
      .update(context)
      .digest("hex")
      .slice(0, CONTEXT_CHARACTERS),
    ticketKeys: keys.of(context),
    secureOptions: shared.options,
    // As uWSGI, which takes these from the certificate's file.
    ...(certificate.includes("BEGIN DH PARAMETERS") ? { dhparam: certificate } : {}),
  } as const;
  if (clientCa === undefined) return options;
  return {
    ...options,
    ca: clientCa.pem,
    requestCert: true,
    // Without a certificate the handshake fails where one is required; the rest is looked at after it.
    rejectUnauthorized: clientCa.required,
    // A ticket holds a certificate, but not its chain: whoever shows one is verified anew each time.
    secureOptions: shared.options | NO_TICKET,
  };
}

/** A connection whose first bytes are awaited. */
class Greeting implements Attended {
  readonly #socket: Socket;
  readonly #done: (hello: Hello, data: Buffer) => void;
  readonly #deadline = Date.now() + HANDSHAKE_MS;
  readonly silent = true;
  #data: Buffer | undefined;

  /** @param done gets what came; the socket is paused then */
  constructor(socket: Socket, done: (hello: Hello, data: Buffer) => void) {
    this.#socket = socket;
    this.#done = done;
    socket.on("data", this.#take);
    socket.on("end", this.#ended);
    socket.resume(); // whoever looked at it before may have paused it
  }

  sweep(now: number): void {
    if (now >= this.#deadline) this.#socket.destroy();
  }

  drain(): void {
    this.#socket.destroy();
  }

  /** It has its own deadline, and a name to say. */
  giveWay(): boolean {
    return false;
  }

  readonly #ended = () => this.#socket.destroy();

  readonly #take = (part: Buffer): void => {
    const data = this.#data === undefined ? part : Buffer.concat([this.#data, part]);
    const hello = readHello(data);
    this.#data = data;
    if (hello.kind === "part") return;
    const socket = this.#socket;
    socket.pause();
    socket.off("data", this.#take);
    socket.off("end", this.#ended);
    this.#done(hello, data);
  };
}
